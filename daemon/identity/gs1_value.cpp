// SPDX-License-Identifier: Apache-2.0
// Values of AIs: characters (General Specifications 7.11), check digits (7.9), dates (7.12) and the small rules of the table.
#include "identity/gs1_value.hpp"

#include "identity/ascii.hpp"
#include "identity/iso_codes.hpp"

#include <algorithm>

namespace dosario {
namespace {

using std::chrono::year_month_day;

/// For each character the sets that hold it, as bits of Gs1Charset.
constexpr auto kCharsets = [] {
    std::array<std::uint8_t, 256> sets{};
    const auto add = [&](std::string_view characters, Gs1Charset charset) {
        for (const char c : characters) sets[static_cast<unsigned char>(c)] |= static_cast<std::uint8_t>(charset);
    };
    for (int i = 0; i < 256; ++i) {
        const char c = static_cast<char>(i);
        const std::string_view one{&c, 1};
        if (is_digit(c)) add(one, Gs1Charset::digits);
        if (is_digit(c) || is_upper(c)) add(one, Gs1Charset::cpid);
        if (is_digit(c) || is_upper(c) || is_lower(c)) {
            add(one, Gs1Charset::text);
            add(one, Gs1Charset::base64url);
        }
    }
    add("!\"%&'()*+,-./:;<=>?_", Gs1Charset::text);
    add("#-/", Gs1Charset::cpid);
    add("-_", Gs1Charset::base64url);
    return sets;
}();

/// Where the first character is that does not belong; the size when all do.
std::size_t first_odd(std::string_view text, Gs1Charset charset) {
    const auto belongs = [&](std::size_t i) {
        return kCharsets[static_cast<unsigned char>(text[i])] & static_cast<unsigned>(charset);
    };
    std::size_t i = 0;
    while (text.size() - i >= 4 && (belongs(i) & belongs(i + 1) & belongs(i + 2) & belongs(i + 3)) != 0) i += 4;
    while (i < text.size() && belongs(i) != 0) ++i;
    return i;
}

/// The characters of base 64, and `=` at the end as RFC 4648 has it, or none (3.2 allows to leave it out).
Gs1ValueFault check_base64url(std::string_view text) {
    const std::size_t pads = text.size() - (text.find_last_not_of('=') + 1);
    const std::size_t odd = first_odd(text.substr(0, text.size() - pads), Gs1Charset::base64url);
    if (odd < text.size() - pads) return {CodeError::bad_character, odd};
    if (pads > 2 || (pads > 0 && text.size() % 4 != 0)) return {CodeError::bad_character, text.size() - pads};
    return {};
}

Gs1ValueFault check_characters(std::string_view text, Gs1Charset charset) {
    if (charset == Gs1Charset::base64url) return check_base64url(text);
    const std::size_t odd = first_odd(text, charset);
    if (odd == text.size()) return {};
    return {charset == Gs1Charset::digits ? CodeError::not_numeric : CodeError::bad_character, odd};
}

constexpr int two_digits(std::string_view text, std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); }

constexpr bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

constexpr int days_of(int year, int month) {
    constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : kDays[month - 1];
}

bool is_day(int year, int month, int day) { return month >= 1 && month <= 12 && day >= 1 && day <= days_of(year, month); }

/// The year that two digits stand for, seen from `reference` (General Specifications 7.12).
int full_year(int two, Date reference) {
    const int now = static_cast<int>(year_month_day{reference}.year());
    const int distance = two - now % 100;
    return now / 100 * 100 + (distance >= 51 ? -100 : distance <= -50 ? 100 : 0) + two;
}

bool is_hour_minute(std::string_view digits) { return two_digits(digits, 0) < 24 && two_digits(digits, 2) < 60; }

bool is_piece_of_total(std::string_view digits) {
    return two_digits(digits, 0) > 0 && two_digits(digits, 0) <= two_digits(digits, 2);
}

/// `part` has the length and the characters that the component asks for.
Gs1ValueFault check_rule(Gs1Rule rule, std::string_view part, Date reference) {
    switch (rule) {
        case Gs1Rule::any: return {};
        case Gs1Rule::check_digit:
            return unless(part.back() == gs1_check_digit(part.substr(0, part.size() - 1)), CodeError::check_digit,
                          part.size() - 1);
        case Gs1Rule::date_or_month: return unless(gs1_is_day(part, true, reference), CodeError::bad_date);
        case Gs1Rule::date: return unless(gs1_is_day(part, false, reference), CodeError::bad_date);
        case Gs1Rule::hour_minute: return unless(is_hour_minute(part), CodeError::bad_time);
        case Gs1Rule::hour: return unless(two_digits(part, 0) < 24, CodeError::bad_time);
        case Gs1Rule::sixtieth: return unless(two_digits(part, 0) < 60, CodeError::bad_time);
        case Gs1Rule::piece_of_total: return unless(is_piece_of_total(part), CodeError::bad_piece_total);
        case Gs1Rule::country: return unless(!country_letters(part).empty(), CodeError::bad_country);
        case Gs1Rule::country_or_many: return unless(part == "999" || !country_letters(part).empty(), CodeError::bad_country);
        case Gs1Rule::country_letters: return unless(is_country_letters(part), CodeError::bad_country);
        case Gs1Rule::yes_no: return unless(part[0] <= '1', CodeError::bad_flag);
        default: return gs1_check_far_rule(rule, part, reference);
    }
}

Gs1ValueFault check_component(const Gs1Component& component, std::string_view part, Date reference) {
    if (const Gs1ValueFault fault = check_characters(part, component.charset); fault.error != CodeError::none) return fault;
    for (const Gs1Rule rule : component.rules) {
        if (rule == Gs1Rule::any) break;
        if (const Gs1ValueFault fault = check_rule(rule, part, reference); fault.error != CodeError::none) return fault;
    }
    return {};
}

/// Day of six digits that are one; day 00 is the last of the month.
Date day_of(std::string_view yymmdd, Date reference) {
    const int year = full_year(two_digits(yymmdd, 0), reference);
    const int month = two_digits(yymmdd, 2);
    const int day = two_digits(yymmdd, 4) == 0 ? days_of(year, month) : two_digits(yymmdd, 4);
    return std::chrono::year{year} / month / day;
}

/// Hours, and minutes and seconds where they are.
std::chrono::seconds time_of(std::string_view digits) {
    std::chrono::seconds time = std::chrono::hours{two_digits(digits, 0)};
    if (digits.size() >= 4) time += std::chrono::minutes{two_digits(digits, 2)};
    if (digits.size() >= 6) time += std::chrono::seconds{two_digits(digits, 4)};
    return time;
}

}  // namespace

