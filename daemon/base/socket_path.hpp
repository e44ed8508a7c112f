// SPDX-License-Identifier: Apache-2.0
// What both ends of a Unix socket must know of its path.
#pragma once

#include "base/result.hpp"

namespace dosario {

/// unix(7): sun_path has 108 bytes, the last of them zero.
inline constexpr std::size_t kLongestSocketPath = 107;

inline Result<void> check_socket_path(const std::string& path) {
    if (path.size() <= kLongestSocketPath) return {};
    return fail(Failure::invalid, "the socket's path is too long (" + path + "): at most " + std::to_string(kLongestSocketPath) +
                                      " bytes; use a shorter data directory");
}

}  // namespace dosario
