// SPDX-License-Identifier: Apache-2.0
// The Argentine DNI, PDF417 of the card, fields between `@` (keyboards of the Spanish layouts type `"` for it):
//   tramite@surnames@names@sex@dni@copy@birth@issue[@digits of the CUIL]          dates as 31/12/1980
//   @dni@copy@1@surnames@names@nationality@birth@sex@issue@...                    cards before 2012, fields filled with blanks
// The digits of the CUIL are the 2 before the DNI and the 1 behind it, or all 11.
// Neither form is published by its issuer; both are inferred from what cards were seen to carry, hence the tolerance.
#include "identity/dni_card.hpp"

#include "identity/ascii.hpp"

#include <array>

namespace dosario {
namespace {

constexpr std::string_view kSeparators = "@\"";
constexpr std::size_t kFewestFields = 6;
constexpr std::size_t kMostFields = 32;
constexpr unsigned kOldestYear = 1900;

struct Fields {
    std::array<std::string_view, kMostFields> text;
    std::size_t count = 0;

    std::string_view at(std::size_t i) const { return i < count ? text[i] : std::string_view{}; }
};

/// Where a form has its fields.
struct Places {
    std::size_t dni;
    std::size_t birth;
    std::size_t issue;
    std::size_t cuil;  ///< beyond all fields where the form has none
};

constexpr Places kCard = {4, 6, 7, 8};
constexpr Places kOldCard = {1, 7, 9, kMostFields};

/// Of an empty field a view of where it is, for the offset of a fault.
std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(' ');
    if (first == std::string_view::npos) return text.substr(0, 0);
    return text.substr(first, text.find_last_not_of(' ') + 1 - first);
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
std::optional<Date> card_date(std::string_view text) {
    if (text.size() != 10 || is_digit(text[2]) || text[2] != text[5]) return std::nullopt;
    unsigned number[3] = {};
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i == 2 || i == 5) continue;
        if (!is_digit(text[i])) return std::nullopt;
        unsigned& part = number[i < 2 ? 0 : i < 5 ? 1 : 2];
        part = part * 10 + static_cast<unsigned>(text[i] - '0');
    }
    return make_date(static_cast<int>(number[2]), number[1], number[0]);
}

bool is_date(std::string_view text) { return card_date(text).has_value(); }

std::optional<Date> lived_date(std::string_view text) {
    const auto day = card_date(text);
    return day && *day >= make_date(kOldestYear, 1, 1) ? day : std::nullopt;
}

/// The field of the document number: by one of the two forms where the dates fit, else the first that can be one.
std::string_view guess_dni(const Fields& fields) {
    if (is_dni(fields.at(kCard.dni)) && is_date(fields.at(kCard.birth))) return fields.at(kCard.dni);
    if (fields.at(0).empty() && is_dni(fields.at(kOldCard.dni)) && is_date(fields.at(kOldCard.birth)))
        return fields.at(kOldCard.dni);
    for (std::size_t i = 0; i < fields.count; ++i) {
        if (is_dni(fields.at(i))) return fields.at(i);
    }
    return {};
}

/// The digits of the CUIL, if the card carries some, belong to this DNI.
std::optional<CodeError> wrong_cuil(std::string_view cuil, std::string_view dni) {
    if (cuil.empty()) return std::nullopt;
    if (cuil.find_first_not_of("0123456789") != std::string_view::npos) return CodeError::not_numeric;
    if (cuil.size() != 3 && cuil.size() != 11) return CodeError::value_length;
    DocumentNumber whole{cuil.substr(0, 2)};
    for (std::size_t zeros = 8 - dni.size(); zeros > 0; --zeros) whole.append('0');
    for (const char c : dni) whole.append(c);
    whole.append(cuil.back());
    const bool same = cuil.size() == 3 || cuil == whole.text();
    return same && is_cuit_of_person(whole.text()) ? std::nullopt : std::optional{CodeError::check_digit};
}

}  // namespace

bool looks_like_dni_card(std::string_view text) { return text.find_first_of(kSeparators) != std::string_view::npos; }

ParsedDocument parse_dni_card(std::string_view text) {
    const auto fault = [text](CodeError error, std::string_view field) {
        return CodeFault{error, static_cast<std::uint16_t>(field.data() - text.data()), {}};
    };
    const char separator = text.find('@') == std::string_view::npos ? '"' : '@';
    const Fields fields = split(text, separator);
    const Places& places = fields.at(0).empty() ? kOldCard : kCard;
    if (fields.count <= places.issue) return fault(CodeError::parse_failed, text);
    const std::string_view dni = fields.at(places.dni);
    const std::size_t odd = dni.find_first_not_of("0123456789");
    if (odd != std::string_view::npos) return fault(CodeError::not_numeric, dni.substr(odd));
    if (!is_dni(dni)) return fault(CodeError::value_length, dni);
    const auto birth = lived_date(fields.at(places.birth));
    if (!birth) return fault(CodeError::bad_date, fields.at(places.birth));
    const auto issue = lived_date(fields.at(places.issue));
    if (!issue || *issue < *birth) return fault(CodeError::bad_date, fields.at(places.issue));
    const std::string_view cuil = fields.at(places.cuil);
    if (const auto error = wrong_cuil(cuil, dni)) return fault(*error, cuil);
    return dni_document(dni);
}

std::optional<Document> guess_dni_card(std::string_view content) {
    for (const char separator : kSeparators) {
        const Fields fields = split(content, separator);
        if (fields.count < kFewestFields) continue;
        const std::string_view dni = guess_dni(fields);
        if (!dni.empty()) return dni_document(dni);
    }
    return std::nullopt;
}

}  // namespace dosario
