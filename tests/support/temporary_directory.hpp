// SPDX-License-Identifier: Apache-2.0
// An empty directory for one test, gone with everything in it when the test ends.
#pragma once

#include "base/check.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace dosario::test {

class TemporaryDirectory {
public:
    TemporaryDirectory() : TemporaryDirectory(std::filesystem::temp_directory_path()) {}
    explicit TemporaryDirectory(const std::filesystem::path& parent) {
        std::string pattern = (parent / "dosario-test-XXXXXX").string();
        DOSARIO_CHECK(mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    const std::string& path() const { return path_; }
    std::string file(const std::string& name) const { return path_ + "/" + name; }
    /// Removes what is in it.
    void empty() const {
        for (const auto& each : std::filesystem::directory_iterator{path_}) std::filesystem::remove_all(each.path());
    }

private:
    std::string path_;
};

/// The whole file; empty when there is none.
/// Where files cost no disk: for tests that write very many.
inline std::filesystem::path memory_path() {
    const std::filesystem::path shared{"/dev/shm"};
    return access(shared.c_str(), W_OK) == 0 ? shared : std::filesystem::temp_directory_path();
}

inline std::string read_file(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

inline void write_file(const std::string& path, const std::string& content) {
    std::ofstream file{path, std::ios::binary | std::ios::trunc};
    file << content;
    DOSARIO_CHECK(file.flush().good());
}

}  // namespace dosario::test
