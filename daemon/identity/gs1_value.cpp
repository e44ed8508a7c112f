// SPDX-License-Identifier: Apache-2.0
// Values of AIs: characters (General Specifications 7.11), check digits (7.9), dates (7.12) and the small rules of the table.
#include "identity/gs1_value.hpp"

#include "identity/digits.hpp"

#include <algorithm>

namespace dosario {
namespace {

using std::chrono::year_month_day;

constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_hex(char c) { return is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f'); }

bool belongs(char c, Gs1Charset charset) {
    const bool alphanumeric = is_digit(c) || is_upper(c) || is_lower(c);
    switch (charset) {
        case Gs1Charset::absent: return false;
        case Gs1Charset::digits: return is_digit(c);
        case Gs1Charset::text: return alphanumeric || std::string_view{"!\"%&'()*+,-./:;<=>?_"}.find(c) != std::string_view::npos;
        case Gs1Charset::cpid: return is_digit(c) || is_upper(c) || c == '#' || c == '-' || c == '/';
        case Gs1Charset::base64url: return alphanumeric || c == '-' || c == '_' || c == '=';
    }
    return false;
}

/// Digits only, at most 18.
std::uint64_t number_of(std::string_view digits) {
    std::uint64_t number = 0;
    for (const char c : digits) number = number * 10 + static_cast<std::uint64_t>(c - '0');
    return number;
}

bool is_long_date(std::string_view digits) {
    const auto number = number_of(digits);
    const auto month = static_cast<unsigned>(number / 100 % 100);
    const auto day = static_cast<unsigned>(number % 100);
    return make_date(static_cast<int>(number / 10000), month, day).has_value();
}

bool is_piece_of_total(std::string_view digits) {
    const auto piece = number_of(digits.substr(0, 2));
    const auto total = number_of(digits.substr(2));
    return piece > 0 && piece <= total;
}

bool is_sequence(std::string_view text) {
    return text[0] >= '1' && text[0] <= '9' && text[1] == '/' && is_digit(text[2]) && text[0] <= text[2];
}

/// Where a % is not followed by two hexadecimal digits; npos when all are.
std::size_t bad_percent(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2]))) return i;
    }
    return std::string_view::npos;
}

Gs1ValueFault unless(bool holds, CodeError error, std::size_t at = 0) {
    return holds ? Gs1ValueFault{} : Gs1ValueFault{error, at};
}

