// SPDX-License-Identifier: Apache-2.0
// Countries as GS1 codes carry them, three digits, and as people write them, two letters (ISO 3166-1).
#pragma once

#include <string_view>

namespace dosario {

/// `AR` for `032`. Empty for a number that is no country's today, withdrawn ones included, and for anything but three digits.
std::string_view country_letters(std::string_view three_digits);

}  // namespace dosario
