// SPDX-License-Identifier: Apache-2.0
#include "app/night.hpp"
#include "support/catch.hpp"
#include "support/manual_clock.hpp"

using namespace dosario;
using namespace dosario::test;
using namespace std::chrono_literals;

namespace {

/// A computer that runs through days and nights, UTC being its site's time, and looks as the daemon does.
struct Nights {
    void add(const std::string& name, int hour = 3) {
        night.add({name, hour, [this, name] { return good.contains(name) ? std::optional{good[name]} : std::nullopt; },
                   [this, name](std::function<void(bool)> ended) {
                       done.push_back(name + "@" + std::to_string(hour_now()));
                       if (hangs) {
                           waiting = std::move(ended);
                           return;
                       }
                       if (!fails) good[name] = clock.wall();
                       ended(!fails);
                   }});
    }
    int hour_now() const {
        return static_cast<int>(
            std::chrono::floor<std::chrono::hours>(clock.wall() - std::chrono::floor<std::chrono::days>(clock.wall())).count());
    }
    void run(Micros time, bool busy) {
        for (Micros passed{0}; passed < time; passed += Night::kTick) {
            clock.pass(Night::kTick);
            quiet = busy ? Micros{0} : quiet + Night::kTick;
            night.tick({clock.wall(), clock.mono(), hour_now(), quiet});
        }
    }
    /// Off for so long, then another process.
    void off(Micros time) {
        clock.pass(time);
        night = Night{};
        quiet = Micros{0};
    }

    ManualClock clock;  // noon
    Micros quiet{0};
    Night night;
    std::map<std::string, UtcTime> good;
    std::vector<std::string> done;
    bool fails = false;
    bool hangs = false;
    std::function<void(bool)> waiting;
};

using Done = std::vector<std::string>;

}  // namespace

TEST_CASE("daily work is done once at its hour, though people work", "[night]") {
    Nights nights;
    nights.add("backup");
    nights.good["backup"] = nights.clock.wall() - 9h;  // at three this morning
    nights.run(72h, true);
    CHECK(nights.done == Done{"backup@3", "backup@3", "backup@3"});
}

TEST_CASE("what was missed is made up in the first quiet ten minutes", "[night]") {
    Nights nights;
    nights.add("backup");
    nights.good["backup"] = nights.clock.wall() - 33h;
    nights.run(2h, true);
    CHECK(nights.done.empty());
    nights.run(9min, false);
    CHECK(nights.done.empty());
    nights.run(2min, false);
    CHECK(nights.done == Done{"backup@14"});
    nights.run(11h, false);  // until after one at night
    CHECK(nights.done.size() == 1);
}

TEST_CASE("the first one ever does not wait for the night", "[night]") {
    Nights nights;
    nights.add("backup");
    nights.run(11min, false);
    CHECK(nights.done == Done{"backup@12"});
}

TEST_CASE("a computer that is off each night backs up each day", "[night]") {
    Nights nights;
    for (int day = 0; day < 5; ++day) {
        nights.add("backup");
        nights.run(8h, false);
        nights.off(16h);
    }
    CHECK(nights.done.size() == 5);
}

TEST_CASE("what failed is tried again an hour later, when it is quiet", "[night]") {
    Nights nights;
    nights.add("backup");
    nights.good["backup"] = nights.clock.wall() - 33h;
    nights.fails = true;
    nights.run(3h + 30min, false);
    CHECK(nights.done == Done{"backup@12", "backup@13", "backup@14", "backup@15"});
    nights.fails = false;
    nights.run(5h, false);
    CHECK(nights.done.size() == 5);
}

TEST_CASE("tasks follow one another, and never run side by side", "[night]") {
    Nights nights;
    nights.add("backup");
    nights.add("verify");
    nights.hangs = true;
    nights.run(1h, false);
    CHECK(nights.done == Done{"backup@12"});
    CHECK(nights.night.busy());
    nights.hangs = false;
    nights.waiting(true);
    nights.run(2min, false);
    CHECK(nights.done == Done{"backup@12", "verify@13"});
}

TEST_CASE("a wall clock that is set does not bring the work twice, nor stop it", "[night]") {
    Nights nights;
    nights.add("backup");
    nights.run(11min, false);
    REQUIRE(nights.done.size() == 1);
    nights.clock.set_wall(nights.clock.wall() + 24h * 365);
    nights.run(2h, false);
    CHECK(nights.done.size() == 1);
    nights.clock.set_wall(nights.clock.wall() - 24h * 800);
    nights.run(24h, false);
    CHECK(nights.done.size() == 2);
    nights.off(0h);
    nights.add("backup");
    nights.clock.set_wall(UtcTime{day("2001-01-01")});  // the battery is dead: the last one is of the future
    nights.run(11min, false);
    CHECK(nights.done.size() == 3);
}
