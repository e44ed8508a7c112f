// SPDX-License-Identifier: Apache-2.0
// The real clock, and the calendar of the site's time zone.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <functional>
#include <memory>
#include <string>

namespace dosario {

std::unique_ptr<Clock> make_system_clock();

/// The day of an instant in that zone of the IANA database; not_found when there is no such zone (or no tzdata installed).
Result<std::function<Date(UtcTime)>> site_calendar(const std::string& zone);

/// The hour of the day, 0 to 23, of an instant there.
Result<std::function<int(UtcTime)>> site_hour(const std::string& zone);

}  // namespace dosario
