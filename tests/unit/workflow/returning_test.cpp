// SPDX-License-Identifier: Apache-2.0
// Goods that come back, lots that are recalled, and the papers of a reception.
#include "support/catch.hpp"
#include "support/counter.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

constexpr const char* kGiveBack = "DOSARIO.DEVOLUCION";
constexpr const char* kRelease = "DOSARIO.LIBERAR";
const Box kSerial{.serial = "S1"};
const Box kCounted{.product = 2, .lot = "C1"};

/// Place, counted and serial packs, ready doses and units of every line.
std::string shelf(Counter& counter) {
    return counter.rows(
        "SELECT lot, place, counted_packs, serial_packs, doses_ready, units FROM stock WHERE units > 0 ORDER BY lot, place");
}

void well(Counter& counter) { CHECK(first_fault(counter.verify()) == ""); }

}  // namespace

TEST_CASE("a dose comes back into quarantine, and leaves again only when it was released", "[returning]") {
    Counter counter;
    counter.scan(Scan{kSerial.code()}.mode("receive"));
    const auto doses = counter.ready_doses(Scan{kSerial.code()}.units_per_dose(10));
    const auto as = [&](const char* mode) { return counter.scan(Scan{doses[0]}.mode(mode)); };
    CHECK(as("return").reply.message().find("not recorded as dispensed") != std::string::npos);
    REQUIRE(as("dispense").what() == "dispensed");
    const std::string out = shelf(counter);
    const Answer back = as("return");
    CHECK(back.what() == "returned");
    CHECK(shelf(counter) == "L1|1|0|0|2|20\nL1|2|0|0|1|10");
    CHECK(as("return").sound() == "repeated");
    CHECK(as("dispense").what() == "quarantined");
    CHECK(as("release").what() == "operator_needed");
    CHECK(counter.scan(Scan{doses[1]}.mode("release").by(kEva)).what() == "not_in_stock");
    SECTION("released, it leaves a second time") {
        CHECK(counter.scan(Scan{doses[0]}.mode("release").by(kEva)).what() == "released");
        CHECK(shelf(counter) == "L1|1|0|0|3|30");
        CHECK(as("dispense").what() == "dispensed");
        CHECK(shelf(counter) == out);
        CHECK(as("dispense").what() == "already_dispensed");
    }
    SECTION("the return is taken back: it is out, by the entry by which it was") {
        CHECK(counter.scan(Scan{}.mode("undo")).what() == "undone");
        CHECK(shelf(counter) == out);
        CHECK(as("return").what() == "returned");
    }
    SECTION("the release is taken back, and after it the return") {
        counter.scan(Scan{doses[0]}.mode("release").by(kEva));
        CHECK(counter.scan(Scan{}.mode("undo")).what() == "undone");
        CHECK(as("dispense").what() == "quarantined");
        CHECK(counter.scan(Scan{}.mode("undo")).what() == "undone");
        CHECK(shelf(counter) == out);
        CHECK(counter.scan(Scan{}.mode("undo")).what() == "undone");  // the dispensing itself
        CHECK(shelf(counter) == "L1|1|0|0|3|30");
    }
    SECTION("the dispensing is not taken back while the return stands") {
        CHECK(counter.scan(Scan{}.mode("undo").undo_seq(back.seq() - 3)).ok() == false);
        CHECK(as("dispense").what() == "quarantined");
    }
    SECTION("what expired in quarantine stays there") {
        counter.clock.pass_to(day("2028-07-01"));
        counter.scan(Scan{Box{.product = 4, .expires = "2029-01-31"}.code()}.mode("receive"));
        CHECK(counter.scan(Scan{doses[0]}.mode("release").by(kEva)).what() == "expired");
    }
    well(counter);
    REQUIRE(counter.reopen().has_value());
    well(counter);
}

TEST_CASE("packs come back: named ones one by one, counted ones as many as left", "[returning]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(kSerial.code());
    counter.scan(Scan{kCounted.code()}.packs(5));
    CHECK(counter.scan(Scan{kCounted.code()}.mode("return")).what() == "not_in_stock");
    counter.scan(kDispense);
    counter.scan(kSerial.code());
    counter.scan(Scan{kCounted.code()}.packs(3));
    CHECK(counter.scan(kGiveBack).what() == "work_opened");
    CHECK(counter.scan(kSerial.code()).what() == "returned");
    CHECK(counter.scan(kSerial.code()).sound() == "repeated");
    CHECK(counter.scan(Scan{kCounted.code()}.packs(4)).what() == "not_in_stock");
    CHECK(counter.scan(Scan{linear(2)}.packs(2)).what() == "returned");  // the only lot that left
    CHECK(counter.scan(Scan{kCounted.code()}.packs(2)).what() == "not_in_stock");
    CHECK(shelf(counter) == "C1|1|2|0|0|60\nC1|2|2|0|0|60\nC1|3|1|0|0|30\nL1|2|0|1|0|30");
    CHECK(counter.scan(Scan{kSerial.code()}.mode("receive")).sound() == "repeated");
    CHECK(counter.scan(Scan{kSerial.code()}.mode("dispense")).what() == "quarantined");
    CHECK(counter.scan(Scan{kSerial.code()}.mode("fraction").by(kAna)).what() == "quarantined");
    counter.scan(kEva);
    CHECK(counter.scan(kRelease).what() == "work_opened");
    CHECK(counter.scan(kSerial.code()).what() == "released");
    CHECK(counter.scan(kSerial.code()).what() == "not_in_stock");
    CHECK(counter.scan(Scan{kCounted.code()}.packs(2)).what() == "released");
    CHECK(shelf(counter) == "C1|1|4|0|0|120\nC1|3|1|0|0|30\nL1|1|0|1|0|30");
    for (int i = 0; i < 4; ++i) CHECK(counter.scan(kUndo).what() == "undone");  // two releases, two returns
    CHECK(shelf(counter) == "C1|1|2|0|0|60\nC1|3|3|0|0|90\nL1|3|0|1|0|30");
    well(counter);
}

