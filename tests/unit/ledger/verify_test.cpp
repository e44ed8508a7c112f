// SPDX-License-Identifier: Apache-2.0
// Somebody changes the file behind our back; verify finds it, and rebuild mends what follows from the entries.
#include "ledger/schema.hpp"
#include "ledger/seal.hpp"
#include "support/catch.hpp"
#include "crypto/openssl.hpp"
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
    counter.scan(kUndo);
    const Job adopt{[](Service& service) { DOSARIO_CHECK(service.adopt("05e0:1200:S:0", "").has_value()); }, [](const auto&) {}};
    run_group(counter.service(), {&adopt, 1});
    DOSARIO_CHECK(counter.append(LotRecalled{gtin(5), "BAD", "Disp. 1"}).has_value());
    DOSARIO_CHECK(first_fault(counter.verify()).empty());
}

/// While it lives the triggers of that connection do not fire.
class NoTriggers {
public:
    explicit NoTriggers(Database& db) : db_(db) { set(0); }
    ~NoTriggers() { set(1); }
    NoTriggers(const NoTriggers&) = delete;
    NoTriggers& operator=(const NoTriggers&) = delete;

private:
    void set(int on) { sqlite3_db_config(db_.handle(), SQLITE_DBCONFIG_ENABLE_TRIGGER, on, nullptr); }
    Database& db_;
};

/// SQL by somebody who may do anything, then the ledger as the daemon finds it.
void tamper_openly(Counter& counter, const std::string& all, bool triggers = true) {
    counter.close();
    sqlite3* db = nullptr;
    DOSARIO_CHECK(sqlite3_open(counter.file().c_str(), &db) == SQLITE_OK);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, triggers ? 1 : 0, nullptr);
    const auto digest = make_digest();
    DOSARIO_CHECK(add_seal(db, *digest).has_value());
    char* message = nullptr;
    const int code = sqlite3_exec(db, all.c_str(), nullptr, nullptr, &message);
    INFO(all << ": " << (message == nullptr ? "" : message));
    sqlite3_free(message);
    CHECK(code == SQLITE_OK);
    sqlite3_close(db);
    REQUIRE(counter.reopen().has_value());
}

/// The same, with the triggers out of the way.
void tamper(Counter& counter, const std::string& sql) { tamper_openly(counter, "PRAGMA ignore_check_constraints = ON; " + sql, false); }

/// All that verify says, a line each.
std::string faults(Counter& counter) {
    std::string all;
    for (const VerifyFinding& fault : counter.verify().faults) all += std::to_string(fault.seq) + ": " + fault.what + "\n";
    return all;
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
    SECTION("the identity") {
        CHECK(fault_after("UPDATE meta SET v = zeroblob(16) WHERE k = 'ledger_id'") == 0);
        CHECK(faults(counter).find("1: the hash does not fit") != std::string::npos);
    }
}

TEST_CASE("a changed table, index or trigger is found by its name", "[verify]") {
    Counter counter;
    fill(counter);
    struct Change {
        const char* sql;
        const char* fault;
    };
    const auto change = GENERATE(
        Change{"DROP TRIGGER event_stays", "trigger event_stays is missing; keep the file"},
        Change{"DROP TRIGGER boot_is_kept", "trigger boot_is_kept is missing"},
        Change{"DROP TRIGGER branch_stays; CREATE TRIGGER branch_stays BEFORE UPDATE ON branch BEGIN SELECT 1; END",
               "trigger branch_stays is not as this version makes it"},
        Change{"CREATE TRIGGER bonus AFTER INSERT ON event BEGIN DELETE FROM taken_back; END",
               "trigger bonus (on event) does not belong"},
        Change{"CREATE TABLE notes (a)", "table notes (on notes) does not belong"},
        Change{"CREATE INDEX quick ON dose (lot)", "index quick (on dose) does not belong"},
        Change{"DROP INDEX dose_ready", "index dose_ready is missing; `dosario ledger rebuild`"},
        Change{"DROP VIEW dispensed_dose", "view dispensed_dose is missing; `dosario ledger rebuild`"},
        Change{"ALTER TABLE request ADD COLUMN more INT", "table request is not as this version makes it; keep"},
        Change{"ALTER TABLE event ADD COLUMN more INT", "table event is not as this version makes it"},
        Change{"DROP TABLE clock_sample", "table clock_sample is missing"},
        Change{"DROP TABLE request", "table request cannot be read"},
        Change{
            "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (doses_made >= 0)', '') WHERE name = 'stock'",
            "table stock is not as this version makes it; `dosario ledger rebuild`"});
    INFO(change.sql);
    tamper_openly(counter, change.sql);
    CHECK(faults(counter).find(std::string{"0: "} + change.fault) != std::string::npos);
    if (std::string{change.fault}.find("rebuild") == std::string::npos) return;
    REQUIRE(rebuild(counter.ledger()).has_value());
    CHECK(first_fault(counter.verify()) == "");
}

