// SPDX-License-Identifier: Apache-2.0
// Rules of AIs far from pharmacy, so that no AI is taken for right because nobody looked.
#include "identity/ascii.hpp"
#include "identity/gs1_coupon.hpp"
#include "identity/gs1_value.hpp"
#include "identity/iso_codes.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr bool is_hex(char c) { return is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f'); }

/// Digits only, at most 18.
std::uint64_t number_of(std::string_view digits) {
    std::uint64_t number = 0;
    for (const char c : digits) number = number * 10 + static_cast<std::uint64_t>(c - '0');
    return number;
}

/// No company prefix is shorter than four digits (General Specifications 1.4.2).
Gs1ValueFault check_company_prefix(std::string_view text) {
    constexpr std::size_t kShortest = 4;
    if (text.size() < kShortest) return {CodeError::parse_failed, 0};
    const auto odd = static_cast<std::size_t>(std::ranges::find_if_not(text.substr(0, kShortest), is_digit) - text.begin());
    return unless(odd == kShortest, CodeError::parse_failed, odd);
}

/// Two characters of 32 at the end: the values of the others in the order of the character set, weighted with primes that grow to the
/// left, modulo 1021, in two halves of five bits (General Specifications 7.9.5).
Gs1ValueFault check_pair(std::string_view text) {
    constexpr std::string_view kValues = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
    constexpr std::string_view kPairs = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    constexpr unsigned kPrimes[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83};
    if (text.size() < 2 || text.size() - 2 > std::size(kPrimes)) return {CodeError::check_character, 0};
    const std::string_view body = text.substr(0, text.size() - 2);
    const std::size_t odd = text.find_first_not_of(kPairs, body.size());
    if (odd != std::string_view::npos) return {CodeError::bad_character, odd};
    unsigned sum = 0;
    for (std::size_t i = 0; i < body.size(); ++i) {
        sum += static_cast<unsigned>(kValues.find(body[i])) * kPrimes[body.size() - 1 - i];
    }
    sum %= 1021;
    const bool holds = text[body.size()] == kPairs[sum >> 5] && text.back() == kPairs[sum & 31];
    return unless(holds, CodeError::check_character, body.size());
}

/// Where a % is not followed by two hexadecimal digits; the size when all are.
std::size_t bad_percent(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') continue;
        if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return i;
        i += 2;
    }
    return text.size();
}

bool is_long_date(std::string_view digits) {
    const auto number = number_of(digits);
    const auto month = static_cast<unsigned>(number / 100 % 100);
    const auto day = static_cast<unsigned>(number % 100);
    return make_date(static_cast<int>(number / 10000), month, day).has_value();
}

bool is_sequence(std::string_view text) {
    return text[0] >= '1' && text[0] <= '9' && text[1] == '/' && is_digit(text[2]) && text[0] <= text[2];
}

/// Types of ICCBBA (01 to 10) and of national use (80 to 99); the others are kept back (General Specifications 3.8.16).
bool is_media_type(std::string_view digits) {
    const auto number = number_of(digits);
    return (number >= 1 && number <= 10) || number >= 80;
}

/// Modulo 97 of the account turned round, letters as 10 to 35, is 1 (ISO 13616-1).
Gs1ValueFault check_iban(std::string_view text) {
    constexpr std::size_t kShortest = 11;
    if (text.size() < 4 || !is_country_letters(text.substr(0, 2))) return {CodeError::parse_failed, 0};
    if (text.size() < kShortest) return {CodeError::parse_failed, 0};
    unsigned rest = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::size_t at = (i + 4) % text.size();
        const char c = text[at];
        if (!is_digit(c) && !is_upper(c)) return {CodeError::parse_failed, at};
        const unsigned value = is_digit(c) ? static_cast<unsigned>(c - '0') : static_cast<unsigned>(c - 'A') + 10;
        rest = (rest * (value < 10 ? 10 : 100) + value) % 97;
    }
    return unless(rest == 1, CodeError::parse_failed, 2);
}

