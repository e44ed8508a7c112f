// SPDX-License-Identifier: Apache-2.0
// The grammar of the desk: commands, questions, badges, and what a stop leaves behind.
#include "support/catch.hpp"
#include "support/counter.hpp"

#include <set>

using namespace dosario;
using namespace dosario::test;

TEST_CASE("a stop writes nothing, not even the work it would have opened", "[desk]") {
    Counter counter;
    const Seq head = counter.ledger().head_seq();
    for (const char* mode : {"receive", "fraction", "verify", "dispense"}) {
        const Answer answer = counter.scan(Scan{"garbage"}.mode(mode));
        CHECK(answer.what() == "not_understood");
        CHECK(answer.reply.seq().empty());
        CHECK_FALSE(answer.reply.has_work());
    }
    CHECK(counter.scan(Scan{Box{.expires = "2026-01-31"}.code()}.mode("receive")).what() == "expired");
    CHECK(counter.scan(Scan{linear(1)}.mode("receive")).what() == "lot_needed");
    CHECK(counter.ledger().head_seq() == head);
}

TEST_CASE("the answer to a question opens the work in which it was asked", "[desk]") {
    Counter counter;
    CHECK(counter.scan(Scan{linear(1)}.mode("receive")).what() == "lot_needed");
    const Answer answer = counter.scan(Scan{}.lot("L1").expires("2028-06-30"));
    CHECK(answer.what() == "received");
    CHECK(answer.reply.seq_size() == 2);
    CHECK(answer.reply.work() == answer.reply.seq(0));
}

TEST_CASE("a pack without open work asks what to do, and a command answers", "[desk]") {
    Counter counter;
    const Answer asked = counter.scan(Box{}.code());
    CHECK(asked.what() == "work_needed");
    CHECK(asked.reply.ask().choices_size() == 6);
    CHECK(counter.scan(kReceive).what() == "received");
    CHECK(counter.rows("SELECT counted_packs FROM stock WHERE place = 1") == "1");
    CHECK(counter.scan(kReceive).what() == "work_opened");  // the answer was used up
    CHECK(counter.rows("SELECT counted_packs FROM stock WHERE place = 1") == "1");
}

TEST_CASE("a mode answers what to do as the card does", "[desk]") {
    Counter counter;
    CHECK(counter.scan(Box{}.code()).what() == "work_needed");
    CHECK(counter.scan(Scan{}.mode("receive")).what() == "received");
    CHECK(counter.scan(kReceive).sound() == "repeated");
    CHECK(counter.rows("SELECT counted_packs FROM stock WHERE place = 1") == "1");
}

TEST_CASE("work opens, is open already, and closes", "[desk]") {
    Counter counter;
    const Answer opened = counter.scan(kReceive);
    CHECK(opened.what() == "work_opened");
    CHECK(opened.sound() == "recorded");
    CHECK(counter.scan(kReceive).sound() == "repeated");
    CHECK(counter.scan(Scan{}.mode("receive")).sound() == "repeated");
    const Answer other = counter.scan(kVerify);
    CHECK(other.what() == "work_opened");
    CHECK(other.reply.seq_size() == 2);  // the first work closes
    const Answer closed = counter.scan(kDone);
    CHECK(closed.what() == "work_closed");
    CHECK(closed.sound() == "complete");
    CHECK(counter.scan(kDone).sound() == "repeated");
    CHECK(counter.rows("SELECT count(*) FROM work WHERE closed_seq IS NULL") == "0");
}

TEST_CASE("open work survives a restart, an unanswered question does not", "[desk]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(linear(1));
    REQUIRE(counter.reopen().has_value());
    CHECK(counter.scan(kYes).what() == "not_understood");
    CHECK(counter.scan(Scan{}.lot("L1").expires("2028-06-30")).what() == "not_understood");
    CHECK(counter.scan(Box{}.code()).what() == "received");
}

TEST_CASE("what was typed without a code and without a question is refused, and opens nothing", "[desk]") {
    Counter counter;
    const Seq head = counter.ledger().head_seq();
    for (const v1::ScanRequest& late :
         {v1::ScanRequest{Scan{}.mode("receive").lot("A77").expires("2030-06-30")},
          v1::ScanRequest{Scan{}.mode("receive").units_per_pack(30)},
          v1::ScanRequest{Scan{}.mode("fraction").lot("A77").doses(2)}, v1::ScanRequest{Scan{}.mode("fraction").waste(1)},
          v1::ScanRequest{Scan{}.mode("dispense").lot("A77").packs(3)}}) {
        const Answer answer = counter.scan(late);
        CHECK_FALSE(answer.ok());
        CHECK(answer.sound() == "stop");
        CHECK(answer.what() == "not_understood");
        CHECK(answer.reply.message().starts_with("No question waits"));
    }
    CHECK(counter.ledger().head_seq() == head);
    counter.scan(kReceive);  // nor does it count as said when that work is open already
    CHECK(counter.scan(Scan{}.mode("receive").lot("A77")).what() == "not_understood");
}