TEST_CASE("nothing of a recalled lot moves but back, and nobody takes a recall for a suggestion", "[recall]") {
    Counter counter;
    counter.scan(kAna);
    counter.scan(Scan{kSerial.code()}.mode("receive"));
    counter.scan(Scan{Box{.serial = "S2"}.code()}.mode("receive"));
    counter.scan(Scan{Box{}.code()}.mode("receive").packs(3));
    const auto doses = counter.ready_doses(Scan{kSerial.code()}.units_per_dose(10));
    const auto cut = counter.fraction(Scan{Box{}.code()}.units_per_dose(15));
    counter.scan(Scan{doses[0]}.mode("dispense"));
    const bool whole_product = GENERATE(false, true);
    REQUIRE(counter.append(LotRecalled{gtin(1), whole_product ? "" : "L1", "Disp. 77/2026"}, 0, "EVA00002").has_value());
    const std::string before = shelf(counter);
    for (const auto& [content, mode] : {std::pair{Box{}.code(), "receive"}, std::pair{Box{.serial = "S3"}.code(), "receive"},
                                        std::pair{Box{}.code(), "fraction"}, std::pair{Box{.serial = "S2"}.code(), "fraction"},
                                        std::pair{cut[0], "verify"}, std::pair{doses[1], "dispense"},
                                        std::pair{Box{}.code(), "dispense"}, std::pair{Box{.serial = "S2"}.code(), "dispense"}}) {
        INFO(mode << " " << content);
        const Answer answer = counter.scan(Scan{content}.mode(mode).by(kEva));
        CHECK(answer.what() == "recalled");
        CHECK(answer.reply.message().find("Disp. 77/2026") != std::string::npos);
        CHECK(answer.reply.seq().empty());
    }
    CHECK(counter.scan(Scan{doses[0]}.mode("return")).what() == "returned");
    CHECK(counter.scan(Scan{doses[0]}.mode("release").by(kEva)).what() == "recalled");
    CHECK(counter.scan(Scan{}.mode("undo")).what() == "undone");
    CHECK(shelf(counter) == before);
    // Another lot goes on, unless all of the product is meant.
    const Answer other = counter.scan(Scan{Box{.lot = "L2"}.code()}.mode("receive"));
    CHECK(other.what() == (whole_product ? "recalled" : "received"));
    REQUIRE(counter.append(RecallLifted{gtin(1), whole_product ? "" : "L1", "Disp. 80/2026"}, 0, "EVA00002").has_value());
    CHECK(counter.scan(Scan{doses[1]}.mode("dispense")).ok());
    well(counter);
}

TEST_CASE("a reception knows the paper that its packs came with", "[note]") {
    Counter counter;
    CHECK(counter.scan(Scan{kSerial.code()}.mode("receive").note("R0001-00001234").supplier("30-71234567-1")).what() ==
          "received");
    const char* const kPapers = "SELECT supplier, note, bookings FROM work ORDER BY work";
    CHECK(counter.rows(kPapers) == "30712345671|R0001-00001234|1");
    counter.scan(Scan{kCounted.code()}.mode("receive"));
    CHECK(counter.rows(kPapers) == "30712345671|R0001-00001234|2");
    // The same paper again changes nothing; another one begins another reception.
    counter.scan(Scan{kCounted.code()}.mode("receive").note("0001-00001234"));
    CHECK(counter.rows(kPapers) == "30712345671|R0001-00001234|3");
    CHECK(counter.scan(Scan{}.mode("receive").note("0001-00009999")).what() == "note_named");
    CHECK(counter.rows(kPapers) == "30712345671|R0001-00001234|3\n|R0001-00009999|0");
    CHECK(counter.scan(Scan{}.mode("receive").note("0001-00008888")).what() == "note_named");  // nothing was received with it yet
    CHECK(counter.rows(kPapers) == "30712345671|R0001-00001234|3\n|R0001-00008888|0");
    SECTION("it is kept through a question") {
        CHECK(counter.scan(Scan{linear(3)}.mode("receive").note("0002-00000001")).what() == "lot_needed");
        CHECK(counter.rows("SELECT count(*) FROM work WHERE note = 'R0002-00000001'") == "0");  // a stop writes nothing
        CHECK(counter.scan(Scan{""}.lot("T1").expires("2028-01-31")).what() == "received");
        CHECK(counter.rows("SELECT count(*) FROM work WHERE note = 'R0002-00000001'") == "1");
    }
    SECTION("what is no number of a paper, and what is no company, is refused in words") {
        for (const auto& [note, supplier] :
             {std::pair{"12", ""}, std::pair{"", "30712345671"}, std::pair{"0001-00001234", "20123456786"},
              std::pair{"0001-00001234", "30712345672"}, std::pair{"Juan Perez", ""}}) {
            const Answer answer = counter.scan(Scan{kSerial.code()}.mode("receive").note(note).supplier(supplier));
            REQUIRE(answer.error);
            CHECK(answer.error->failure == Failure::invalid);
        }
    }
    well(counter);
}
