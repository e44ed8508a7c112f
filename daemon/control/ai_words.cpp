// SPDX-License-Identifier: Apache-2.0
// Sections are those of the GS1 General Specifications.
#include "control/ai_words.hpp"

#include "base/bytes.hpp"
#include "control/catalogue.hpp"
#include "identity/gs1.hpp"
#include "identity/iso_codes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dosario {
namespace {

/// `covering` is an AI, or a run of them, `3100-3105`.
bool covers(std::string_view covering, std::string_view ai) {
    const std::size_t size = ai.size();
    if (size < 2 || size > 4) return false;
    if (covering.size() == size) return covering == ai;
    if (covering.size() != 2 * size + 1 || covering[size] != '-') return false;
    return covering.substr(0, size) <= ai && ai <= covering.substr(size + 1);
}

/// The text of the row `word/NAME`.
std::string_view word(std::string_view name, Language language) {
    for (const CatalogueRow& row : ai_catalogue()) {
        if (row.key.starts_with("word/") && row.key.substr(5) == name) return in_language(row, language);
    }
    return {};
}

template <typename... Args>
std::string say(std::string_view name, Language language, const Args&... args) {
    const std::string_view pattern = word(name, language);
    return fmt::format(fmt::runtime(fmt::string_view{pattern.data(), pattern.size()}), args...);
}

/// True for one digit or more, and nothing else.
bool is_number(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Digits only, at most 18.
std::int64_t number_of(std::string_view digits) {
    std::int64_t number = 0;
    for (const char c : digits) number = number * 10 + (c - '0');
    return number;
}

std::size_t last_digit(std::string_view ai) { return static_cast<std::size_t>(ai.back() - '0'); }

/// Digits with the last `decimals` of them behind a point or a comma, without zeros in front: `001250` with 3 is `1,250`.
std::string decimal(std::string_view digits, std::size_t decimals, Language language) {
    std::string text{digits.substr(std::min(digits.find_first_not_of('0'), digits.size()))};
    if (text.size() <= decimals) text.insert(0, decimals + 1 - text.size(), '0');
    if (decimals > 0) text.insert(text.size() - decimals, 1, language == Language::en ? '.' : ',');
    return text;
}

/// The unit of a measure: what its title ends with, in brackets.
std::string_view unit(std::string_view ai, Language language) {
    const std::string_view title = ai_title(ai, language);
    const std::size_t open = title.rfind('(');
    if (open == std::string_view::npos || !title.ends_with(')')) return {};
    return title.substr(open + 1, title.size() - open - 2);
}

std::string day_text(Date day, Language language) {
    if (language == Language::en) return format_date(day);
    const std::chrono::year_month_day date{day};
    return fmt::format("{:02}/{:02}/{:04}", static_cast<unsigned>(date.day()), static_cast<unsigned>(date.month()),
                       static_cast<int>(date.year()));
}

/// YYMMDD, then nothing, hh, hhmm, or hhmmss (7.12). hhmm 9999 is no time.
std::string day_and_time(std::string_view value, Date reference, Language language) {
    const auto day = gs1_date(value.substr(0, 6), reference);
    if (!day) return {};
    const std::string date = day_text(*day, language);
    const std::string_view time = value.substr(6);
    if (time.empty() || time == "9999") return date;
    if (!is_number(time) || time.size() % 2 != 0 || time.size() > 6) return {};
    for (std::size_t at = 0; at < time.size(); at += 2) {
        if (number_of(time.substr(at, 2)) >= (at == 0 ? 24 : 60)) return {};
    }
    if (time.size() == 2) return say("hour", language, fmt::arg("day", date), fmt::arg("time", time));
    std::string text = date + ' ';
    text.append(time.substr(0, 2)).append(1, ':').append(time.substr(2, 2));
    if (time.size() == 6) text.append(1, ':').append(time.substr(4));
    return text;
}

// One function for each kind of value. All take any text.

std::string moment(std::string_view, std::string_view value, Date reference, Language language) {
    if (value.size() < 6 || value.substr(4, 2) == "00") return {};
    return day_and_time(value, reference, language);
}

std::string moment_or_month(std::string_view, std::string_view value, Date reference, Language language) {
    if (value.size() < 6) return {};
    std::string text = day_and_time(value, reference, language);
    if (text.empty() || value.substr(4, 2) != "00") return text;
    return say("last_day", language, fmt::arg("day", text));
}

std::string one_or_two_days(std::string_view ai, std::string_view value, Date reference, Language language) {
    if (value.size() != 12) return value.size() == 6 ? moment(ai, value, reference, language) : std::string{};
    const std::string first = moment(ai, value.substr(0, 6), reference, language);
    const std::string last = moment(ai, value.substr(6), reference, language);
    if (first.empty() || last.empty()) return {};
    return say("days", language, fmt::arg("first", first), fmt::arg("last", last));
}

std::string measure(std::string_view ai, std::string_view value, Date, Language language) {
    const std::string_view of = unit(ai, language);
    if (!is_number(value) || of.empty()) return {};
    return decimal(value, last_digit(ai), language).append(1, ' ').append(of);
}

/// Hundredths of a degree, a minus behind them.
std::string temperature(std::string_view ai, std::string_view value, Date, Language language) {
    const bool below_zero = value.ends_with('-');
    if (below_zero) value.remove_suffix(1);
    if (!is_number(value)) return {};
    const bool zero = value.find_first_not_of('0') == std::string_view::npos;
    return (below_zero && !zero ? "-" : "") + decimal(value, 2, language).append(1, ' ').append(unit(ai, language));
}

std::string amount(std::string_view ai, std::string_view value, Date, Language language) {
    return is_number(value) ? decimal(value, last_digit(ai), language) : std::string{};
}

std::string amount_in_currency(std::string_view ai, std::string_view value, Date, Language language) {
    if (value.size() < 4 || !is_number(value)) return {};
    return say("currency", language, fmt::arg("amount", decimal(value.substr(3), last_digit(ai), language)),
               fmt::arg("currency", value.substr(0, 3)));
}

/// `032 = AR`; empty when that is no country.
std::string country(std::string_view number) {
    const std::string_view letters = country_letters(number);
    return letters.empty() ? std::string{} : std::string{number}.append(" = ").append(letters);
}

/// One country or up to five, a number that is none as it is.
std::string countries(std::string_view, std::string_view value, Date, Language) {
    if (value.size() % 3 != 0 || value.size() > 15 || !is_number(value)) return {};
    std::string text;
    bool known = false;
    for (; !value.empty(); value.remove_prefix(3)) {
        const std::string one = country(value.substr(0, 3));
        known = known || !one.empty();
        text.append(text.empty() ? "" : ", ").append(one.empty() ? value.substr(0, 3) : one);
    }
    return known ? text : std::string{};
}

std::string country_and_more(std::string_view, std::string_view value, Date, Language) {
    const std::string one = country(value.substr(0, 3));
    return one.empty() || value.size() < 4 ? std::string{} : one + ", " + std::string{value.substr(3)};
}

/// Ten-millionths of a degree with the sign in front: `-58,4702029`.
std::string degrees(std::int64_t ten_millionths, Language language) {
    const std::string digits = std::to_string(ten_millionths < 0 ? -ten_millionths : ten_millionths);
    return (ten_millionths < 0 ? "-" : "") + decimal(digits, 7, language);
}

/// Latitude counted from the south pole, longitude eastward from Greenwich, ten digits each.
std::string place(std::string_view, std::string_view value, Date, Language language) {
    if (value.size() != 20 || !is_number(value)) return {};
    const std::int64_t latitude = number_of(value.substr(0, 10)) - 900'000'000;
    const std::int64_t longitude = number_of(value.substr(10));
    if (latitude > 900'000'000 || longitude > 3'600'000'000) return {};
    return say("place", language, fmt::arg("latitude", degrees(latitude, language)),
               fmt::arg("longitude", degrees(longitude > 1'800'000'000 ? longitude - 3'600'000'000 : longitude, language)));
}

std::string piece_of_total(std::string_view, std::string_view value, Date, Language language) {
    if (value.size() != 18 || !is_number(value)) return {};
    const std::int64_t piece = number_of(value.substr(14, 2));
    const std::int64_t total = number_of(value.substr(16));
    if (piece < 1 || piece > total) return {};
    return say("piece", language, fmt::arg("gtin", value.substr(0, 14)), fmt::arg("piece", piece), fmt::arg("total", total));
}

std::string yes_or_no(std::string_view, std::string_view value, Date, Language language) {
    if (value != "0" && value != "1") return {};
    return std::string{word(value == "1" ? "yes" : "no", language)};
}

struct Kind {
    std::string_view ais;
    std::string (*tell)(std::string_view ai, std::string_view value, Date reference, Language language);
};

/// AIs that are not here have values that speak for themselves, or that nobody needs in words.
constexpr Kind kKinds[] = {
    {"11-13", moment_or_month},
    {"15-17", moment_or_month},
    {"3100-3699", measure},
    {"3900-3909", amount},
    {"3910-3919", amount_in_currency},
    {"3920-3929", amount},
    {"3930-3939", amount_in_currency},
    {"3940-3943", measure},
    {"3950-3955", amount},
    {"421", country_and_more},
    {"422-426", countries},
    {"4309", place},
    {"4321-4323", yes_or_no},
    {"4324-4325", moment_or_month},
    {"4326", moment},
    {"4330-4333", temperature},
    {"7003", moment},
    {"7006", moment},
    {"7007", one_or_two_days},
    {"7011", moment},
    {"7030-7039", country_and_more},
    {"8006", piece_of_total},
    {"8008", moment},
    {"8026", piece_of_total},
};

}  // namespace

std::string_view ai_title(std::string_view ai, Language language) {
    for (const CatalogueRow& row : ai_catalogue()) {
        if (covers(row.key, ai)) return in_language(row, language);
    }
    return {};
}

std::string ai_meaning(std::string_view ai, std::string_view value, Date reference, Language language) {
    // No such AI, whatever run it falls into.
    if (ai_title(ai, language).empty()) return {};
    for (const Kind& kind : kKinds) {
        if (!covers(kind.ais, ai)) continue;
        std::string text = kind.tell(ai, value, reference, language);
        return text == value ? std::string{} : text;
    }
    return {};
}

std::string fault_words(const CodeFault& fault, Language language) {
    const std::string_view what = catalogue_text("code/" + std::string{code_error_name(fault.error)}, language);
    std::string text = put_in(catalogue_text("decode/fault", language), [&](std::string_view name) {
        return name == "at" ? std::to_string(fault.offset + 1) : std::string{what};
    });
    if (fault.ai.empty()) return text;
    const std::string_view title = ai_title(fault.ai, language);
    return text + fmt::format(" ({}{}{})", escape(fault.ai), title.empty() ? "" : " ", title);
}

}  // namespace dosario
