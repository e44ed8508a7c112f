// SPDX-License-Identifier: Apache-2.0
// Somebody changes the file behind our back; verify finds it, and rebuild mends what follows from the entries.
#include "ledger/schema.hpp"
#include "support/catch.hpp"
#include "support/counter.hpp"

#include <sqlite3.h>

#include <array>

using namespace dosario;
using namespace dosario::test;

namespace {

/// A ledger in which every projection table has rows.
void fill(Counter& counter) {
    counter.scan(kAna);
    counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("receive"));
    counter.scan(Scan{linear(2)}.lot("T1").expires("2028-01-31"));
    counter.scan(Scan{Box{.product = 3}.code()}.packs(5));
    const auto doses = counter.ready_doses(Scan{Box{.serial = "S1"}.code()}.doses(2).units_per_dose(10));
    counter.scan(Scan{doses[0]}.mode("dispense"));
    counter.scan(Box{.product = 3}.code());
    const Job adopt{[](Service& service) { DOSARIO_CHECK(service.adopt("05e0:1200:S:0", "").has_value()); }, [](const auto&) {}};
    run_group(counter.service(), {&adopt, 1});
    DOSARIO_CHECK(first_fault(counter.verify()).empty());
}

/// SQL by somebody who may do anything, then the ledger as the daemon finds it.
void tamper(Counter& counter, const std::string& sql) {
    counter.close();
    sqlite3* db = nullptr;
    DOSARIO_CHECK(sqlite3_open(counter.file().c_str(), &db) == SQLITE_OK);
    const std::string all =
        "DROP TRIGGER event_stays; DROP TRIGGER event_is_kept; DROP TRIGGER event_is_dense; PRAGMA ignore_check_constraints = ON; " +
        sql;
    char* message = nullptr;
    const int code = sqlite3_exec(db, all.c_str(), nullptr, nullptr, &message);
    INFO(sql << ": " << (message == nullptr ? "" : message));
    sqlite3_free(message);
    CHECK(code == SQLITE_OK);
    sqlite3_close(db);
    REQUIRE(counter.reopen().has_value());
}

}  // namespace

TEST_CASE("a changed entry is found, with its number", "[verify]") {
    Counter counter;
    fill(counter);
    const auto fault_after = [&](const char* sql) {
        tamper(counter, sql);
        const VerifyReport report = counter.verify();
        REQUIRE_FALSE(report.ok());
        return report.faults.front().seq;
    };
    SECTION("a byte of a body") { CHECK(fault_after("UPDATE event SET body = CAST(body || x'00' AS BLOB) WHERE seq = 7") == 7); }
    SECTION("a whole other body") {
        CHECK(fault_after("UPDATE event SET body = (SELECT body FROM event WHERE seq = 1) WHERE seq = 2") == 2);
    }
    SECTION("a hash") { CHECK(fault_after("UPDATE event SET hash = zeroblob(32) WHERE seq = 7") == 7); }
    SECTION("a time") { CHECK(fault_after("UPDATE event SET wall_us = wall_us + 1 WHERE seq = 7") == 7); }
    SECTION("the other clock") { CHECK(fault_after("UPDATE event SET mono_us = mono_us + 1 WHERE seq = 7") == 7); }
    SECTION("a boot") { CHECK(fault_after("UPDATE event SET boot = 9 WHERE seq = 7") == 7); }
    SECTION("a kind") { CHECK(fault_after("UPDATE event SET kind = 10 WHERE seq = 7") == 7); }
    SECTION("a clock mark") { CHECK(fault_after("UPDATE event SET clock = 1 WHERE seq = 7") == 7); }
    SECTION("an event id") { CHECK(fault_after("UPDATE event SET event_id = randomblob(16) WHERE seq = 7") == 7); }
    SECTION("a deleted entry") { CHECK(fault_after("DELETE FROM event WHERE seq = 7") == 7); }
    SECTION("the last entry deleted") { CHECK(fault_after("DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)") == 0); }
    SECTION("the identity") { CHECK(fault_after("UPDATE meta SET v = zeroblob(16) WHERE k = 'ledger_id'") == 1); }
}

TEST_CASE("a changed column of any projection table is found, and rebuild mends it", "[verify]") {
    Counter counter;
    fill(counter);
    std::vector<std::array<std::string, 3>> columns;  // table, column, what is put there
    for (std::size_t i = 0; i < kProjectionTableCount; ++i) {
        auto query = counter.ledger().database().query("SELECT name, type FROM pragma_table_info(?)");
        query.bind(kProjectionTables[i]);
        while (query.row()) {
            const std::string name = query.text(0);
            const std::string value = query.text(1) == "TEXT"   ? "coalesce(" + name + ", '') || 'x'"
                                      : query.text(1) == "BLOB" ? "x'00ff'"
                                                                : "coalesce(" + name + ", 0) + 1000000";
            columns.push_back({kProjectionTables[i], name, value});
        }
    }
    CHECK(columns.size() > 60);
    Database& db = counter.ledger().database();
    REQUIRE(db.execute("PRAGMA ignore_check_constraints = ON").has_value());
    for (const auto& [table, column, value] : columns) {
        INFO(table << "." << column);
        REQUIRE(db.execute(("UPDATE " + table + " SET " + column + " = " + value).c_str()).has_value());
        REQUIRE(db.changes() > 0);
        CHECK_FALSE(counter.verify().ok());
        const auto mended = rebuild(counter.ledger());
        REQUIRE(mended.has_value());
        CHECK(first_fault(counter.verify()) == "");
    }
}

TEST_CASE("missing and additional projection rows are found, and a lost table is mended", "[verify]") {
    Counter counter;
    fill(counter);
    Database& db = counter.ledger().database();
    for (std::size_t i = 0; i < kProjectionTableCount; ++i) {
        const std::string table = kProjectionTables[i];
        INFO(table);
        REQUIRE(db.execute(("DELETE FROM " + table).c_str()).has_value());
        CHECK_FALSE(counter.verify().ok());
        REQUIRE(db.execute(("DROP TABLE " + table).c_str()).has_value());
        CHECK_FALSE(counter.verify().ok());
        REQUIRE(rebuild(counter.ledger()).has_value());
        CHECK(first_fault(counter.verify()) == "");
    }
    REQUIRE(db.execute("INSERT INTO undoable VALUES (1)").has_value());
    CHECK_FALSE(counter.verify().ok());
    REQUIRE(rebuild(counter.ledger()).has_value());
    CHECK(counter.scan(Scan{Box{.product = 4}.code()}.mode("receive")).what() == "received");
    CHECK(first_fault(counter.verify()) == "");
}

TEST_CASE("scans go on between the steps of a verification", "[verify]") {
    Counter counter;
    fill(counter);
    auto verifier = Verifier::start(counter.ledger());
    REQUIRE(verifier.has_value());
    for (int i = 0;; ++i) {
        const auto more = (*verifier)->step(3);
        REQUIRE(more.has_value());
        if (!*more) break;
        if (i < 5) CHECK(counter.scan(Scan{Box{.product = 4}.code()}.mode("receive")).what() == "received");
    }
    CHECK(first_fault((*verifier)->report()) == "");
    CHECK((*verifier)->report().entries == counter.ledger().head_seq());
    CHECK((*verifier)->report().head == counter.ledger().head_hash());
}
