// SPDX-License-Identifier: Apache-2.0
// Decimal digits of ASCII, whatever the locale. Internal to the layer.
#pragma once

#include <algorithm>
#include <string_view>

namespace dosario {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// True for digits only, and for the empty text.
constexpr bool all_digits(std::string_view text) { return std::ranges::all_of(text, is_digit); }

}  // namespace dosario