TEST_CASE("an answer that comes after its question ended is refused", "[desk]") {
    Counter counter;
    counter.scan(Scan{linear(1)}.mode("receive"));
    counter.clock.pass(std::chrono::seconds{301});
    CHECK(counter.scan(Scan{}.mode("receive").lot("L1").expires("2028-06-30")).what() == "not_understood");
    CHECK(counter.rows("SELECT count(*) FROM stock WHERE place = 1") == "0");
}

TEST_CASE("options beside the verb that answers what to do are kept", "[desk]") {
    Counter counter;
    CHECK(counter.scan(linear(1)).what() == "work_needed");
    CHECK(counter.scan(Scan{}.mode("receive").lot("L1").expires("2028-06-30")).what() == "received");
}

TEST_CASE("badges say who works", "[desk]") {
    Counter counter;
    CHECK(counter.scan(kAna).what() == "operator_changed");
    CHECK(counter.scan(kAna).sound() == "repeated");
    counter.scan(Scan{Box{}.code()}.mode("receive"));
    CHECK(counter.stock().operator_badge() == "ANA00001");
    CHECK(counter.ledger().fact(counter.ledger().head_seq())->operator_badge == "ANA00001");
    counter.scan(Scan{Box{}.code()}.by(kEva));  // for one scan
    CHECK(counter.ledger().fact(counter.ledger().head_seq())->operator_badge == "EVA00002");
    CHECK(counter.stock().operator_badge() == "ANA00001");
    CHECK(counter.scan(Scan{Box{}.code()}.by("nobody")).error->failure == Failure::invalid);
}

TEST_CASE("yes and no without a question change nothing", "[desk]") {
    Counter counter;
    CHECK(counter.scan(kYes).what() == "not_understood");
    CHECK(counter.scan(kNo).what() == "not_understood");
}

TEST_CASE("a yes where something is to be typed asks again", "[desk]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(linear(1));
    CHECK(counter.scan(kYes).what() == "lot_needed");
    CHECK(counter.scan(kNo).what() == "cancelled");
}

TEST_CASE("help, test and what is not done yet", "[desk]") {
    Counter counter;
    CHECK(counter.scan("DOSARIO.AYUDA").what() == "help");
    CHECK(counter.scan("DOSARIO.PRUEBA").what() == "scanner_tested");
    CHECK(counter.scan("DOSARIO.CONTAR").what() == "not_supported");
    CHECK(counter.scan("DOSARIO.BAJA").what() == "not_supported");
    CHECK(counter.scan("]C100377912345000000016").what() != "received");
    CHECK(counter.scan("").what() == "work_needed");
}

TEST_CASE("a crate's code is known and not yet handled", "[desk]") {
    Counter counter;
    const std::string digits = "37791234500000001";
    CHECK(counter.scan("]C100" + digits + gs1_check_digit(digits)).what() == "not_supported");
}

TEST_CASE("a code that is not understood is not repeated in the answer", "[desk]") {
    Counter counter;
    const Answer answer = counter.scan("SECRET TEXT OF SOMEBODY");
    CHECK(answer.what() == "not_understood");
    CHECK(answer.reply.DebugString().find("SECRET") == std::string::npos);
    CHECK(counter.scan(kPerson).reply.DebugString().find("12345678") == std::string::npos);
}

