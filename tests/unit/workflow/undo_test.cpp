// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/counter.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

const char* const kStock =
    "SELECT counted_packs, serial_packs, opened_packs, opened_units, doses_made, doses_ready, dose_units FROM stock WHERE place = 1";

Answer undo(Counter& counter, Seq seq = 0) { return counter.scan(Scan{}.mode("undo").undo_seq(seq)); }

}  // namespace

TEST_CASE("with nothing to undo the desk says so", "[undo]") {
    Counter counter;
    CHECK(undo(counter).what() == "undo_refused");
    CHECK(undo(counter, 1).what() == "undo_refused");
    CHECK(undo(counter, 999).what() == "undo_refused");
}

TEST_CASE("each fact is taken back and leaves the stock as it was", "[undo]") {
    Counter counter;
    const Answer received = counter.scan(Scan{kSerialBox}.mode("receive"));
    const std::string closed = counter.rows(kStock);
    counter.scan(kAna);
    const Answer cut = counter.scan(Scan{kSerialBox}.mode("fraction").doses(2).units_per_dose(10).waste(1));
    const std::string made = counter.rows(kStock);
    const std::string dose = cut.reply.doses(0).code();
    CHECK(counter.scan(Scan{dose}.mode("verify").by(kEva)).what() == "verified");
    const std::string ready = counter.rows(kStock);
    CHECK(counter.scan(Scan{dose}.mode("dispense")).what() == "dispensed");

    CHECK(counter.scan(kUndo).what() == "undone");
    CHECK(counter.rows(kStock) == ready);
    CHECK(counter.scan(kUndo).what() == "undone");
    CHECK(counter.rows(kStock) == made);
    CHECK(counter.scan(kUndo).what() == "undone");
    CHECK(counter.rows(kStock) == closed);
    CHECK(counter.scan(kUndo).what() == "undone");
    CHECK(counter.rows(kStock) == "");
    CHECK(counter.scan(kUndo).what() == "undo_refused");
    CHECK(first_fault(counter.verify()) == "");
    CHECK(counter.scan(Scan{kSerialBox}.mode("receive")).what() == "received");
    CHECK(undo(counter, received.seq()).what() == "undo_refused");  // it was taken back before
}

TEST_CASE("what left and what was undone is told with its amount", "[undo]") {
    Counter counter;
    counter.scan(kAna);
    counter.scan(Scan{Box{}.code()}.mode("receive").packs(5));
    const auto told = [](const Answer& answer) { return answer.reply.message(); };
    const Answer out = counter.scan(Scan{Box{}.code()}.mode("dispense").packs(2));
    CHECK(told(out).starts_with("Dispensed: 2 x Product 1, lot L1"));
    CHECK(told(counter.scan(kUndo)) ==
          "Undone: the dispensing of 2 x Product 1, lot L1 (entry " + std::to_string(out.seq()) + ").");
    const Answer cut = counter.scan(Scan{Box{}.code()}.mode("fraction").doses(2).units_per_dose(10));
    counter.scan(Scan{cut.reply.pack()}.mode("verify").by(kEva));
    CHECK(told(counter.scan(Scan{cut.reply.doses(0).code()}.mode("dispense")))
              .starts_with("Dispensed: dose of 10 tablets, Product 1"));
    CHECK(told(counter.scan(kUndo)).starts_with("Undone: the dispensing of a dose of 10 tablets, Product 1, lot L1 (entry"));
    CHECK(told(counter.scan(kUndo)).starts_with("Undone: the verification of 2 doses of Product 1, lot L1"));
    CHECK(told(counter.scan(kUndo)).starts_with("Undone: the fractioning into 2 doses of Product 1, lot L1"));
    CHECK(told(counter.scan(kUndo)).starts_with("Undone: the reception of 5 x Product 1, lot L1"));
}

TEST_CASE("counted packs and whole packs come back", "[undo]") {
    Counter counter;
    counter.scan(Scan{Box{}.code()}.mode("receive").packs(5));
    counter.scan(Scan{kSerialBox}.mode("receive"));
    const std::string before = counter.rows(kStock);
    counter.scan(Scan{Box{}.code()}.mode("dispense").packs(3));
    counter.scan(Scan{kSerialBox}.mode("dispense"));
    counter.scan(kUndo);
    counter.scan(kUndo);
    CHECK(counter.rows(kStock) == before);
    CHECK(counter.scan(Scan{kSerialBox}.mode("dispense")).what() == "dispensed");
    CHECK(first_fault(counter.verify()) == "");
}