/// UN/ECE Recommendation 21 and the additions of GS1, by first character: the rest of each code, `-` for a code of one character.
bool is_package_type(std::string_view code) {
    struct Group {
        char first;
        std::string_view rests;
    };
    static constexpr Group kGroups[] = {
        {'1', "A B D F G W"},
        {'2', "00 01 02 03 04 05 06 10 11 12 C"},
        {'3', "A H"},
        {'4', "3 4 A B C D F G H"},
        {'5', "H L M"},
        {'6', "H P"},
        {'7', "A B"},
        {'8', "- A B C"},
        {'9', "-"},
        {'A', "A B C D F G H I J L M P PE T V"},
        {'B', "4 B C D E F G GE H I J K L M ME N O P Q R RI S T U V W X Y Z"},
        {'C', "A B BL C CE D E F G H I J K L M N O P Q R S T U V W X Y Z"},
        {'D', "A B C G H I J K L M N P PE R S T U V W X Y"},
        {'E', "1 2 3 C D E F G H I N"},
        {'F', "B C D E I L O OB P PE R T W X"},
        {'G', "B I L R U Y Z"},
        {'H', "A B C G N R"},
        {'I', "A B C D E F G H K L N Z"},
        {'J', "B C G R T Y"},
        {'K', "G I"},
        {'L', "AB E G T U V Z"},
        {'M', "A B C E PE R S T W X"},
        {'N', "A E F G S T U V"},
        {'O', "A B C D E F K PE T U"},
        {'P', "2 A AE B C D E F G H I J K L LP N O OP P PE R T U UE V X Y Z"},
        {'Q', "A B C D F G H J K L M N P Q R S"},
        {'R', "B1 B2 B3 CB D G J K L O T Z"},
        {'S', "1 A B C D E EC H I K L M O P S T TL U V W X Y Z"},
        {'T', "1 B C D E EV G HE I K L N O R RE S T TE U V W WE Y Z"},
        {'U', "C N UE"},
        {'V', "A G I K L N O P Q R S Y"},
        {'W', "A B C D F G H J K L M N P Q R RP S T U V W X Y Z"},
        {'X', "11 12 15 16 17 18 19 20 3 A B C D F G H J K"},
        {'Y', "A B C D F G H J K L M N P Q R S T V W X Y Z"},
        {'Z', "A B C D F G H J K L M N P Q R S T U V W X Y Z"},
    };
    const Group* const group = std::ranges::find(kGroups, code[0], &Group::first);
    if (group == std::end(kGroups)) return false;
    const std::string_view wanted = code.size() == 1 ? "-" : code.substr(1);
    for (std::string_view left = group->rests; !left.empty();) {
        const std::string_view rest = left.substr(0, left.find(' '));
        if (rest == wanted) return true;
        left.remove_prefix(std::min(left.size(), rest.size() + 1));
    }
    return false;
}

}  // namespace

Gs1ValueFault gs1_check_far_rule(Gs1Rule rule, std::string_view part, Date reference) {
    const bool zeros = part.find_first_not_of('0') == std::string_view::npos;
    const auto one_of = [&](std::string_view choices) {
        return unless(choices.find(part[0]) != std::string_view::npos, CodeError::parse_failed);
    };
    switch (rule) {
        case Gs1Rule::check_pair: return check_pair(part);
        case Gs1Rule::company_prefix: return check_company_prefix(part);
        case Gs1Rule::long_date: return unless(is_long_date(part), CodeError::bad_date);
        case Gs1Rule::zero: return unless(zeros, CodeError::parse_failed);
        case Gs1Rule::not_zero: return unless(!zeros, CodeError::parse_failed);
        case Gs1Rule::sex: return one_of("0129");
        case Gs1Rule::winding: return one_of("019");
        case Gs1Rule::percent_encoded: {
            const std::size_t at = bad_percent(part);
            return unless(at == part.size(), CodeError::bad_percent_escape, at);
        }
        case Gs1Rule::minus: return one_of("-");
        case Gs1Rule::latitude: return unless(number_of(part) <= 1'800'000'000, CodeError::parse_failed);
        case Gs1Rule::longitude: return unless(number_of(part) <= 3'600'000'000, CodeError::parse_failed);
        case Gs1Rule::no_leading_zero: return unless(part.size() == 1 || part[0] != '0', CodeError::parse_failed);
        case Gs1Rule::has_non_digit: return unless(!all_digits(part), CodeError::parse_failed);
        case Gs1Rule::sequence: return unless(is_sequence(part), CodeError::parse_failed);
        case Gs1Rule::currency: return unless(is_currency_number(part), CodeError::parse_failed);
        case Gs1Rule::importer:
            return unless(is_digit(part[0]) || is_upper(part[0]) || is_lower(part[0]) || part[0] == '-' || part[0] == '_',
                          CodeError::bad_character);
        case Gs1Rule::media_type: return unless(is_media_type(part), CodeError::parse_failed);
        case Gs1Rule::package_type: return unless(is_package_type(part), CodeError::parse_failed);
        case Gs1Rule::iban: return check_iban(part);
        case Gs1Rule::coupon: return gs1_check_coupon(part, reference);
        case Gs1Rule::coupon_offer: return gs1_check_coupon_offer(part);
        default: return {};  // those of gs1_value.cpp
    }
}

}  // namespace dosario
