// SPDX-License-Identifier: Apache-2.0
#include "identity/iso_codes.hpp"

#include "iso_codes_table.hpp"  // generated, see CMakeLists.txt

#include <bitset>

namespace dosario {
namespace {

std::size_t number_of(std::string_view digits) {
    std::size_t number = 0;
    for (const char c : digits) number = number * 10 + static_cast<std::size_t>(c - '0');
    return number;
}

template <std::size_t count>
std::bitset<1000> set_of(const unsigned short (&numbers)[count]) {
    std::bitset<1000> set;
    for (const unsigned short number : numbers) set.set(number);
    return set;
}

}  // namespace

bool is_country_number(std::string_view digits) {
    static const std::bitset<1000> set = set_of(kCountryNumbers);
    return digits.size() == 3 && set.test(number_of(digits));
}

bool is_currency_number(std::string_view digits) {
    static const std::bitset<1000> set = set_of(kCurrencyNumbers);
    return digits.size() == 3 && set.test(number_of(digits));
}

bool is_country_letters(std::string_view letters) {
    for (std::size_t at = 0; at < kCountryLetters.size(); at += 2) {
        if (kCountryLetters.substr(at, 2) == letters) return true;
    }
    return false;
}

}  // namespace dosario
