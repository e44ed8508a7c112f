// SPDX-License-Identifier: Apache-2.0
#include "ctl/capture_file.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace dosario {

Result<Capture> read_capture(const std::string& path) {
    std::error_code error;
    std::ifstream file{path, std::ios::binary};
    if (!file || std::filesystem::is_directory(path, error))
        return fail(Failure::invalid, "cannot read the capture " + path + ": is the name right?");
    const std::string text{std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
    return parse_capture(text);
}

}  // namespace dosario
