// SPDX-License-Identifier: Apache-2.0
// An empty directory for one test, gone with everything in it when the test ends.
#pragma once

#include "base/check.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace dosario::test {

class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "dosario-test-XXXXXX").string();
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

private:
    std::string path_;
};

/// The whole file; empty when there is none.
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