Gs1ValueFault gs1_check_value(const Gs1AiRow& row, std::string_view value, Date reference) {
    if (value.empty()) return {CodeError::value_empty, 0};
    std::size_t at = 0;
    for (std::size_t i = 0; i < row.components; ++i) {
        const Gs1Component& component = row.component[i];
        const std::size_t taken = std::min<std::size_t>(component.most, value.size() - at);
        if (component.optional && taken == 0) break;
        if (taken < component.least) return {CodeError::value_length, 0};
        const Gs1ValueFault fault = check_component(component, value.substr(at, taken), reference);
        if (fault.error != CodeError::none) return {fault.error, at + fault.at};
        at += taken;
    }
    return unless(at == value.size(), CodeError::value_length, row.most);
}

bool gs1_is_day(std::string_view yymmdd, bool month_alone, Date reference) {
    const int month = two_digits(yymmdd, 2);
    const int day = two_digits(yymmdd, 4);
    if (day == 0) return month_alone && month >= 1 && month <= 12;
    // The century matters to one day only.
    const int year = month == 2 && day == 29 ? full_year(two_digits(yymmdd, 0), reference) : 2000;
    return is_day(year, month, day);
}

char gs1_check_digit(std::string_view digits) {
    unsigned thrice = 0;
    unsigned once = 0;
    std::size_t i = digits.size();
    for (; i >= 2; i -= 2) {
        thrice += static_cast<unsigned>(digits[i - 1] - '0');
        once += static_cast<unsigned>(digits[i - 2] - '0');
    }
    if (i == 1) thrice += static_cast<unsigned>(digits[0] - '0');
    return static_cast<char>('0' + (10 - (thrice * 3 + once) % 10) % 10);
}

bool gs1_is_text(char c) { return (kCharsets[static_cast<unsigned char>(c)] & static_cast<unsigned>(Gs1Charset::text)) != 0; }

bool gs1_check_digit_holds(std::string_view digits) {
    return digits.size() >= 2 && all_digits(digits) && digits.back() == gs1_check_digit(digits.substr(0, digits.size() - 1));
}

std::optional<Date> gs1_date(std::string_view yymmdd, Date reference) {
    if (yymmdd.size() != 6 || !all_digits(yymmdd) || !gs1_is_day(yymmdd, true, reference)) return std::nullopt;
    return day_of(yymmdd, reference);
}

std::optional<Gs1Moment> gs1_moment(unsigned number, std::string_view value, Date reference) {
    if (!all_digits(value)) return std::nullopt;
    if ((number == 7250 || number == 7251) && value.size() >= 8) {
        const auto day = make_date(two_digits(value, 0) * 100 + two_digits(value, 2), static_cast<unsigned>(two_digits(value, 4)),
                                   static_cast<unsigned>(two_digits(value, 6)));
        if (!day) return std::nullopt;
        return Gs1Moment{*day, value.size() == 12 ? std::optional{time_of(value.substr(8))} : std::nullopt};
    }
    const Gs1AiRow* const row = gs1_find_ai(number);
    if (row == nullptr || value.size() < 6) return std::nullopt;
    const Gs1Rule rule = row->component[0].rules[0];
    if (rule != Gs1Rule::date && rule != Gs1Rule::date_or_month) return std::nullopt;
    if (!gs1_is_day(value, true, reference)) return std::nullopt;
    const bool is_range = row->component[1].rules[0] == Gs1Rule::date;
    const bool has_time = value.size() > 6 && !is_range;
    return Gs1Moment{day_of(value.substr(0, 6), reference), has_time ? std::optional{time_of(value.substr(6))} : std::nullopt};
}

}  // namespace dosario
