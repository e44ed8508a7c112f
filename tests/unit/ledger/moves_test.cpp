// SPDX-License-Identifier: Apache-2.0
#include "ledger/moves.hpp"

#include "support/catch.hpp"
#include "support/counter.hpp"
#include "support/result.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

/// All of it, by so small pages; `received/dispensed packs+doses=units/wasted`, a line for each lot and direction.
std::string moves_of(Counter& counter, const char* from, const char* to, std::optional<Gtin> only = std::nullopt,
                     std::size_t page = 3) {
    std::map<std::string, LotMove> sums;
    Seq after = 0;
    for (bool more = true; more;) {
        const MovesPage read = must(moves_after(counter.ledger().database(), after, page, {day(from), day(to), only}));
        more = read.more;
        after = read.read_to;
        for (const LotMove& one : read.moves) {
            LotMove& sum = sums[one.lot + (one.undone ? " undone" : "")];
            sum.received_packs += one.received_packs;
            sum.received_units += one.received_units;
            sum.dispensed_packs += one.dispensed_packs;
            sum.dispensed_doses += one.dispensed_doses;
            sum.dispensed_units += one.dispensed_units;
            sum.wasted_units += one.wasted_units;
        }
    }
    CHECK(after == counter.ledger().head_seq());
    std::string text;
    for (const auto& [lot, sum] : sums) {
        text += lot + ": " + std::to_string(sum.received_packs) + "=" + std::to_string(sum.received_units) + "/" +
                std::to_string(sum.dispensed_packs) + "+" + std::to_string(sum.dispensed_doses) + "=" +
                std::to_string(sum.dispensed_units) + "/" + std::to_string(sum.wasted_units) + "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("moves are told by lot and by the day they were decided for", "[moves]") {
    Counter counter;
    REQUIRE(counter.scan(Scan{Box{}.code()}.mode("receive").packs(5)).what() == "received");
    REQUIRE(counter.scan(Scan{Box{.product = 2, .lot = "M2"}.code()}.mode("receive").packs(2)).what() == "received");
    counter.clock.pass_to(day("2026-11-25"));
    const auto doses = counter.ready_doses(Scan{Box{}.code()}.doses(2).units_per_dose(10).waste(3));
    REQUIRE(doses.size() == 2);
    REQUIRE(counter.scan(Scan{doses[0]}.mode("dispense")).what() == "dispensed");
    REQUIRE(counter.scan(Scan{Box{}.code()}.mode("dispense")).what() == "dispensed");
    const std::string lot = Box{}.lot;
    CHECK(moves_of(counter, "2026-11-21", "2026-11-21") == lot + ": 5=150/0+0=0/0\nM2: 2=60/0+0=0/0\n");
    CHECK(moves_of(counter, "2026-11-25", "2026-11-25") == lot + ": 0=0/1+1=40/3\n");
    CHECK(moves_of(counter, "2026-11-21", "2026-11-25", gtin(2)) == "M2: 2=60/0+0=0/0\n");
    CHECK(moves_of(counter, "2026-11-22", "2026-11-24").empty());
    CHECK(moves_of(counter, "2026-01-01", "2027-01-01", std::nullopt, 1000) == moves_of(counter, "2026-01-01", "2027-01-01"));
}

TEST_CASE("what was undone is told on the day of the undo", "[moves]") {
    Counter counter;
    REQUIRE(counter.scan(Scan{Box{}.code()}.mode("receive").packs(5)).what() == "received");
    const auto doses = counter.ready_doses(Scan{Box{}.code()}.doses(3).units_per_dose(10));
    REQUIRE(counter.scan(Scan{doses[0]}.mode("dispense")).what() == "dispensed");
    counter.clock.pass_to(day("2026-11-22"));
    REQUIRE(counter.scan(kUndo).what() == "undone");
    const std::string lot = Box{}.lot;
    CHECK(moves_of(counter, "2026-11-21", "2026-11-21") == lot + ": 5=150/0+1=10/0\n");
    CHECK(moves_of(counter, "2026-11-22", "2026-11-22") == lot + " undone: 0=0/0+1=10/0\n");
}

TEST_CASE("what came back from outside is told apart from what was undone", "[moves]") {
    Counter counter;
    REQUIRE(counter.scan(Scan{Box{}.code()}.mode("receive").packs(5)).what() == "received");
    const auto doses = counter.ready_doses(Scan{Box{}.code()}.doses(3).units_per_dose(10));
    const Answer left = counter.scan(Scan{doses[0]}.mode("dispense"));
    REQUIRE(left.what() == "dispensed");
    REQUIRE(counter.scan(Scan{Box{}.code()}.mode("dispense")).what() == "dispensed");
    counter.clock.pass_to(day("2026-11-22"));
    must(counter.append(DoseReturned{*parse_thing(doses[0]), left.seq()}));
    must(counter.append(PacksReturned{gtin(1), "", Box{}.lot, day("2028-06-30"), 1, kTablets, {}, 0}));
    MovesPage page =
        must(moves_after(counter.ledger().database(), 0, 1000, {day("2026-11-22"), day("2026-11-22"), std::nullopt}));
    REQUIRE(page.moves.size() == 2);
    CHECK(page.moves[0].returned_doses == 1);
    CHECK(page.moves[0].returned_units == 10);
    CHECK(page.moves[1].returned_packs == 1);
    CHECK(page.moves[1].returned_units == kTablets);
    CHECK_FALSE(page.moves[1].undone);
}
