// SPDX-License-Identifier: Apache-2.0
// Remito: ^([RX]?)[ -]?(\d{4,5})-?(\d{8})$
#include "identity/remito.hpp"

#include "identity/ascii.hpp"
#include "identity/national_ids.hpp"
#include "identity/gs1.hpp"

namespace dosario {
namespace {

constexpr std::size_t kNumberDigits = 8;
constexpr std::size_t kPointDigits = 4;
constexpr std::size_t kMostPointDigits = 5;
constexpr std::size_t kGlnDigits = 13;
constexpr std::uint32_t kMostPoint = 99'999;
constexpr std::uint32_t kMostPointOfSnt = 9'999;
constexpr std::uint32_t kMostNumber = 99'999'999;

std::string padded(std::uint64_t number, std::size_t digits) {
    std::string text(digits, '0');
    for (std::size_t i = digits; i-- > 0; number /= 10) text[i] = static_cast<char>('0' + number % 10);
    return text;
}

std::uint64_t number_of(std::string_view digits) {
    std::uint64_t number = 0;
    for (const char c : digits) number = number * 10 + static_cast<std::uint64_t>(c - '0');
    return number;
}

bool is_letter_of_remito(char c) { return c == 'R' || c == 'X'; }

}  // namespace

std::string Remito::text() const {
    return letter + padded(point_of_sale, point_of_sale > kMostPointOfSnt ? kMostPointDigits : kPointDigits) + '-' +
           padded(number, kNumberDigits);
}

std::optional<std::string> Remito::snt_text() const {
    if (point_of_sale > kMostPointOfSnt) return std::nullopt;
    return letter + padded(point_of_sale, kPointDigits) + padded(number, kNumberDigits);
}

std::optional<Remito> parse_remito(std::string_view text) {
    Remito remito;
    if (!text.empty() && is_letter_of_remito(text[0])) {
        remito.letter = text[0];
        text.remove_prefix(1);
    }
    if (!text.empty() && (text[0] == ' ' || text[0] == '-')) text.remove_prefix(1);
    if (text.size() < kPointDigits + kNumberDigits) return std::nullopt;
    const std::string_view number = text.substr(text.size() - kNumberDigits);
    std::string_view point = text.substr(0, text.size() - kNumberDigits);
    if (point.ends_with('-')) point.remove_suffix(1);
    if (point.size() < kPointDigits || point.size() > kMostPointDigits) return std::nullopt;
    if (!all_digits(point) || !all_digits(number)) return std::nullopt;
    remito.point_of_sale = static_cast<std::uint32_t>(number_of(point));
    remito.number = static_cast<std::uint32_t>(number_of(number));
    return remito;
}

std::optional<Remito> make_remito(char letter, std::uint32_t point_of_sale, std::uint32_t number) {
    if (!is_letter_of_remito(letter) || point_of_sale > kMostPoint || number > kMostNumber) return std::nullopt;
    return Remito{letter, point_of_sale, number};
}

std::optional<std::string> parse_company_cuit(std::string_view text) {
    constexpr std::size_t kWithHyphens = 13;  // pp-nnnnnnnn-d
    std::string digits{text};
    if (text.size() == kWithHyphens && text[2] == '-' && text[11] == '-') {
        digits.erase(11, 1);
        digits.erase(2, 1);
    }
    if (!is_cuit_of_company(digits)) return std::nullopt;
    return digits;
}

std::string Gln::text() const { return padded(number, kGlnDigits); }

std::optional<Gln> parse_gln(std::string_view digits) {
    if (digits.size() != kGlnDigits || !gs1_check_digit_holds(digits)) return std::nullopt;
    return Gln{number_of(digits)};
}

}  // namespace dosario
