// SPDX-License-Identifier: Apache-2.0
// Digits and letters of ASCII, whatever the locale.
#pragma once

#include <algorithm>
#include <string_view>

namespace dosario {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_letter(char c) { return is_upper(c) || is_lower(c); }
constexpr char to_upper(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }
constexpr char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

/// True for digits only, and for the empty text.
constexpr bool all_digits(std::string_view text) { return std::ranges::all_of(text, is_digit); }

}  // namespace dosario
