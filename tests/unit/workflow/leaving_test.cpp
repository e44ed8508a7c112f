// SPDX-License-Identifier: Apache-2.0
// Verification and dispensing: how doses and packs leave, and why they do not.
#include "support/catch.hpp"
#include "support/counter.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

Answer verify(Counter& counter, const std::string& code, const char* badge) {
    return counter.scan(Scan{code}.mode("verify").by(badge));
}
Answer dispense(Counter& counter, const std::string& code) { return counter.scan(Scan{code}.mode("dispense")); }
void receive(Counter& counter, const Box& box, unsigned packs = 1) {
    DOSARIO_CHECK(counter.scan(Scan{box.code()}.mode("receive").packs(packs)).what() == "received");
}

}  // namespace

TEST_CASE("who fractioned does not verify", "[verification]") {
    Counter counter;
    receive(counter, {.serial = "S1"});
    const auto doses = counter.fraction(Scan{kSerialBox}.doses(2).units_per_dose(10));
    const Answer refused = verify(counter, doses[0], kAna);
    CHECK(refused.what() == "not_verified");
    CHECK(refused.seq() == 0);
    CHECK(counter.scan(Scan{doses[0]}.mode("verify")).what() == "operator_needed");
    CHECK(verify(counter, doses[0], kEva).what() == "verified");
    CHECK(verify(counter, doses[0], kEva).sound() == "repeated");
    CHECK(counter.rows("SELECT doses_made, doses_ready FROM stock WHERE place = 1") == "1|1");
}

TEST_CASE("the GS1 label of a dose is the dose, and says product, lot and last day to others", "[verification]") {
    Counter counter;
    receive(counter, {.serial = "S1"});
    const Answer cut = counter.scan(Scan{kSerialBox}.doses(3).units_per_dose(10).mode("fraction").by(kAna));
    REQUIRE(cut.reply.doses_size() == 3);
    const std::string label = cut.reply.doses(1).label();
    const std::string day = cut.reply.doses(1).beyond_use_on();
    CHECK(label == "]d28006" + gtin_text(1) +
                       "0203\x1d"
                       "17" +
                       day.substr(2, 2) + day.substr(5, 2) + day.substr(8, 2) +
                       "10L1\x1d"
                       "91" +
                       cut.reply.doses(1).code());
    CHECK(verify(counter, label, kEva).what() == "verified");
    CHECK(verify(counter, cut.reply.doses(1).code(), kEva).sound() == "repeated");
    CHECK(dispense(counter, label).what() == "dispensed");
}

TEST_CASE("a witness verifies for who fractioned", "[verification]") {
    Counter counter;
    receive(counter, {.serial = "S1"});
    const auto doses = counter.fraction(Scan{kSerialBox}.doses(2).units_per_dose(10));
    CHECK(counter.scan(Scan{doses[0]}.mode("verify").by(kAna).witness(kEva)).what() == "verified");
    CHECK(counter.scan(Scan{doses[1]}.mode("verify").by(kEva).witness(kAna)).what() == "not_verified");
    CHECK(counter.rows("SELECT made_by, verified_by FROM dose WHERE state = 2") == "ANA00001|EVA00002");
}

TEST_CASE("the opened pack verifies all its doses at once", "[verification]") {
    Counter counter;
    receive(counter, {});
    const Answer cut = counter.scan(Scan{Box{}.code()}.mode("fraction").by(kAna).doses(5).units_per_dose(5));
    CHECK(verify(counter, cut.reply.pack(), kAna).what() == "not_verified");
    const Answer all = verify(counter, cut.reply.pack(), kEva);
    CHECK(all.what() == "verified");
    CHECK(all.reply.seq_size() > 0);
    CHECK(counter.rows("SELECT doses_made, doses_ready FROM stock WHERE place = 1") == "0|5");
    CHECK(verify(counter, cut.reply.pack(), kEva).sound() == "repeated");
}

