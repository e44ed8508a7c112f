// SPDX-License-Identifier: Apache-2.0
// Bugs put in on purpose: each must be caught by what claims to catch it. (A skipped sync and an answer before the commit are caught by
// crash images: powercut_test.cpp.)
#include "support/catch.hpp"
#include "support/day.hpp"
#include "support/plants.hpp"

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
    CHECK(counter.append(box_to_cut()).has_value());
    const PackFractioned too_much = cut_too_much(counter.today());
    REQUIRE_FALSE(counter.append(too_much, 0, "ANA00001").has_value());
    counter.close();
    strip_conservation(counter.file());
    REQUIRE(counter.reopen().has_value());
    REQUIRE(counter.append(too_much, 0, "ANA00001").has_value());  // the bug
    std::string all;
    for (const VerifyFinding& fault : counter.verify().faults) all += std::to_string(fault.seq) + ": " + fault.what + "\n";
    INFO(all);
    CHECK(all.find("table fractioning is not as this version makes it") != std::string::npos);
    CHECK(all.find(std::to_string(counter.ledger().head_seq()) + ": the entry breaks a rule") != std::string::npos);
}