/// `part` has the length and the characters that the component asks for.
Gs1ValueFault check_rule(Gs1Rule rule, std::string_view part, Date reference) {
    const bool zeros = std::ranges::all_of(part, [](char c) { return c == '0'; });
    const auto one_of = [&](std::string_view choices) {
        return unless(choices.find(part[0]) != std::string_view::npos, CodeError::bad_value);
    };
    switch (rule) {
        case Gs1Rule::any: return {};
        case Gs1Rule::check_digit: return unless(gs1_check_digit_holds(part), CodeError::check_digit, part.size() - 1);
        case Gs1Rule::date_or_month: return unless(gs1_date(part, reference).has_value(), CodeError::bad_date);
        case Gs1Rule::date: return unless(!part.ends_with("00") && gs1_date(part, reference), CodeError::bad_date);
        case Gs1Rule::long_date: return unless(is_long_date(part), CodeError::bad_date);
        case Gs1Rule::hour_minute: return unless(number_of(part) / 100 < 24 && number_of(part) % 100 < 60, CodeError::bad_time);
        case Gs1Rule::hour: return unless(number_of(part) < 24, CodeError::bad_time);
        case Gs1Rule::sixtieth: return unless(number_of(part) < 60, CodeError::bad_time);
        case Gs1Rule::piece_of_total: return unless(is_piece_of_total(part), CodeError::bad_piece_total);
        case Gs1Rule::zero: return unless(zeros, CodeError::bad_value);
        case Gs1Rule::not_zero: return unless(!zeros, CodeError::bad_value);
        case Gs1Rule::yes_no: return one_of("01");
        case Gs1Rule::sex: return one_of("0129");
        case Gs1Rule::winding: return one_of("019");
        case Gs1Rule::percent_encoded: {
            const std::size_t at = bad_percent(part);
            return unless(at == std::string_view::npos, CodeError::bad_character, at);
        }
        case Gs1Rule::minus: return one_of("-");
        case Gs1Rule::latitude: return unless(number_of(part) <= 1'800'000'000, CodeError::bad_value);
        case Gs1Rule::longitude: return unless(number_of(part) <= 3'600'000'000, CodeError::bad_value);
        case Gs1Rule::no_leading_zero: return unless(part.size() == 1 || part[0] != '0', CodeError::bad_value);
        case Gs1Rule::has_non_digit: return unless(!all_digits(part), CodeError::bad_value);
        case Gs1Rule::sequence: return unless(is_sequence(part), CodeError::bad_value);
    }
    return {};
}

/// How many characters of the remaining `size` belong to this component; nothing when it does not fit.
std::optional<std::size_t> share(const Gs1Component& component, std::size_t size) {
    if (component.optional && size == 0) return 0;
    const std::size_t taken = std::min<std::size_t>(component.most, size);
    if (taken < component.least) return std::nullopt;
    return taken;
}

bool length_fits(const Gs1AiRow& row, std::size_t size) {
    for (const Gs1Component& component : row.components) {
        const auto taken = share(component, size);
        if (!taken) return false;
        size -= *taken;
    }
    return size == 0;
}

Gs1ValueFault check_component(const Gs1Component& component, std::string_view part, Date reference) {
    for (std::size_t i = 0; i < part.size(); ++i) {
        if (belongs(part[i], component.charset)) continue;
        return {component.charset == Gs1Charset::digits ? CodeError::not_numeric : CodeError::bad_character, i};
    }
    return part.empty() ? Gs1ValueFault{} : check_rule(component.rule, part, reference);
}

}  // namespace

Gs1ValueFault gs1_check_value(const Gs1AiRow& row, std::string_view value, Date reference) {
    if (value.empty()) return {CodeError::value_empty, 0};
    // Length first: a swallowed neighbour shows as length, and says more than its first odd character.
    if (!length_fits(row, value.size())) return {CodeError::value_length, 0};
    std::size_t at = 0;
    for (const Gs1Component& component : row.components) {
        const std::size_t taken = share(component, value.size() - at).value_or(0);
        const Gs1ValueFault fault = check_component(component, value.substr(at, taken), reference);
        if (fault.error != CodeError::none) return {fault.error, at + fault.at};
        at += taken;
    }
    return {};
}

char gs1_check_digit(std::string_view digits) {
    int sum = 0;
    int weight = 3;
    for (std::size_t i = digits.size(); i-- > 0; weight = 4 - weight) sum += (digits[i] - '0') * weight;
    return static_cast<char>('0' + (10 - sum % 10) % 10);
}

bool gs1_check_digit_holds(std::string_view digits) {
    return digits.size() >= 2 && all_digits(digits) && digits.back() == gs1_check_digit(digits.substr(0, digits.size() - 1));
}

std::optional<Date> gs1_date(std::string_view yymmdd, Date reference) {
    if (yymmdd.size() != 6 || !all_digits(yymmdd)) return std::nullopt;
    const int now = static_cast<int>(year_month_day{reference}.year());
    const int two_digits = static_cast<int>(number_of(yymmdd.substr(0, 2)));
    const int distance = two_digits - now % 100;
    const int century = now / 100 * 100 + (distance >= 51 ? -100 : distance <= -50 ? 100 : 0);
    const auto month = static_cast<unsigned>(number_of(yymmdd.substr(2, 2)));
    const auto day = static_cast<unsigned>(number_of(yymmdd.substr(4, 2)));
    if (day != 0) return make_date(century + two_digits, month, day);
    if (month < 1 || month > 12) return std::nullopt;
    return last_day_of_month(century + two_digits, month);
}

}  // namespace dosario
