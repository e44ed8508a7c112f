// SPDX-License-Identifier: Apache-2.0
// The day at the site: through summer time both ways, half hours, and midnights that do not exist or come twice; expiries that name a
// month only; and clocks that jump. The C library's calendar says what is right.
#include "support/catch.hpp"
#include "support/counter.hpp"
#include "system/system_clock.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>

using namespace dosario;
using namespace dosario::test;

namespace {

using namespace std::chrono_literals;

/// The zone of the C library while it lives.
class LocalTime {
public:
    explicit LocalTime(const char* zone) {
        setenv("TZ", zone, 1);
        tzset();
    }
    ~LocalTime() {
        unsetenv("TZ");
        tzset();
    }
    LocalTime(const LocalTime&) = delete;
    LocalTime& operator=(const LocalTime&) = delete;
    Date day(UtcTime at) const {
        const tm local = read(at);
        return Date{std::chrono::year{local.tm_year + 1900} / (local.tm_mon + 1) / local.tm_mday};
    }
    int hour(UtcTime at) const { return read(at).tm_hour; }

private:
    static tm read(UtcTime at) {
        const auto seconds = static_cast<std::time_t>(std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count());
        tm local{};
        localtime_r(&seconds, &local);
        return local;
    }
};

UtcTime utc(const char* on, std::chrono::seconds since_midnight) { return UtcTime{day(on)} + since_midnight; }

CounterOptions at_site(const char* zone) {
    CounterOptions options;
    options.site_day = *site_calendar(zone);
    return options;
}

}  // namespace

TEST_CASE("the site's day is the calendar's, every half hour of ten years, and never goes back", "[clock]") {
    const char* const zone =
        GENERATE("America/Argentina/Buenos_Aires", "America/Sao_Paulo", "America/Santiago", "America/Asuncion", "America/Havana",
                 "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Beirut", "Europe/Madrid", "Pacific/Apia", "Pacific/Chatham");
    INFO(zone);
    const LocalTime local{zone};
    const auto calendar = site_calendar(zone);
    const auto hour = site_hour(zone);
    REQUIRE((calendar && hour));
    int wrong = 0;
    Date before = Date::min();
    for (UtcTime at = utc("2010-12-31", 0s); at < utc("2020-12-31", 0s); at += 30min) {
        const Date today = (*calendar)(at);
        wrong += today != local.day(at) || today < before || (*hour)(at) != local.hour(at);
        before = today;
    }
    CHECK(wrong == 0);
}

TEST_CASE("a day begins where the site's calendar says, also where its midnight does not exist", "[clock]") {
    struct Beginning {
        const char* zone;
        const char* on;  ///< the day that begins
        UtcTime at;
    };
    const Beginning all[] = {
        {"America/Sao_Paulo", "2018-11-04", utc("2018-11-04", 3h)},             // 00:00 is 01:00
        {"America/Sao_Paulo", "2018-02-18", utc("2018-02-18", 3h)},             // 23:00 to 24:00 came twice
        {"America/Asuncion", "2023-10-01", utc("2023-10-01", 4h)},              // 00:00 is 01:00
        {"America/Santiago", "2027-09-05", utc("2027-09-05", 4h)},              // 00:00 is 01:00
        {"America/Santiago", "2027-04-04", utc("2027-04-04", 4h)},              // 23:00 to 24:00 came twice
        {"Australia/Lord_Howe", "2027-04-04", utc("2027-04-03", 13h)},          // later that night half an hour comes twice
        {"Australia/Lord_Howe", "2027-04-05", utc("2027-04-04", 13h + 30min)},  //
        {"Asia/Kathmandu", "2027-01-01", utc("2026-12-31", 18h + 15min)},       //
        {"Pacific/Apia", "2011-12-31", utc("2011-12-30", 10h)},                 // the day before did not exist
    };
    for (const Beginning& one : all) {
        INFO(one.zone << " " << one.on);
        const auto calendar = site_calendar(one.zone);
        REQUIRE(calendar.has_value());
        CHECK((*calendar)(one.at) == day(one.on));
        CHECK((*calendar)(one.at - 1us) < day(one.on));
    }
}