TEST_CASE("what something later depends on is not taken back", "[undo]") {
    Counter counter;
    const Seq received = counter.scan(Scan{Box{}.code()}.mode("receive").packs(2)).seq();
    const Answer cut = counter.scan(Scan{Box{}.code()}.mode("fraction").by(kAna).doses(2).units_per_dose(10));
    const Answer again = counter.scan(Scan{cut.reply.pack()}.mode("fraction").by(kAna).doses(1).units_per_dose(10));
    CHECK(undo(counter, received).what() == "undo_refused");
    CHECK(undo(counter, cut.seq()).what() == "undo_refused");  // the pack was cut again
    CHECK(undo(counter, again.seq()).what() == "undone");
    const Seq verified = counter.scan(Scan{cut.reply.pack()}.mode("verify").by(kEva)).seq();
    CHECK(undo(counter, cut.seq()).what() == "undo_refused");  // its doses are verified
    const Seq out = counter.scan(Scan{cut.reply.doses(0).code()}.mode("dispense")).seq();
    CHECK(undo(counter, verified).what() == "undo_refused");  // one of them left
    CHECK(undo(counter, out).what() == "undone");
    CHECK(undo(counter, verified).what() == "undone");
    CHECK(undo(counter, cut.seq()).what() == "undone");
    CHECK(undo(counter, received).what() == "undone");
    CHECK(first_fault(counter.verify()) == "");
}

TEST_CASE("an undo is not undone, and openings, badges and products are not", "[undo]") {
    Counter counter;
    const Seq product = 1;
    const Seq badge = counter.scan(kAna).seq();
    const Seq opened = counter.scan(kReceive).seq();
    const Seq received = counter.scan(Box{}.code()).seq();
    const Seq reversed = undo(counter, received).seq();
    for (const Seq seq : {product, badge, opened, received, reversed}) CHECK(undo(counter, seq).what() == "undo_refused");
    CHECK(undo(counter, opened).reply.message().find("is not undone: only") != std::string::npos);
    CHECK(undo(counter, received).reply.message() == "Entry " + std::to_string(received) + " was undone before.");
    CHECK(undo(counter, 999).reply.message() == "There is no entry 999: nothing is to be undone.");
}

TEST_CASE("undoing the lot's only reception forgets its mistaken expiry", "[undo]") {
    Counter counter;
    counter.scan(kReceive);
    counter.scan(Scan{linear(1)}.lot("L1").expires("2029-06-30"));
    counter.scan(kUndo);
    CHECK(counter.scan(linear(1)).what() == "lot_needed");
    CHECK(counter.scan(Scan{}.lot("L1").expires("2028-06-30")).what() == "received");
}

TEST_CASE("undoing one of two receptions keeps the lot", "[undo]") {
    Counter counter;
    counter.scan(kReceive);
    const Seq first = counter.scan(Scan{Box{}.code()}.packs(3)).seq();
    const Seq second = counter.scan(Scan{Box{}.code()}.packs(4)).seq();
    CHECK(undo(counter, first).what() == "undone");
    CHECK(counter.rows("SELECT counted_packs FROM stock WHERE place = 1") == "4");
    CHECK(counter.scan(Scan{Box{}.code()}.mode("dispense")).what() == "dispensed");
    CHECK(undo(counter, second).what() == "undo_refused");
}

TEST_CASE("the recipe of a fractioning that was taken back is not proposed", "[undo]") {
    Counter counter;
    counter.scan(Scan{Box{}.code()}.mode("receive").packs(3));
    counter.fraction(Scan{Box{}.code()}.units_per_dose(15));
    counter.fraction(Scan{Box{}.code()}.units_per_dose(2));
    counter.scan(kUndo);
    CHECK(counter.fraction(Scan{Box{}.code()}).size() == 2);
    CHECK(first_fault(counter.verify()) == "");
}

TEST_CASE("what later facts depend on stays, though the thing is again as it was", "[undo]") {
    Counter counter;
    const auto doses = counter.ready_doses([&] {
        counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("receive"));
        return Scan{Box{.serial = "S1"}.code()}.units_per_dose(10);
    }());
    const Seq verified = counter.ledger().head_seq() - (doses.size() > 1 ? doses.size() - 1 : 0);
    const auto move = [&](const char* mode) { return counter.scan(Scan{doses[0]}.mode(mode).by(kEva)).seq(); };
    const auto undo = [&](Seq seq) { return counter.scan(Scan{}.mode("undo").undo_seq(seq).by(kEva)).what(); };
    const Seq out = move("dispense");
    const Seq back = move("return");
    const Seq free = move("release");
    const Seq out_again = move("dispense");
    const Seq back_again = move("return");
    REQUIRE(back_again != 0);
    // It is in quarantine as after the first return, and was out as after the first dispensing.
    for (const Seq earlier : {verified, out, back, free, out_again}) CHECK(undo(earlier) == "undo_refused");
    for (const Seq step : {back_again, out_again, free, back, out}) CHECK(undo(step) == "undone");
    CHECK(move("dispense") != 0);
    // The ledger refuses it too, whoever asks.
    const Seq last = counter.ledger().head_seq();
    REQUIRE(move("return") != 0);
    REQUIRE(move("release") != 0);
    REQUIRE(move("dispense") != 0);
    CHECK(counter.append(Reversed{last}, 0, kEva).error().failure == Failure::refused);
    CHECK(first_fault(counter.verify()) == "");
}
