// SPDX-License-Identifier: Apache-2.0
// Stories go by keys and indexes, and say when they are cut off.
#include "ledger/recall_list.hpp"
#include "ledger/story.hpp"
#include "support/catch.hpp"
#include "support/counter.hpp"

#include <sqlite3.h>

using namespace dosario;
using namespace dosario::test;

namespace {

/// Steps of SQLite that walk over whole tables instead of an index, of all statements that a connection ran.
std::int64_t full_scan_steps(Database& db) {
    std::int64_t steps = 0;
    for (sqlite3_stmt* one = sqlite3_next_stmt(db.handle(), nullptr); one != nullptr; one = sqlite3_next_stmt(db.handle(), one))
        steps += sqlite3_stmt_status(one, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
    return steps;
}

/// All work of SQLite's virtual machine since the last call.
std::int64_t steps(Database& db) {
    std::int64_t sum = 0;
    for (sqlite3_stmt* one = sqlite3_next_stmt(db.handle(), nullptr); one != nullptr; one = sqlite3_next_stmt(db.handle(), one))
        sum += sqlite3_stmt_status(one, SQLITE_STMTSTATUS_VM_STEP, 1);
    return sum;
}

Story story(Counter& counter, const std::string& code) {
    const auto told = story_of_thing(counter.ledger(), parse_thing(code).value());
    REQUIRE(told.has_value());
    return *told;
}

}  // namespace

TEST_CASE("the story of a dose takes as long after many others as before them", "[story]") {
    Counter counter;
    counter.scan(kAna);
    counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("receive"));
    counter.scan(Scan{Box{.product = 2}.code()}.packs(3));
    const auto named = counter.ready_doses(Scan{Box{.serial = "S1"}.code()}.doses(2).units_per_dose(10));
    const auto counted = counter.ready_doses(Scan{Box{.product = 2}.code()}.doses(3).units_per_dose(10));
    Database& db = counter.ledger().database();
    const auto cost = [&] {
        (void)steps(db);
        (void)full_scan_steps(db);
        (void)story(counter, named[0]);
        (void)story(counter, counted[0]);
        CHECK(story_of_serial(counter.ledger(), gtin(1), "S1").has_value());
        CHECK(full_scan_steps(db) == 0);
        return steps(db);
    };
    const auto before = cost();
    for (int i = 0; i < 400; ++i) counter.scan(Scan{Box{.serial = "T" + std::to_string(i)}.code()}.mode("receive"));
    for (int i = 0; i < 20; ++i)
        counter.fraction(Scan{Box{.serial = "T" + std::to_string(i)}.code()}.doses(3).units_per_dose(10));
    CHECK(cost() <= before + before / 10);
}

TEST_CASE("the story of a lot has the first 1000 entries, in order, and says that there are more", "[story]") {
    Counter counter;
    counter.scan(kAna);
    counter.scan(Scan{Box{.serial = "S0"}.code()}.mode("receive"));
    const auto told = [&] {
        const auto lot = story_of_lot(counter.ledger(), gtin(1), "L1");
        REQUIRE(lot.has_value());
        return *lot;
    };
    const auto doses = counter.ready_doses(Scan{Box{.serial = "S0"}.code()}.doses(3).units_per_dose(10));
    counter.scan(Scan{doses[0]}.mode("dispense"));
    CHECK_FALSE(told().more);
    CHECK(told().entries.size() == 6);  // received, cut, three times verified, dispensed
    CHECK(told().doses_of_other_boxes == 3);
    counter.scan(kReceive);
    for (unsigned i = 1; i < 1000; ++i) counter.scan(Box{.serial = "S" + std::to_string(i)}.code());
    const Story lot = told();
    CHECK(lot.more);
    CHECK(lot.entries.size() == Story::kMostEntries);
    CHECK(std::is_sorted(lot.entries.begin(), lot.entries.end()));
    CHECK(lot.receptions.size() == Story::kMostReceptions);
    CHECK(lot.more_receptions);
}

TEST_CASE("what a recall touches is all of the lot, and nothing of another", "[story]") {
    Counter counter;
    counter.scan(kAna);
    counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("receive"));
    counter.scan(Box{.lot = "L2", .serial = "S2"}.code());
    counter.scan(Scan{Box{}.code()}.packs(4));
    const auto doses = counter.ready_doses(Scan{Box{.serial = "S1"}.code()}.doses(2).units_per_dose(10));
    counter.scan(Scan{doses[0]}.mode("dispense"));
    counter.scan(Scan{Box{}.code()}.packs(2));
    counter.scan(Scan{Box{}.code()}.packs(1));
    counter.scan(kUndo);
    const auto one = touched_by(counter.ledger(), gtin(1), "L1");
    REQUIRE(one.has_value());
    REQUIRE(one->lots.size() == 1);
    CHECK(one->lots[0].packs_out == 2);
    CHECK(one->lots[0].doses_out == 1);
    CHECK(one->lots[0].things.size() == 4);  // the pack, two doses, two packs that left together
    const auto all = touched_by(counter.ledger(), gtin(1), "");
    REQUIRE(all.has_value());
    CHECK(all->lots.size() == 2);
    CHECK(touched_by(counter.ledger(), gtin(4), "")->lots.empty());
}
