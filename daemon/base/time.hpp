// SPDX-License-Identifier: Apache-2.0
// Instants, days and their texts. Nobody outside the shells asks the system for the time: see clock.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dosario {

using Micros = std::chrono::microseconds;

/// An instant of the wall clock, in microseconds since 1970-01-01T00:00Z.
using UtcTime = std::chrono::sys_time<Micros>;

/// The clock that never jumps (CLOCK_BOOTTIME); only a tag for MonoTime, it has no now().
struct MonoClock {
    using rep = std::int64_t;
    using period = std::micro;
    using duration = Micros;
    using time_point = std::chrono::time_point<MonoClock>;
    static constexpr bool is_steady = true;
};
using MonoTime = MonoClock::time_point;

/// A calendar day of the site, without time zone.
using Date = std::chrono::sys_days;

/// `2027-06-30`.
std::string format_date(Date day);

/// Takes `2027-06-30` only; nothing for anything else, 31 February included.
std::optional<Date> parse_date(std::string_view text);

/// The day for year, month and day of the month, nothing if there is no such day.
std::optional<Date> make_date(int year, unsigned month, unsigned day);

/// The last day of that month (GS1 General Specifications: day 00). Month 1 to 12.
Date last_day_of_month(int year, unsigned month);

/// `2026-11-21T12:30:05.123456Z`.
std::string format_utc(UtcTime at);

}  // namespace dosario
