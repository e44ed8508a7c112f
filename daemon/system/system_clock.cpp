// SPDX-License-Identifier: Apache-2.0
#include "system/system_clock.hpp"

#include <date/tz.h>

#include <ctime>

namespace dosario {
namespace {

class SystemClock final : public Clock {
public:
    UtcTime wall() const override { return std::chrono::floor<Micros>(std::chrono::system_clock::now()); }
    MonoTime mono() const override {
        timespec now{};
        clock_gettime(CLOCK_BOOTTIME, &now);
        return MonoTime{std::chrono::seconds{now.tv_sec} + std::chrono::floor<Micros>(std::chrono::nanoseconds{now.tv_nsec})};
    }
};

Result<const date::time_zone*> zone_of(const std::string& name) {
    try {
        return date::locate_zone(name);
    } catch (const std::exception&) {
        return fail(Failure::not_found,
                    "there is no time zone '" + name +
                        "' on this machine (for example America/Argentina/Buenos_Aires; is tzdata installed?)");
    }
}

}  // namespace

std::unique_ptr<Clock> make_system_clock() { return std::make_unique<SystemClock>(); }

Result<std::function<Date(UtcTime)>> site_calendar(const std::string& name) {
    const auto zone = zone_of(name);
    if (!zone) return zone.error();
    return std::function<Date(UtcTime)>{[zone = *zone](UtcTime at) {
        const auto local = zone->to_local(at);
        return Date{date::floor<std::chrono::days>(local).time_since_epoch()};
    }};
}

Result<std::function<int(UtcTime)>> site_hour(const std::string& name) {
    const auto zone = zone_of(name);
    if (!zone) return zone.error();
    return std::function<int(UtcTime)>{[zone = *zone](UtcTime at) {
        const auto local = zone->to_local(at);
        return static_cast<int>(date::floor<std::chrono::hours>(local - date::floor<std::chrono::days>(local)).count());
    }};
}

}  // namespace dosario