TEST_CASE("a box with serial stands for its opened pack when verifying", "[verification]") {
    Counter counter;
    receive(counter, {.serial = "S1"});
    counter.fraction(Scan{kSerialBox}.doses(3).units_per_dose(10));
    CHECK(verify(counter, kSerialBox, kEva).what() == "verified");
    CHECK(counter.rows("SELECT doses_ready FROM stock WHERE place = 1") == "3");
}

TEST_CASE("only labels are verified", "[verification]") {
    Counter counter;
    receive(counter, {});
    CHECK(verify(counter, Box{}.code(), kEva).what() == "not_understood");
    CHECK(verify(counter, dose_code({77}), kEva).what() == "not_in_stock");
    CHECK(verify(counter, pack_code({77}), kEva).what() == "not_in_stock");
    CHECK(verify(counter, kSerialBox, kEva).what() == "not_in_stock");
}

TEST_CASE("a dose leaves once, after it was verified", "[dispensing]") {
    Counter counter;
    receive(counter, {.serial = "S1"});
    const auto doses = counter.fraction(Scan{kSerialBox}.doses(2).units_per_dose(10));
    CHECK(dispense(counter, doses[0]).what() == "not_verified");
    verify(counter, doses[0], kEva);
    const Answer out = dispense(counter, doses[0]);
    CHECK(out.what() == "dispensed");
    CHECK(out.sound() == "recorded");
    const Answer twice = dispense(counter, doses[0]);
    CHECK(twice.what() == "already_dispensed");
    CHECK(twice.sound() == "stop");
    CHECK(dispense(counter, dose_code({77})).what() == "not_in_stock");
    CHECK(verify(counter, doses[0], kEva).sound() == "repeated");
    CHECK(counter.rows("SELECT doses_made, doses_ready, units FROM stock WHERE place = 1") == "1|0|20");
}

TEST_CASE("an expired dose stays, and a clock set back does not make it good", "[dispensing]") {
    Counter counter{{.rules = {0, 30, 0}}};
    receive(counter, {.serial = "S1"});
    const auto doses = counter.ready_doses(Scan{kSerialBox}.doses(3).units_per_dose(10));
    counter.clock.pass_to(day("2026-12-21"));
    CHECK(dispense(counter, doses[0]).what() == "dispensed");  // its last day
    counter.clock.pass_to(day("2026-12-22"));
    CHECK(dispense(counter, doses[1]).what() == "expired");
    counter.scan(kAna);  // something is written on that day
    counter.clock.set_day(day("2026-11-21"));
    CHECK(dispense(counter, doses[1]).what() == "expired");
    REQUIRE(counter.reopen().has_value());
    CHECK(dispense(counter, doses[1]).what() == "expired");
    CHECK(counter.service().status({})->clock() == "suspect");
    CHECK(counter.service().status({})->today() == "2026-12-22");
}

TEST_CASE("a clock before the release is not believed", "[dispensing]") {
    Counter counter{{.products = false}};
    counter.clock.set_day(day("1970-01-01"));
    CHECK(counter.service().status({})->today() == kReleasedOn);
    CHECK(counter.service().status({})->clock() == "suspect");
}

