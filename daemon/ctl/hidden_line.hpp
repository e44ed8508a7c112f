// SPDX-License-Identifier: Apache-2.0
// What is typed and not shown: keys and documents.
#pragma once

#include "base/result.hpp"

#include <string>

namespace dosario {

/// While it lives the terminal shows nothing of what is typed; without a terminal it does nothing.
class WithoutEcho {
public:
    WithoutEcho();
    ~WithoutEcho();
    WithoutEcho(const WithoutEcho&) = delete;
    WithoutEcho& operator=(const WithoutEcho&) = delete;

private:
    bool known_;
};

inline constexpr std::size_t kLongestHidden = 1000;

/// Appends a line of standard input, its end included, byte by byte: nothing of it stays in a buffer of the C library. False at the end,
/// when it grows beyond kLongestHidden, and for Ctrl-C, which wipes it.
bool append_hidden_line(std::string& typed);

/// One line without its end; a person at a terminal is asked by `question`, on standard error. No core file will have it. Invalid when
/// nothing was typed. The caller wipes it.
Result<std::string> read_hidden_line(const char* question);

}  // namespace dosario
