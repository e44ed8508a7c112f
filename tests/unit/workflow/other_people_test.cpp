// SPDX-License-Identifier: Apache-2.0
// What is left open at the desk by one person, and labels that outlive what they named.
#include "support/catch.hpp"
#include "support/counter.hpp"

#include <algorithm>

using namespace dosario;
using namespace dosario::test;

TEST_CASE("a question ends with time", "[desk]") {
    Counter counter;
    CHECK(counter.scan(Box{}.code()).what() == "work_needed");
    counter.clock.pass(std::chrono::seconds{61});
    CHECK(counter.scan(kReceive).what() == "work_opened");
    CHECK(counter.rows("SELECT count(*) FROM stock WHERE place = 1") == "0");

    CHECK(counter.scan(linear(1)).what() == "lot_needed");
    counter.clock.pass(std::chrono::seconds{200});
    CHECK(counter.scan(Scan{}.lot("L1").expires("2028-06-30")).what() == "received");
    CHECK(counter.scan(linear(2)).what() == "lot_needed");
    counter.clock.pass(std::chrono::seconds{301});
    CHECK(counter.scan(Scan{}.lot("L1").expires("2028-06-30")).what() == "not_understood");
}

TEST_CASE("a question is not answered by another person", "[desk]") {
    Counter counter;
    counter.scan(kAna);
    CHECK(counter.scan(Box{}.code()).what() == "work_needed");
    counter.scan(kEva);
    CHECK(counter.scan(kReceive).what() == "work_opened");
    CHECK(counter.scan(Scan{linear(1)}.by(kEva)).what() == "lot_needed");
    CHECK(counter.scan(Scan{}.by(kAna).lot("L1").expires("2028-06-30")).what() == "not_understood");
    CHECK(counter.rows("SELECT count(*) FROM stock WHERE place = 1") == "0");
}

TEST_CASE("a multiplier of somebody else or of long ago multiplies nothing", "[desk]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan("DOSARIO.X10");
    counter.clock.pass(std::chrono::seconds{61});
    counter.scan(Box{}.code());
    CHECK(counter.rows("SELECT counted_packs FROM stock WHERE place = 1") == "1");
    counter.scan("DOSARIO.X10");
    counter.scan(kEva);
    counter.scan(Box{}.code());
    CHECK(counter.rows("SELECT counted_packs FROM stock WHERE place = 1") == "2");
    counter.scan("DOSARIO.X10");
    counter.scan(Scan{Box{}.code()}.by(kAna));
    CHECK(counter.rows("SELECT counted_packs FROM stock WHERE place = 1") == "3");
}

TEST_CASE("a multiplier that was not meant is taken back by a no, and does not outlive an undo", "[desk]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(Box{}.code());
    counter.scan("DOSARIO.X10");
    CHECK(counter.scan(kNo).what() == "cancelled");
    CHECK(counter.scan(kNo).what() == "not_understood");
    counter.scan(Box{}.code());
    CHECK(counter.rows("SELECT counted_packs FROM stock WHERE place = 1") == "2");
    counter.scan("DOSARIO.X10");
    CHECK(counter.scan(kUndo).what() == "undone");
    counter.scan(Box{}.code());
    CHECK(counter.rows("SELECT counted_packs FROM stock WHERE place = 1") == "2");
}

TEST_CASE("a multiplier on a dose stops: a dose is one", "[desk]") {
    Counter counter;
    counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("receive"));
    const auto doses = counter.ready_doses(Scan{Box{.serial = "S1"}.code()});
    CHECK(counter.scan(Scan{doses[0]}.mode("dispense").packs(10)).what() == "serial_needs_one");
    CHECK(counter.scan(Scan{doses[0]}.mode("dispense")).what() == "dispensed");
}

TEST_CASE("nothing is called verified where nothing was cut", "[desk]") {
    Counter counter;
    counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("receive"));
    const Answer answer = counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("verify").by(kEva));
    CHECK(answer.what() == "not_understood");
    CHECK(answer.reply.seq().empty());
}

TEST_CASE("packs received as a count are not sent to be received again by their serial number", "[desk]") {
    Counter counter;
    counter.scan(Scan{Box{}.code()}.mode("receive").packs(5));
    for (const char* mode : {"dispense", "fraction"}) {
        const Answer answer = counter.scan(Scan{Box{.serial = "NEW9"}.code()}.mode(mode).by(kAna));
        CHECK(answer.what() == "not_in_stock");
        CHECK(answer.reply.message().find("EAN") != std::string::npos);
    }
}

TEST_CASE("a serial number that was never received is not called one of a count where others of its lot have one", "[desk]") {
    Counter counter;
    counter.scan(Scan{Box{}.code()}.mode("receive"));
    counter.scan(Box{.serial = "S1"}.code());
    for (const char* mode : {"dispense", "fraction"}) {
        const Answer answer = counter.scan(Scan{Box{.serial = "NEW9"}.code()}.mode(mode).by(kAna));
        CHECK(answer.what() == "not_in_stock");
        CHECK(answer.reply.message().find("This serial number was not received.") == 0);
    }
}

TEST_CASE("what was typed for linear codes does not name the lot of a pack with a serial number", "[desk]") {
    Counter counter;
    counter.scan(Scan{linear(1)}.mode("receive").lot("T1").expires("2028-06-30"));
    CHECK(counter.scan(linear(1)).what() == "received");
    CHECK(counter.scan("]d201" + gtin_text(1) + "21SERX").what() == "lot_needed");
}

TEST_CASE("the number of an undone dose is never given again", "[desk]") {
    Counter counter;
    counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("receive"));
    const auto first = counter.fraction(Scan{Box{.serial = "S1"}.code()});
    CHECK(counter.scan(Scan{}.mode("undo")).what() == "undone");
    counter.clock.set_day(day("2025-01-02"));  // a dead clock: ids go on by counting
    REQUIRE(counter.reopen().has_value());
    const auto second = counter.fraction(Scan{Box{.serial = "S1"}.code()});
    for (const auto& code : second) CHECK(std::find(first.begin(), first.end(), code) == first.end());
    CHECK(counter.scan(Scan{first[0]}.mode("dispense")).what() == "not_in_stock");
}
