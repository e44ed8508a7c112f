// SPDX-License-Identifier: Apache-2.0
// Clocks that are set wrong, set right, dead, and far ahead.
#include "control/trusted_clock.hpp"
#include "support/catch.hpp"
#include "support/manual_clock.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

using namespace std::chrono_literals;

constexpr auto kDay = 24h;

/// A daemon on a computer; the last good entry is of when somebody says so.
struct Station {
    ManualClock clock;
    std::optional<UtcTime> last_good = clock.wall();
    UtcTime earliest{day("2026-11-01")};
    std::optional<TrustedClock> trusted{std::in_place, clock, earliest};

    TrustedClock::Reading read() { return trusted->read(last_good); }
    Date today() { return std::chrono::floor<std::chrono::days>(read().at); }
    void restart() { trusted.emplace(clock, earliest); }

    Station() = default;
    Station(const Station&) = delete;
    Station& operator=(const Station&) = delete;
};

}  // namespace

TEST_CASE("a clock that keeps pace is believed", "[clock]") {
    Station station;
    for (int i = 0; i < 1000; ++i) {
        station.clock.pass(kDay);
        const auto reading = station.read();
        REQUIRE(reading.state == ClockState::good);
        REQUIRE(reading.at == station.clock.wall());
    }
}

TEST_CASE("small corrections are followed, one after the other", "[clock]") {
    Station station;
    for (int i = 0; i < 100; ++i) {
        station.clock.set_wall(station.clock.wall() + 23h);
        CHECK(station.read().state == ClockState::good);
    }
}

TEST_CASE("a jump ahead is not believed, the days go on by the steady clock, and the right time is believed again", "[clock]") {
    Station station;
    station.read();
    const UtcTime right = station.clock.wall();
    const auto years = GENERATE(25h, 366 * kDay, 5 * 365 * kDay, 65 * 365 * kDay);
    station.clock.set_wall(right + years);
    CHECK(station.read().state == ClockState::ahead);
    CHECK(station.read().at == right);
    station.clock.pass(3 * kDay);
    CHECK(station.read().at == right + 3 * kDay);
    CHECK(station.read().wall == right + 3 * kDay + years);
    station.clock.set_wall(station.clock.wall() - years + 5min);
    CHECK(station.read().state == ClockState::good);
    CHECK(station.read().at == right + 3 * kDay + 5min);
}

TEST_CASE("a clock that was set back and right again is no jump", "[clock]") {
    Station station;
    station.read();
    station.clock.pass(100 * kDay);
    station.read();
    const auto back = GENERATE(2 * kDay, 50 * kDay, 99 * kDay, 101 * kDay, 20000 * kDay);
    station.clock.set_wall(station.clock.wall() - back);
    CHECK(station.read().state == (back > 100 * kDay ? ClockState::behind : ClockState::good));
    station.clock.pass(kDay);
    station.read();
    station.clock.set_wall(station.clock.wall() + back);
    CHECK(station.read().state == ClockState::good);
    CHECK(station.read().at == station.clock.wall());
}

TEST_CASE("a dead clock counts on from the last good entry, and is believed when it is set", "[clock]") {
    Station station;
    const Date before = station.today();
    station.restart();
    station.clock.set_day(day("1970-01-01"));
    CHECK(station.read().state == ClockState::behind);
    CHECK(station.today() == before);
    station.clock.pass(10 * kDay);
    CHECK(station.today() == before + std::chrono::days{10});
    station.clock.set_wall(UtcTime{before} + 30 * kDay);
    CHECK(station.read().state == ClockState::good);
}

TEST_CASE("a clock that is far ahead from the start leaves the day unknown until it is set", "[clock]") {
    Station station;
    const UtcTime right = station.clock.wall();
    SECTION("a season's pause is believed") {
        station.clock.set_wall(right + 199 * kDay);
        CHECK(station.read().state == ClockState::good);
    }
    SECTION("a mistaken year is not") {
        station.clock.set_wall(right + 365 * kDay);
        CHECK(station.read().state == ClockState::unknown);
        CHECK(station.read().at == right);
        station.clock.set_wall(right + 1h);
        CHECK(station.read().state == ClockState::good);
    }
    SECTION("unless somebody says that the day has come") {
        station.clock.set_wall(right + 365 * kDay);
        station.earliest = right + 364 * kDay;
        station.restart();
        CHECK(station.read().state == ClockState::good);
    }
    SECTION("a version may be old when its first ledger is made, but not as old as that") {
        station.last_good.reset();
        station.clock.set_wall(right + 9 * 365 * kDay);
        CHECK(station.read().state == ClockState::good);
        station.restart();
        station.clock.set_wall(right + 11 * 365 * kDay);
        CHECK(station.read().state == ClockState::unknown);
    }
}
