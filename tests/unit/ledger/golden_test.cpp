// SPDX-License-Identifier: Apache-2.0
// A ledger of every schema that ever landed, as its version left it: tests/golden/ledger/schema<N>.db.
#include "ledger/schema.hpp"
#include "support/catch.hpp"
#include "support/counter.hpp"

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
