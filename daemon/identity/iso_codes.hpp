// SPDX-License-Identifier: Apache-2.0
// Countries and currencies that exist, as Debian's iso-codes lists them: the tables are generated when the build is configured.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace dosario {

struct IsoCountry {
    std::uint16_t number;  ///< ISO 3166-1 numeric
    char letters[3];       ///< ISO 3166-1 alpha-2
};
extern const std::span<const IsoCountry> kIsoCountries;
extern const std::span<const std::uint16_t> kIsoCurrencies;  ///< ISO 4217 numeric

/// `AR` for `032`. Empty for a number that is no country's today, and for anything but three digits.
std::string_view country_letters(std::string_view three_digits);

/// ISO 3166-1 alpha-2: two capital letters.
bool is_country_letters(std::string_view letters);

/// ISO 4217 numeric: three digits.
bool is_currency_number(std::string_view three_digits);

}  // namespace dosario