TEST_CASE("what cannot be stored or shown is refused before anything is decided", "[desk]") {
    Counter counter;
    const Seq head = counter.ledger().head_seq();
    const auto refused = [&](Scan scan) {
        return counter.scan(std::move(scan)).error.value_or(Error{}).failure == Failure::invalid;
    };
    CHECK(refused(Scan{std::string(100'000, 'A')}));
    CHECK(refused(Scan{linear(1)}.mode("steal")));
    CHECK(refused(Scan{linear(1)}.lot("123456789012345678901")));
    CHECK(refused(Scan{linear(1)}.lot("A\tB")));
    CHECK(refused(Scan{linear(1)}.lot("caf\xe9")));       // not UTF-8: Protobuf would not read it back
    CHECK(refused(Scan{linear(1)}.lot("\xed\xa0\x80")));  // half of a surrogate pair
    CHECK(refused(Scan{linear(1)}.lot("\xc0\xaf")));      // overlong
    CHECK(refused(Scan{linear(1)}.expires("2028-02-31")));
    CHECK(refused(Scan{linear(1)}.packs(10'000)));
    CHECK(counter.ledger().head_seq() == head);
    CHECK(counter.scan(Scan{linear(1)}.mode("receive").lot("caf\xc3\xa9").expires("2028-06-30")).what() == "received");
    CHECK(first_fault(counter.verify()) == "");
}

TEST_CASE("a request that comes again gets the same answer and books nothing", "[desk]") {
    Counter counter;
    const Answer first = counter.scan(Scan{Box{}.code()}.mode("receive").id("one"));
    const Answer again = counter.scan(Scan{Box{}.code()}.mode("receive").id("one"));
    CHECK(first.reply.SerializeAsString() == again.reply.SerializeAsString());
    REQUIRE(counter.reopen().has_value());
    CHECK(counter.scan(Scan{Box{}.code()}.mode("receive").id("one")).seq() == first.seq());
    CHECK(counter.rows("SELECT counted_packs FROM stock WHERE place = 1") == "1");
    CHECK(counter.scan(Scan{Box{}.code()}.mode("receive").id("two")).what() == "received");
    CHECK(counter.rows("SELECT counted_packs FROM stock WHERE place = 1") == "2");
}

TEST_CASE("one group decides in order, each seeing those before", "[desk]") {
    Counter counter;
    const auto answers =
        counter.scan_group({Scan{kReceive}, Scan{Box{.serial = "S1"}.code()}, Scan{"garbage"}, Scan{Box{.serial = "S1"}.code()},
                            Scan{Box{.serial = "S1"}.code()}.mode("dispense")});
    CHECK(answers[1].what() == "received");
    CHECK(answers[2].what() == "not_understood");
    CHECK(answers[3].what() == "already_received");
    CHECK(answers[4].what() == "dispensed");
    CHECK(first_fault(counter.verify()) == "");
}

TEST_CASE("ids ascend, whatever the clock says, and stations with a dead clock do not share them", "[desk]") {
    std::set<std::uint64_t> all;
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        Counter counter{{.seed = seed}};
        counter.clock.set_day(day("1970-01-01"));
        REQUIRE(counter.reopen().has_value());
        std::uint64_t last = 0;
        for (const char* serial : {"A", "B", "C"}) {
            REQUIRE(counter.scan(Scan{Box{.serial = serial}.code()}.mode("receive")).what() == "received");
            const std::uint64_t id = counter.stock().pack_by_serial(gtin(1), serial)->id.number;
            CHECK(id > last);
            CHECK(id > 1'000'000);  // entry numbers and ids of things are subjects side by side
            CHECK(all.insert(id).second);
            last = id;
        }
    }
}

TEST_CASE("a decision alone needs no ledger thread: facts come back unsigned by nobody", "[desk]") {
    Counter counter;
    Desk desk{Rules{0, 0, 0}};
    CountingMint mint;
    const Now now{counter.clock.wall(), counter.today(), ClockState::good};
    DeskScan scan;
    scan.content = Box{.serial = "S1"}.code().substr(3);
    scan.mode = "receive";
    scan.operator_badge = "ANA00001";
    const Review review = desk.see(scan, counter.stock(), now, mint);
    REQUIRE(review.facts.size() == 2);
    CHECK(std::get<WorkOpened>(review.facts[0].fact).kind == WorkKind::reception);
    CHECK(std::get<PacksReceived>(review.facts[1].fact).pack.number == 1000);
    CHECK(review.facts[1].work == counter.stock().next_seq());
    CHECK(review.facts[1].operator_badge == "ANA00001");
}

TEST_CASE("a kept reply outlives a clock that was set by weeks", "[desk]") {
    Counter counter;
    const Answer first = counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("receive").id("first"));
    REQUIRE(first.what() == "received");
    counter.clock.pass(std::chrono::hours{24 * 30});
    for (int n = 0; n < 300; ++n) {
        const std::string id = "r" + std::to_string(n);
        REQUIRE(counter.scan(Scan{Box{}.code()}.mode("receive").id(id.c_str())).what() == "received");
    }
    REQUIRE(counter.reopen().has_value());
    const Seq head = counter.ledger().head_seq();
    CHECK(counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("receive").id("first")).reply.SerializeAsString() ==
          first.reply.SerializeAsString());
    CHECK(counter.ledger().head_seq() == head);
}
