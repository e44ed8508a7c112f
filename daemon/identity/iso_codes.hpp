// SPDX-License-Identifier: Apache-2.0
// Countries and currencies that exist, as Debian's iso-codes lists them. Internal to the layer.
#pragma once

#include <string_view>

namespace dosario {

/// ISO 3166-1 numeric: three digits.
bool is_country_number(std::string_view digits);

/// ISO 3166-1 alpha-2: two capital letters.
bool is_country_letters(std::string_view letters);

/// ISO 4217 numeric: three digits.
bool is_currency_number(std::string_view digits);

}  // namespace dosario
