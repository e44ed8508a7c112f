// SPDX-License-Identifier: Apache-2.0
// Bugs put in on purpose: each must be caught by what claims to catch it. (A skipped sync and an answer before the commit are caught by
// crash images: powercut_test.cpp.)
#include "support/catch.hpp"
#include "support/day.hpp"

#include <sqlite3.h>

using namespace dosario;
using namespace dosario::test;

namespace {

/// What verify says after a day on connections that were sabotaged.
std::string faults_after_a_day(const std::string& sabotage) {
    Counter counter;
    // Again and again: a rebuild makes the tables anew.
    const auto plant = [&](const auto&) { DOSARIO_CHECK(counter.ledger().database().execute(sabotage.c_str()).has_value()); };
    Day{counter, 5, {.answered = plant}}.work(60);
    std::string all;
    for (const VerifyFinding& fault : counter.verify().faults) all += fault.what + "\n";
    return all;
}

struct Column {
    const char* table;
    const char* column;
    const char* row;  ///< which row it is, as the old one says
};

/// A projection that never changes that column again.
std::string forgets(const Column& what) {
    const std::string column = what.column;
    return std::string{"CREATE TEMP TRIGGER IF NOT EXISTS forgets AFTER UPDATE ON main."} + what.table + " WHEN NEW." + column +
           " IS NOT OLD." + column + " BEGIN UPDATE " + what.table + " SET " + column + " = OLD." + column + " WHERE " +
           what.row + "; END";
}

}  // namespace

TEST_CASE("nothing planted, nothing caught", "[planted]") { CHECK(faults_after_a_day("SELECT 1") == ""); }

TEST_CASE("planted: a projection that forgets a column is caught by verify, whichever it is", "[planted]") {
    const auto what =
        GENERATE(Column{"dose", "last_seq", "dose = OLD.dose"}, Column{"dose", "verified_by", "dose = OLD.dose"},
                 Column{"pack", "last_seq", "pack = OLD.pack"}, Column{"lot", "receptions", "gtin = OLD.gtin AND lot = OLD.lot"},
                 Column{"lot", "last_seq", "gtin = OLD.gtin AND lot = OLD.lot"},
                 Column{"stock", "last_seq", "gtin = OLD.gtin AND lot = OLD.lot AND place = OLD.place"},
                 Column{"stock", "doses_made", "gtin = OLD.gtin AND lot = OLD.lot AND place = OLD.place"});
    INFO(what.table << "." << what.column);
    CHECK(faults_after_a_day(forgets(what)).find(std::string{"table "} + what.table + " differs") != std::string::npos);
}

TEST_CASE("planted: without its conservation check the ledger takes a fact that does not add up, and verify catches it",
          "[planted]") {
    Counter counter;
    CHECK(counter.append(PacksReceived{gtin(1), "S1", "L1", day("2028-06-30"), 1, kTablets, ThingId{900}, false}).has_value());
    const PackFractioned too_much{ThingId{900},
                                  gtin(1),
                                  "S1",
                                  "L1",
                                  day("2028-06-30"),
                                  true,
                                  counter.today(),
                                  kTablets,
                                  {{ThingId{901}, 10}, {ThingId{902}, 10}},
                                  15,  // of 30
                                  0,
                                  day("2027-05-20"),
                                  BeyondUseRule::days_after_opening};
    REQUIRE_FALSE(counter.append(too_much, 0, "ANA00001").has_value());
    counter.close();
    {
        sqlite3* db = nullptr;
        DOSARIO_CHECK(sqlite3_open(counter.file().c_str(), &db) == SQLITE_OK);
        const char* const strip =
            "PRAGMA writable_schema = ON;"
            "UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (units_before = units_dosed + units_remaining + units_wasted)',"
            " 'CHECK (1)') WHERE name = 'fractioning'";
        DOSARIO_CHECK(sqlite3_exec(db, strip, nullptr, nullptr, nullptr) == SQLITE_OK);
        DOSARIO_CHECK(sqlite3_changes(db) == 1);
        sqlite3_close(db);
    }
    REQUIRE(counter.reopen().has_value());
    REQUIRE(counter.append(too_much, 0, "ANA00001").has_value());  // the bug
    std::string all;
    for (const VerifyFinding& fault : counter.verify().faults) all += std::to_string(fault.seq) + ": " + fault.what + "\n";
    INFO(all);
    CHECK(all.find("table fractioning is not as this version makes it") != std::string::npos);
    CHECK(all.find(std::to_string(counter.ledger().head_seq()) + ": the entry breaks a rule") != std::string::npos);
}