TEST_CASE("a clock that jumps ahead refuses no good stock, lets nothing expired go, and leaves no mark when it is set right",
          "[dispensing]") {
    Counter counter{{.rules = {0, 180, 0}}};
    counter.scan(kAna);
    receive(counter, {.lot = "SOON", .expires = "2026-11-22", .serial = "S1"});
    receive(counter, {.expires = "2028-06-30", .serial = "S2"});
    counter.clock.set_day(day("2091-01-01"));
    const Answer left = dispense(counter, Box{.serial = "S2"}.code());
    CHECK(left.what() == "earlier_expires");
    CHECK(left.reply.lines(left.reply.lines_size() - 1).find("taken to be 2026-11-21") != std::string::npos);
    CHECK(counter.service().status({})->clock() == "suspect");
    // The century of two digits, the beyond-use day and the ids are of the true day too.
    receive(counter, {.lot = "NEW", .expires = "2028-06-30", .serial = "S3"});
    CHECK(counter.rows("SELECT date(expires_on * 86400, 'unixepoch') FROM lot WHERE lot = 'NEW'") == "2028-06-30");
    const auto doses = counter.fraction(Scan{Box{.lot = "NEW", .serial = "S3"}.code()}.doses(1).units_per_dose(10));
    CHECK(counter.rows("SELECT date(beyond_use_on * 86400, 'unixepoch') FROM dose") == "2027-05-20");
    counter.clock.pass(std::chrono::hours{48});
    CHECK(dispense(counter, Box{.lot = "SOON", .expires = "2026-11-22", .serial = "S1"}.code()).what() == "expired");
    CHECK(counter.rows("SELECT min(clock) || max(clock) FROM event WHERE wall_us > 3000000000000000") == "11");

    counter.clock.set_day(day("2026-11-23"));
    CHECK(counter.service().status({})->clock() == "good");
    CHECK(counter.scan(Scan{Box{.lot = "LAST", .serial = "S4"}.code()}.mode("receive")).reply.lines_size() == 2);
    CHECK(counter.ledger().last_good_wall() == counter.clock.wall());
    CHECK(first_fault(counter.verify()) == "");
}

TEST_CASE("a daemon that starts with a clock far ahead books nothing until the clock is set", "[dispensing]") {
    Counter counter;
    receive(counter, {.serial = "S1"});
    const UtcTime right = counter.clock.wall();
    const Seq head = counter.ledger().head_seq();
    counter.clock.set_day(day("2031-11-21"));
    REQUIRE(counter.reopen().has_value());
    for (const auto& scan : {Scan{kAna}, Scan{kSerialBox}.mode("dispense"), Scan{}.mode("undo"), Scan{"DOSARIO.AYUDA"}})
        CHECK(counter.scan(scan).what() == "day_unknown");
    CHECK(counter.service().status({})->clock() == "unknown");
    CHECK(counter.service().status({})->warnings_size() >= 1);
    CHECK(counter.ledger().head_seq() == head);
    counter.clock.set_wall(right);
    CHECK(dispense(counter, kSerialBox).what() == "dispensed");
}

TEST_CASE("a day that was decided for stays the earliest, also over a restart with a dead clock", "[dispensing]") {
    Counter counter;
    receive(counter, {.lot = "SOON", .expires = "2026-11-25", .serial = "S1"});
    counter.clock.set_day(day("1970-01-01"));
    counter.clock.pass(std::chrono::hours{5 * 24});
    receive(counter, {.serial = "S2"});
    CHECK(counter.service().status({})->today() == "2026-11-26");
    REQUIRE(counter.reopen().has_value());
    CHECK(counter.service().status({})->today() == "2026-11-26");
    CHECK(dispense(counter, Box{.lot = "SOON", .expires = "2026-11-25", .serial = "S1"}.code()).what() == "expired");
}

TEST_CASE("a dose that expires first elsewhere is told of", "[dispensing]") {
    Counter counter;
    receive(counter, {.lot = "LATE", .expires = "2029-01-31", .serial = "S1"});
    receive(counter, {.lot = "EARLY", .expires = "2028-01-31", .serial = "S2"});
    const auto late =
        counter.ready_doses(Scan{Box{.lot = "LATE", .expires = "2029-01-31", .serial = "S1"}.code()}.doses(2).units_per_dose(10));
    const auto early = counter.ready_doses(Scan{Box{.lot = "EARLY", .expires = "2028-01-31", .serial = "S2"}.code()}.doses(1));
    const Answer notice = dispense(counter, late[0]);
    CHECK(notice.what() == "earlier_expires");
    CHECK(notice.sound() == "notice");
    CHECK(notice.seq() != 0);
    CHECK(dispense(counter, early[0]).what() == "dispensed");
    CHECK(dispense(counter, late[1]).what() == "dispensed");
}

