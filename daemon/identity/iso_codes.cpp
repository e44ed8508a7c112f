// SPDX-License-Identifier: Apache-2.0
#include "identity/iso_codes.hpp"

#include "identity/ascii.hpp"

namespace dosario {
namespace {

/// 1000 for anything but three digits.
unsigned code_number(std::string_view three_digits) {
    if (three_digits.size() != 3 || !all_digits(three_digits)) return 1000;
    return static_cast<unsigned>((three_digits[0] - '0') * 100 + (three_digits[1] - '0') * 10 + (three_digits[2] - '0'));
}

}  // namespace

std::string_view country_letters(std::string_view three_digits) {
    const auto country = std::ranges::find(kIsoCountries, code_number(three_digits), &IsoCountry::number);
    return country == kIsoCountries.end() ? std::string_view{} : std::string_view{country->letters};
}

bool is_country_letters(std::string_view letters) {
    return std::ranges::find(kIsoCountries, letters,
                             [](const IsoCountry& country) { return std::string_view{country.letters}; }) != kIsoCountries.end();
}

bool is_currency_number(std::string_view three_digits) {
    return std::ranges::find(kIsoCurrencies, code_number(three_digits)) != kIsoCurrencies.end();
}

}  // namespace dosario
