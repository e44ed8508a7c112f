// SPDX-License-Identifier: Apache-2.0
// The Argentine DNI, PDF417 of the card, fields between `@` (keyboards of the Spanish layouts type `"` for it):
//   tramite@surnames@names@sex@dni@copy@birth@issue[@digits of the CUIL]          dates as 31/12/1980
//   @dni@copy@1@surnames@names@nationality@birth@sex@issue@...                    cards before 2012, fields filled with blanks
// Neither form is published by its issuer; both are inferred from what cards were seen to carry, hence the tolerance.
#include "identity/person.hpp"

#include "identity/digits.hpp"

#include <array>

namespace dosario {
namespace {

constexpr std::size_t kFewestFields = 6;
constexpr std::size_t kMostFields = 32;

struct Fields {
    std::array<std::string_view, kMostFields> text;
    std::size_t count = 0;

    std::string_view at(std::size_t i) const { return i < count ? text[i] : std::string_view{}; }
};

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(' ');
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

Fields split(std::string_view content, char separator) {
    Fields fields;
    while (fields.count < kMostFields) {
        const std::size_t end = content.find(separator);
        fields.text[fields.count++] = trimmed(content.substr(0, end));
        if (end == std::string_view::npos) break;
        content.remove_prefix(end + 1);
    }
    return fields;
}

/// 7 or 8 digits and not all zero.
bool is_dni(std::string_view text) {
    return (text.size() == 7 || text.size() == 8) && all_digits(text) && text.find_first_not_of('0') != std::string_view::npos;
}

/// dd/mm/yyyy; the stroke depends on the keyboard layout.
bool is_birth_date(std::string_view text) {
    if (text.size() != 10 || is_digit(text[2]) || text[2] != text[5]) return false;
    unsigned number[3] = {};
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i == 2 || i == 5) continue;
        if (!is_digit(text[i])) return false;
        unsigned& part = number[i < 2 ? 0 : i < 5 ? 1 : 2];
        part = part * 10 + static_cast<unsigned>(text[i] - '0');
    }
    return make_date(static_cast<int>(number[2]), number[1], number[0]).has_value();
}

/// The field of the document number: by one of the two forms where the dates fit, else the first that can be one.
std::string_view dni_of(const Fields& fields) {
    if (is_dni(fields.at(4)) && is_birth_date(fields.at(6))) return fields.at(4);
    if (fields.at(0).empty() && is_dni(fields.at(1)) && is_birth_date(fields.at(7))) return fields.at(1);
    for (std::size_t i = 0; i < fields.count; ++i) {
        if (is_dni(fields.at(i))) return fields.at(i);
    }
    return {};
}

}  // namespace

std::optional<Person> parse_person(std::string_view content) {
    for (const char separator : {'@', '"'}) {
        const Fields fields = split(content, separator);
        if (fields.count < kFewestFields) continue;
        std::string_view dni = dni_of(fields);
        if (dni.empty()) continue;
        dni.remove_prefix(dni.find_first_not_of('0'));
        return Person{"AR", "DNI", dni};
    }
    return std::nullopt;
}

}  // namespace dosario