TEST_CASE("whole packs leave, with serial once", "[dispensing]") {
    Counter counter;
    receive(counter, {.serial = "S1"});
    receive(counter, {.serial = "S2"});
    CHECK(counter.scan(Scan{kSerialBox}.mode("dispense").packs(2)).what() == "serial_needs_one");
    CHECK(dispense(counter, kSerialBox).what() == "dispensed");
    CHECK(dispense(counter, kSerialBox).what() == "already_dispensed");
    CHECK(dispense(counter, Box{.lot = "L2", .serial = "S2"}.code()).what() == "wrong_lot");
    CHECK(counter.scan(Scan{Box{.serial = "S2"}.code()}.mode("dispense").lot("L2")).what() == "wrong_lot");
    CHECK(dispense(counter, Box{.serial = "S3"}.code()).what() == "not_in_stock");
    CHECK(dispense(counter, Box{}.code()).what() == "not_in_stock");  // its lot has serial packs only
    counter.clock.pass_to(day("2028-07-01"));
    CHECK(dispense(counter, Box{.serial = "S2"}.code()).what() == "expired");
}

TEST_CASE("counted packs leave as many as there are", "[dispensing]") {
    Counter counter;
    receive(counter, {}, 5);
    CHECK(counter.scan(Scan{Box{}.code()}.mode("dispense").packs(6)).what() == "not_in_stock");
    CHECK(counter.scan(Scan{Box{}.code()}.mode("dispense").packs(4)).what() == "dispensed");
    CHECK(dispense(counter, Box{.expires = "2028-06-29"}.code()).what() == "wrong_lot");
    CHECK(dispense(counter, linear(1)).what() == "dispensed");  // there is one lot only
    CHECK(dispense(counter, linear(1)).what() == "not_in_stock");
    CHECK(counter.rows("SELECT counted_packs, units FROM stock WHERE place = 1") == "0|0");
}

TEST_CASE("which lot leaves is asked when there are several", "[dispensing]") {
    Counter counter;
    receive(counter, {.lot = "LATE", .expires = "2029-01-31"});
    receive(counter, {.lot = "EARLY", .expires = "2028-01-31"});
    const Answer asked = dispense(counter, linear(1));
    CHECK(asked.what() == "lot_needed");
    CHECK(asked.reply.ask().question() == "Of which lot? Type it (--lot) or scan the DataMatrix.");
    REQUIRE(asked.reply.ask().choices_size() == 2);
    CHECK(asked.reply.ask().choices(0) == "EARLY");
    CHECK(asked.reply.ask().choices(1) == "LATE");
    CHECK(counter.scan(Scan{}.lot("LATE")).what() == "earlier_expires");
    CHECK(counter.rows("SELECT lot, counted_packs FROM stock WHERE place = 1 ORDER BY lot") == "EARLY|1\nLATE|0");
}

TEST_CASE("an expired lot on the shelf does not count as one that expires earlier", "[dispensing]") {
    Counter counter;
    for (int i = 0; i < 20; ++i) {
        const std::string lot = "OLD" + std::to_string(i);
        receive(counter, {.lot = lot, .expires = "2026-11-22"});
    }
    receive(counter, {.lot = "EARLY", .expires = "2028-01-31"});
    receive(counter, {.lot = "LATE", .expires = "2029-01-31"}, 2);
    counter.clock.pass_to(day("2026-11-23"));
    CHECK(dispense(counter, Box{.lot = "LATE", .expires = "2029-01-31"}.code()).what() == "earlier_expires");
    CHECK(dispense(counter, Box{.lot = "EARLY", .expires = "2028-01-31"}.code()).what() == "dispensed");
    CHECK(dispense(counter, Box{.lot = "LATE", .expires = "2029-01-31"}.code()).what() == "dispensed");
    CHECK(dispense(counter, Box{.lot = "OLD1", .expires = "2026-11-22"}.code()).what() == "expired");
}

