// SPDX-License-Identifier: Apache-2.0
// A ledger of every schema that ever landed, as its version left it: tests/golden/ledger/schema<N>.db.
#include "ledger/schema.hpp"
#include "support/catch.hpp"
#include "support/counter.hpp"
#include "support/shim_vfs.hpp"

#include <sqlite3.h>

#include <cstdlib>

using namespace dosario;
using namespace dosario::test;

namespace {

std::string golden(std::int64_t schema) {
    return std::string{DOSARIO_SOURCE_DIR} + "/tests/golden/ledger/schema" + std::to_string(schema) + ".db";
}

}  // namespace

/// Writes the file of the present schema: `DOSARIO_GOLDEN=1 test_ledger '[make-golden]'`, once, when a schema lands.
TEST_CASE("a ledger for the years to come", "[.][make-golden]") {
    if (std::getenv("DOSARIO_GOLDEN") == nullptr) return;
    Counter counter;
    counter.scan(kAna);
    counter.scan(kReceive);
    counter.scan(Box{.serial = "S1"}.code());
    counter.scan(Box{.serial = "S2"}.code());
    counter.scan(Scan{Box{.product = 2, .lot = "C1"}.code()}.packs(5));
    counter.scan(Scan{linear(3)}.lot("T1").expires("2027-06-30").id("typed-1"));
    counter.scan(kDone);
    const auto first = counter.ready_doses(Scan{Box{.serial = "S1"}.code()}.units_per_dose(10));
    const auto second = counter.fraction(Scan{Box{.product = 2, .lot = "C1"}.code()}.doses(2).units_per_dose(7).waste(1));
    REQUIRE(counter.reopen().has_value());
    counter.clock.pass(std::chrono::hours{30});
    counter.scan(Scan{second[0]}.mode("verify").by(kEva));
    counter.scan(kDispense);
    counter.scan(Scan{kPerson});
    counter.scan(first[0]);
    counter.scan(Box{.serial = "S2"}.code());
    counter.scan(Scan{Box{.product = 2, .lot = "C1"}.code()}.packs(2));
    counter.scan(kDone);
    counter.scan(Scan{Box{.product = 4, .lot = "WRONG"}.code()}.mode("receive"));
    counter.scan(kUndo);
    counter.scan(Scan{first[1]}.mode("dispense"));
    counter.scan(kUndo);
    REQUIRE(counter.append(ReaderAdopted{"05e0:1200:S1:0"}).has_value());
    REQUIRE(counter.ledger().begin().has_value());
    REQUIRE(counter.ledger().fork_after(counter.ledger().head_seq() - 3, "the collector has other entries").has_value());
    REQUIRE(counter.ledger().commit().has_value());
    counter.scan(Scan{Box{.product = 5, .lot = "Z9", .serial = "S9"}.code()}.mode("receive").id("last"));
    REQUIRE(first_fault(counter.verify()) == "");
    counter.close();
    write_file(golden(kSchemaVersion), read_file(counter.file()));
}

/// The present one too: its text may not change any more without a new number.
TEST_CASE("ledgers of every schema that landed are brought up to date", "[migration]") {
    for (std::int64_t schema = 1; schema <= kSchemaVersion; ++schema) {
        INFO("schema " << schema);
        Counter counter{{.products = false}};
        const std::string old = read_file(golden(schema));
        counter.close();
        write_file(counter.file(), old);
        REQUIRE(counter.reopen().has_value());
        CHECK(first_fault(counter.verify()) == "");
        CHECK(counter.rows("PRAGMA user_version") == std::to_string(kSchemaVersion));
        CHECK(counter.rows("SELECT count(*) FROM event") == "42");
        CHECK(counter.rows("SELECT count(*) FROM branch") == "2");
        // What the shelf was, and what it is told by the lot: nothing got lost on the way.
        CHECK(counter.rows(
                  "SELECT lot, place, counted_packs, serial_packs, opened_units, doses_made, doses_ready, dose_units FROM stock"
                  " ORDER BY lot, place") ==
              "C1|1|2|0|15|1|1|14\nC1|3|2|0|0|0|0|0\nC1|4|0|0|1|0|0|0\n"
              "L1|1|0|0|0|0|2|20\nL1|3|0|1|0|0|1|10\nT1|1|1|0|0|0|0|0\nZ9|1|0|1|0|0|0|0");
        // The file as it was is beside it, and work goes on.
        const std::string kept = counter.directory() + "/ledger.db.schema" + std::to_string(schema);
        CHECK(read_file(kept).size() == (schema < kSchemaVersion ? old.size() : 0));
        CHECK(counter.scan(Scan{Box{.product = 5, .lot = "Z9", .serial = "S9"}.code()}.mode("receive")).what() ==
              "already_received");
        CHECK(counter.scan(Scan{Box{.product = 5, .lot = "Z9", .serial = "S9"}.code()}.mode("dispense")).what() == "dispensed");
        CHECK(counter.scan(Scan{Box{.product = 5, .lot = "Z9", .serial = "S9"}.code()}.mode("return")).what() == "returned");
        CHECK(first_fault(counter.verify()) == "");
        // A reply that the old version kept is given again.
        CHECK(counter.rows("SELECT request_id FROM request ORDER BY 1") == "last\ntyped-1");
        REQUIRE(counter.reopen().has_value());
        CHECK(first_fault(counter.verify()) == "");
    }
}

TEST_CASE("what cannot be brought up to date stays as it was", "[migration]") {
    ShimVfs disk{"migrating"};
    Counter counter{{.vfs = "migrating", .products = false}};
    const std::string old = read_file(golden(1));
    for (int nth = 1; nth < 400; ++nth) {
        counter.close();
        write_file(counter.file(), old);
        disk.fail_writes(nth, SQLITE_FULL);
        const int failures = disk.failures();
        const auto opened = counter.reopen();
        const bool failed = disk.failures() != failures;
        disk.heal();
        INFO("write " << nth);
        if (!failed) {
            CHECK(nth > 10);
            break;
        }
        if (!opened) {
            CHECK(opened.error().failure == Failure::full);
            // Another try finds a ledger that nothing happened to.
            REQUIRE(counter.reopen().has_value());
        }
        CHECK(first_fault(counter.verify()) == "");
        CHECK(counter.rows("SELECT count(*) FROM event") == "42");
    }
}

TEST_CASE("the tool leaves an older ledger to the daemon", "[migration]") {
    Counter counter{{.products = false}};
    counter.close();
    const std::string old = read_file(golden(1));
    write_file(counter.file(), old);
    LedgerOpening opening = counter.opening();
    opening.append = false;
    opening.create = false;
    const auto opened = Ledger::open(opening);
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().failure == Failure::newer);
    CHECK(read_file(counter.file()) == old);
}
