// SPDX-License-Identifier: Apache-2.0
#include "base/time.hpp"

#include <cstdio>

namespace dosario {

using namespace std::chrono;

std::string format_date(Date day) {
    const year_month_day ymd{day};
    char text[32];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                  static_cast<unsigned>(ymd.day()));
    return text;
}

std::optional<Date> make_date(int y, unsigned m, unsigned d) {
    const year_month_day ymd{year{y}, month{m}, day{d}};
    if (!ymd.ok()) return std::nullopt;
    return Date{ymd};
}

Date last_day_of_month(int y, unsigned m) { return Date{year{y} / month{m} / last}; }

std::optional<Date> parse_date(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    int digits[8];
    int n = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i == 4 || i == 7) continue;
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        digits[n++] = text[i] - '0';
    }
    return make_date(digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3],
                     static_cast<unsigned>(digits[4] * 10 + digits[5]), static_cast<unsigned>(digits[6] * 10 + digits[7]));
}

std::string format_utc(UtcTime at) {
    const Date day = floor<days>(at);
    const hh_mm_ss<Micros> time{at - day};
    char text[48];
    std::snprintf(text, sizeof text, "T%02ld:%02ld:%02ld.%06ldZ", static_cast<long>(time.hours().count()),
                  static_cast<long>(time.minutes().count()), static_cast<long>(time.seconds().count()),
                  static_cast<long>(time.subseconds().count()));
    return format_date(day) + text;
}

}  // namespace dosario
