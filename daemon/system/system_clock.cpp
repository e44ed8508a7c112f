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

}  // namespace

std::unique_ptr<Clock> make_system_clock() { return std::make_unique<SystemClock>(); }

Result<std::function<Date(UtcTime)>> site_calendar(const std::string& name) {
    try {
        const date::time_zone* zone = date::locate_zone(name);
        return std::function<Date(UtcTime)>{[zone](UtcTime at) {
            const auto local = zone->to_local(at);
            return Date{date::floor<std::chrono::days>(local).time_since_epoch()};
        }};
    } catch (const std::exception&) {
        return fail(Failure::not_found,
                    "there is no time zone '" + name +
                        "' on this machine (for example America/Argentina/Buenos_Aires; is tzdata installed?)");
    }
}

}  // namespace dosario