TEST_CASE("the small tables of history are held against the entries", "[verify]") {
    Counter counter;
    fill(counter);
    CHECK(counter.scan(Scan{Box{.product = 4}.code()}.mode("receive").id("one")).ok());
    REQUIRE(counter.reopen().has_value());
    struct Change {
        const char* sql;
        const char* fault;
    };
    const auto change = GENERATE(
        Change{"UPDATE meta SET v = 2 WHERE k = 'hash_version'", "0: table meta: hash_version is not what it must be"},
        Change{"UPDATE meta SET v = 'x' WHERE k = 'created_wall_us'", "0: table meta: created_wall_us is not"},
        Change{"DELETE FROM meta WHERE k = 'created_wall_us'", "0: table meta: created_wall_us is missing"},
        Change{"INSERT INTO meta VALUES ('color', 'blue')", "0: table meta has a row that this version does not know"},
        Change{"DELETE FROM boot WHERE boot = 1", "1: it was written in start 1 of the daemon"},
        Change{"DELETE FROM boot WHERE boot = 1", "0: table boot: start 1 of the daemon is missing"},
        Change{"UPDATE boot SET boot_id = x'00' WHERE boot = 2", "0: table boot: the id of start 2 is not 16 bytes"},
        Change{"INSERT INTO boot VALUES (9, randomblob(16), 0, 'x', zeroblob(32))",
               "0: table boot: start 3 of the daemon is missing"},
        Change{"UPDATE branch SET parent_hash = randomblob(32)", "0: table branch: branch 1 does not fit"},
        Change{"UPDATE branch SET starts_after = 3, parent_hash = (SELECT hash FROM event WHERE seq = 3)",
               "0: table branch: branch 1 begins where it cannot"},
        Change{"INSERT INTO branch VALUES (2, 4, zeroblob(8), (SELECT hash FROM event WHERE seq = 5), 'x', zeroblob(32))",
               "0: table branch: branch 2 does not fit"},
        Change{"UPDATE branch SET n = 2", "0: table branch: branch 1 is missing"},
        Change{"UPDATE branch SET branch_id = x'00'", "0: table branch: branch 1 has an id that is not 8 bytes"},
        Change{"UPDATE request SET reply = x'00'", "0: table request: 1 kept replies cannot be read"},
        Change{"UPDATE meta SET v = v + 1 WHERE k = 'created_wall_us'", "0: table meta does not fit its seal"},
        Change{"UPDATE meta SET v = zeroblob(32) WHERE k = 'seal'", "0: table meta does not fit its seal"},
        Change{"UPDATE boot SET started_wall_us = started_wall_us + 1 WHERE boot = 2",
               "0: table boot: start 2 does not fit its seal"},
        Change{"UPDATE boot SET build = build || ' ' WHERE boot = 1", "0: table boot: start 1 does not fit its seal"},
        Change{"UPDATE branch SET why = ''", "0: table branch: branch 1 does not fit its seal"},
        Change{"UPDATE request SET wall_us = wall_us - 1", "0: table request: 1 rows do not fit their seals"},
        Change{"UPDATE request SET request_id = 'two'", "0: table request: 1 rows do not fit their seals"},
        Change{"UPDATE request SET reply = x'1a0178'", "0: table request: 1 rows do not fit their seals"},
        Change{"UPDATE request SET reply = x'1a0178', seal = seal('request', request_id, wall_us, x'1a0178')",
               ""},  // without entries, as earlier versions kept refusals
        Change{"UPDATE request SET reply = x'1a0178220163'", "0: table request: a kept reply names entry 99"});
    INFO(change.sql);
    tamper(counter, change.sql);
    const std::string found = faults(counter);
    INFO(found);
    CHECK((*change.fault == '\0' ? found.empty() : found.find(change.fault) != std::string::npos));
}