TEST_CASE("a box leaves until the last moment of its last day at the site, through summer time", "[clock]") {
    struct Night {
        const char* zone;
        const char* last_day;
        UtcTime ends;
    };
    const auto night = GENERATE(Night{"America/Santiago", "2027-04-03", utc("2027-04-04", 4h)},
                                Night{"America/Santiago", "2027-09-04", utc("2027-09-05", 4h)},
                                Night{"Australia/Lord_Howe", "2027-04-04", utc("2027-04-04", 13h + 30min)},
                                Night{"Asia/Kathmandu", "2027-05-31", utc("2027-05-31", 18h + 15min)});
    INFO(night.zone << " " << night.last_day);
    Counter counter{at_site(night.zone)};
    const Box box{.expires = night.last_day};
    REQUIRE(counter.scan(Scan{box.code()}.mode("receive").packs(5)).what() == "received");
    counter.clock.pass(night.ends - counter.clock.wall() - 90min);
    for (int i = 0; i < 2; ++i) {
        CHECK(counter.scan(Scan{box.code()}.mode("dispense")).what() == "dispensed");
        counter.clock.pass(90min - 1s);  // and the last second
        if (i == 0) CHECK(counter.service().status({})->today() == night.last_day);
        if (i == 1) counter.clock.pass(2s);
    }
    CHECK(counter.scan(Scan{box.code()}.mode("dispense")).what() == "expired");
    CHECK(counter.service().status({})->clock() == "good");
    CHECK(first_fault(counter.verify()) == "");
}

TEST_CASE("an expiry that names only its month lasts until the month's last day", "[clock]") {
    const auto [printed, last_day] = GENERATE(std::pair{"2027-02-00", "2027-02-28"}, std::pair{"2028-02-00", "2028-02-29"},
                                              std::pair{"2027-04-00", "2027-04-30"}, std::pair{"2027-12-00", "2027-12-31"},
                                              std::pair{"2100-02-00", "2000-02-29"});
    if (day(last_day) < day("2026-12-01")) {  // a year of two digits is one of the hundred around today
        Counter counter;
        CHECK(counter.scan(Scan{Box{.expires = printed}.code()}.mode("receive")).what() == "expired");
        return;
    }
    Counter counter{at_site("America/Argentina/Buenos_Aires")};
    const Box box{.expires = printed};
    const Answer received = counter.scan(Scan{box.code()}.mode("receive").packs(4));
    REQUIRE(received.what() == "received");
    CHECK(counter.rows("SELECT expires_on FROM lot") == std::to_string(day(last_day).time_since_epoch().count()));
    counter.clock.pass(UtcTime{day(last_day)} + 26h + 59min - counter.clock.wall());  // 23:59 there
    CHECK(counter.scan(Scan{box.code()}.mode("dispense")).what() == "dispensed");
    counter.clock.pass(2min);
    CHECK(counter.scan(Scan{box.code()}.mode("dispense")).what() == "expired");
}

TEST_CASE("a clock that jumps is told, blocks no work, and makes no expired dose good", "[clock]") {
    Counter counter;
    const Box old{.expires = "2026-12-31"};
    const Box young{.product = 2, .expires = "2030-12-31"};
    counter.scan(Scan{old.code()}.mode("receive").packs(2));
    const auto doses = counter.ready_doses(Scan{old.code()}.units_per_dose(10));
    counter.clock.pass_to(day("2027-01-15"));
    CHECK(counter.scan(Scan{young.code()}.mode("receive").packs(9)).what() == "received");
    const UtcTime right = counter.clock.wall();
    const auto by = GENERATE(-24h * 60, -24h * 3650, 24h * 400, 24h * 9000);
    counter.clock.set_wall(right + by);
    const bool restarted = GENERATE(false, true);
    if (restarted) REQUIRE(counter.reopen().has_value());
    const auto status = counter.service().status({});
    INFO(status->clock() << ", restarted " << restarted);
    REQUIRE(status->warnings_size() == 1);
    CHECK(status->warnings(0).find("the clock ") == 0);
    CHECK(counter.scan(Scan{doses[0]}.mode("dispense")).ok() == false);
    if (restarted && by > 0h) {  // nobody knows the day: it says so, and asks for the date
        CHECK(status->clock() == "unknown");
        CHECK(counter.scan(Scan{young.code()}.mode("dispense")).what() == "day_unknown");
    } else {
        CHECK(status->clock() == "suspect");
        CHECK(status->today() == "2027-01-15");
        CHECK(counter.scan(Scan{doses[0]}.mode("dispense")).what() == "expired");
        const Answer answer = counter.scan(Scan{young.code()}.mode("dispense"));
        CHECK(answer.what() == "dispensed");
        const auto& lines = answer.reply.lines();
        CHECK(std::ranges::any_of(lines, [](const auto& line) { return line.find("2027-01-15") != std::string::npos; }));
        CHECK(counter.rows("SELECT clock FROM event ORDER BY seq DESC LIMIT 1") == "1");
    }
    counter.clock.set_wall(right + 1h);
    CHECK(counter.service().status({})->clock() == "good");
    CHECK(counter.service().status({})->warnings_size() == 0);
    CHECK(counter.scan(Scan{doses[0]}.mode("dispense")).what() == "expired");
    CHECK(first_fault(counter.verify()) == "");
}