TEST_CASE("an opened pack does not leave whole", "[dispensing]") {
    Counter counter;
    receive(counter, {.serial = "S1"});
    const Answer cut = counter.scan(Scan{kSerialBox}.mode("fraction").by(kAna).doses(1).units_per_dose(10));
    CHECK(dispense(counter, cut.reply.pack()).what() == "not_supported");
    CHECK(dispense(counter, kSerialBox).what() == "not_supported");
    CHECK(dispense(counter, pack_code({77})).what() == "not_in_stock");
}

TEST_CASE("every visit has a reference of its own, and no person is in the ledger", "[dispensing]") {
    Counter counter;
    receive(counter, {}, 3);
    CHECK(counter.scan(kPerson).what() == "not_understood");  // a document outside of dispensing
    const Seq before = counter.ledger().head_seq();
    counter.scan(kDispense);
    CHECK(counter.scan(kPerson).sound() == "repeated");  // nothing left yet: it is this visit
    CHECK(dispense(counter, Box{}.code()).what() == "dispensed");
    CHECK(counter.scan(kOtherPerson).what() == "work_opened");
    CHECK(dispense(counter, Box{}.code()).what() == "dispensed");
    CHECK(counter.scan(kPerson).what() == "work_opened");
    CHECK(dispense(counter, Box{}.code()).what() == "dispensed");
    CHECK(counter.rows("SELECT count(DISTINCT recipient) FROM work WHERE kind = 4") == "3");
    const auto entries = counter.ledger().entries_after(before, 100);
    REQUIRE(entries.has_value());
    for (const Entry& entry : *entries) {
        const std::string body{as_text(entry.body)};
        CHECK(body.find("12345678") == std::string::npos);
        CHECK(body.find("PEREZ") == std::string::npos);
        CHECK(body.find("GOMEZ") == std::string::npos);
    }
}

TEST_CASE("a document that comes with the verb of a delivery opens it, whatever is open, and the next scan leaves",
          "[dispensing]") {
    Counter counter;
    receive(counter, {}, 3);
    const bool closed_before = GENERATE(false, true);
    counter.scan(closed_before ? kDone : kReceive);
    const Answer announced = counter.scan(Scan{kPerson}.mode("dispense"));
    CHECK(announced.what() == "work_opened");
    CHECK(announced.sound() == "recorded");
    CHECK(announced.reply.seq_size() == (closed_before ? 1 : 2));
    CHECK(counter.service().status({})->work_kind() == "dispense");
    CHECK(counter.scan(Scan{kPerson}.mode("dispense")).sound() == "repeated");  // the same visit
    CHECK(counter.scan(Box{}.code()).what() == "dispensed");
    CHECK(counter.rows("SELECT count(*) FROM work WHERE kind = 4") == "1");
    CHECK(counter.scan(Scan{kOtherPerson}.mode("receive")).what() == "not_understood");  // and stays open
    CHECK(counter.service().status({})->work_kind() == "dispense");
}

TEST_CASE("a question of one visit is not answered in the next", "[dispensing]") {
    Counter counter;
    receive(counter, {}, 3);
    receive(counter, {.lot = "L2"}, 3);
    counter.scan(kDispense);
    counter.scan(Box{}.code());
    CHECK(counter.scan(linear(1)).what() == "lot_needed");
    CHECK(counter.scan(kOtherPerson).what() == "work_opened");
    CHECK(counter.scan(Scan{}.lot("L2")).what() == "not_understood");
    CHECK(counter.rows("SELECT counted_packs FROM stock WHERE place = 1 AND lot = 'L2'") == "3");
}