TEST_CASE("a branch that begins at an entry with its hash is no fault", "[verify]") {
    Counter counter;
    fill(counter);
    tamper(
        counter,
        "INSERT INTO branch SELECT 2, 4, zeroblob(8), hash, 'x', seal('branch', 2, 4, zeroblob(8), hash, 'x') FROM event WHERE seq = 4");
    CHECK(faults(counter) == "");
}

TEST_CASE("a gap before a start that came back from the collector is no fault", "[verify]") {
    Counter counter;
    fill(counter);
    tamper(counter,
           "INSERT INTO boot VALUES (9, zeroblob(16), 0, 'restored from the collector',"
           " seal('boot', 9, zeroblob(16), 0, 'restored from the collector'))");
    CHECK(counter.ledger().boot() == 10);
    CHECK(faults(counter) == "");
}

TEST_CASE("a kept reply that cannot be read is no leave to book again", "[verify]") {
    Counter counter;
    CHECK(counter.scan(Scan{Box{}.code()}.mode("receive").id("one")).ok());
    tamper(counter, "UPDATE request SET reply = x'00'");
    const Seq head = counter.ledger().head_seq();
    CHECK(counter.scan(Scan{Box{}.code()}.mode("receive").id("one")).error->failure == Failure::damaged);
    CHECK(counter.ledger().head_seq() == head);
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
        {
            const NoTriggers off{db};
            REQUIRE(db.execute(("UPDATE " + table + " SET " + column + " = " + value).c_str()).has_value());
            REQUIRE(db.changes() > 0);
        }
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
        {
            const NoTriggers off{db};
            REQUIRE(db.execute(("DELETE FROM " + table).c_str()).has_value());
        }
        CHECK_FALSE(counter.verify().ok());
        REQUIRE(db.execute(("DROP TABLE " + table).c_str()).has_value());
        CHECK_FALSE(counter.verify().ok());
        REQUIRE(rebuild(counter.ledger()).has_value());
        CHECK(first_fault(counter.verify()) == "");
    }
    REQUIRE(db.execute("INSERT INTO taken_back VALUES (1, 2)").has_value());
    CHECK_FALSE(counter.verify().ok());
    REQUIRE(rebuild(counter.ledger()).has_value());
    CHECK(counter.scan(Scan{Box{.product = 4}.code()}.mode("receive")).what() == "received");
    CHECK(first_fault(counter.verify()) == "");
}

TEST_CASE("scans go on while the ledger is copied to be verified, and are in the copy", "[verify]") {
    Counter counter;
    fill(counter);
    const Seq before = counter.ledger().head_seq();
    int scans = 0;
    const VerifyReport report = verify_copy(counter.ledger(), 3, [&] {
        if (scans++ < 5) CHECK(counter.scan(Scan{Box{.product = 4}.code()}.mode("receive")).what() == "received");
    });
    CHECK(first_fault(report) == "");
    CHECK(scans > 5);
    CHECK(report.entries == counter.ledger().head_seq());
    CHECK(report.entries > before + 4);
    CHECK(report.head == counter.ledger().head_hash());
    CHECK(report.branch == counter.ledger().branch());
}

TEST_CASE("a copy shows the same faults as the ledger itself", "[verify]") {
    Counter counter;
    fill(counter);
    tamper(
        counter,
        "UPDATE event SET wall_us = wall_us + 1 WHERE seq = 7; DELETE FROM dose; DELETE FROM meta WHERE k = 'created_wall_us'");
    const VerifyReport in_place = counter.verify();
    const VerifyReport in_copy = verify_copy(counter.ledger());
    REQUIRE(in_copy.faults.size() > 2);
    REQUIRE(in_copy.faults.size() == in_place.faults.size());
    for (std::size_t i = 0; i < in_copy.faults.size(); ++i) {
        CHECK(in_copy.faults[i].seq == in_place.faults[i].seq);
        CHECK(in_copy.faults[i].what == in_place.faults[i].what);
    }
}

TEST_CASE("verifying ends when it is asked to", "[verify]") {
    Counter counter;
    fill(counter);
    int asked = 0;
    const int until = GENERATE(0, 1, 2, 3, 4, 5, 10, 15, 20);
    const auto report = verify(
        {counter.ledger().database(), counter.ledger().digest(), counter.ledger().head_seq(), counter.ledger().head_hash()},
        [&] { return ++asked > until; });
    CHECK((report.has_value() ? report->ok() : report.error().failure == Failure::unavailable));
    CHECK((until > 5 || !report.has_value()));
}
