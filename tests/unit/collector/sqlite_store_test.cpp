// SPDX-License-Identifier: Apache-2.0
// The collector's file: what is no such file stays as it is, and a full disk leaves nothing half-written.
#include "collector/store_schema.hpp"
#include "support/shim_vfs.hpp"
#include "unit/collector/store_rig.hpp"

#include <sqlite3.h>

using namespace dosario;
using namespace dosario::test;

namespace {

void run_sql(const std::string& path, const std::string& sql) {
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
    REQUIRE(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(db);
}

/// A database as a program leaves it that was killed: the last writes are in the log beside it.
void leave_in_log(const std::string& path, const std::string& sql) {
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
    int off = 1;
    REQUIRE(sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, &off) == SQLITE_OK);
    REQUIRE(sqlite3_exec(db, ("PRAGMA journal_mode = WAL; " + sql).c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(db);
}

std::string mono_times(SqliteUnderTest& store) { return store.rows("SELECT boot, mono_us / 1000000, rtt_us FROM station_clock"); }

}  // namespace

TEST_CASE("a store written by a newer version is refused, and not touched", "[file]") {
    SqliteUnderTest made;
    made.close();
    const bool in_log = GENERATE(false, true);
    const std::string newer = "PRAGMA user_version = 99; CREATE TABLE future (x);";
    in_log ? leave_in_log(made.file(), newer) : run_sql(made.file(), newer);
    const std::string before = read_file(made.file());
    const std::string log = read_file(made.file() + "-wal");
    const auto error = error_of(SqliteStore::open(made.directory.path(), true));
    CHECK(error.failure == Failure::newer);
    CHECK(says(error, "schema 99"));
    CHECK((read_file(made.file()) == before));
    CHECK((read_file(made.file() + "-wal") == log));
}

TEST_CASE("another program's file is refused, and not touched", "[file]") {
    TemporaryDirectory directory;
    const std::string path = directory.file("collector.db");
    SECTION("a SQLite file") { run_sql(path, "CREATE TABLE recipe (x); INSERT INTO recipe VALUES (1);"); }
    SECTION("a SQLite file with a mark") { run_sql(path, "PRAGMA application_id = 7;"); }
    SECTION("a ledger") { run_sql(path, "PRAGMA application_id = 1148154482; CREATE TABLE event (x);"); }
    SECTION("a SQLite file with a log") { leave_in_log(path, "CREATE TABLE recipe (x); INSERT INTO recipe VALUES (1);"); }
    SECTION("no SQLite file at all") { write_file(path, std::string(5000, 'x')); }
    SECTION("a short text") { write_file(path, "hello"); }
    const std::string before = read_file(path);
    const std::string log = read_file(path + "-wal");
    const auto error = error_of(SqliteStore::open(directory.path(), true));
    CHECK(error.failure == Failure::damaged);
    CHECK((read_file(path) == before));
    CHECK((read_file(path + "-wal") == log));
}

TEST_CASE("a store is made only when that was asked for", "[file]") {
    TemporaryDirectory directory;
    CHECK(error_of(SqliteStore::open(directory.path(), false)).failure == Failure::not_found);
    write_file(directory.file("collector.db"), "");  // the power went while it was being made
    CHECK(error_of(SqliteStore::open(directory.path(), false)).failure == Failure::not_found);
    must(SqliteStore::open(directory.path(), true));
    must(SqliteStore::open(directory.path(), false));
}

TEST_CASE("a store is open once", "[file]") {
    SqliteUnderTest made;
    const auto error = error_of(SqliteStore::open(made.directory.path(), true));
    CHECK(error.failure == Failure::unavailable);
}

TEST_CASE("a full disk leaves nothing half-written, and when there is room the work goes on", "[full]") {
    ShimVfs disk{"full"};
    const auto digest = make_digest();
    for (const bool io : {false, true}) {
        for (int nth = 1; nth <= 12; ++nth) {
            INFO("write " << nth);
            SqliteUnderTest store{disk.name()};
            SeededEntropy entropy{1};
            MemoryLedger ledger{*digest, entropy};
            ledger.book_some(30);
            for (int i = 0; i < 4; ++i) ledger.book_large(20'000);
            const auto session = begin_session(store.store(), ledger).number;
            CHECK(append(store.store(), append_of(ledger, 0, session, 0, 10)).fresh == 10);

            if (io) {
                disk.fail_syncs(1, SQLITE_IOERR_FSYNC);
            } else {
                disk.fail_writes(nth, SQLITE_FULL);
            }
            const auto attempt = [&]() -> Result<void> {
                if (auto begun = store.store().begin(); !begun) return begun;
                if (auto kept = store.store().append(append_of(ledger, 0, session, 10, 34)); !kept) return kept.error();
                return store.store().commit();
            };
            const auto done = attempt();
            store.store().rollback();
            const bool failed = disk.failures() > 0;
            disk.heal();
            if (io && done.has_error()) {
                // Whether the disk kept it is not certain: the next start shows it, all of it or nothing.
                store.reopen();
                const auto head = begin_session(store.store(), ledger).heads.front().have;
                CHECK((head == 10 || head == 34));
                continue;
            }
            if (done.has_error()) {
                CHECK(done.error().failure == Failure::full);
                const LedgerTail tail = ledger.tail();
                CHECK(must(store.store().entries(tail.ledger, tail.branches[0].branch, 0, 100, 1 << 20)).size() == 10);
            } else {
                CHECK((!failed || nth > 1));
            }
            // Room again: the same batch is stored, and projections follow.
            const auto outcome = append(store.store(), append_of(ledger, 0, session, 10, 34));
            CHECK(outcome.what == Appended::stored);
            CHECK(outcome.head == 34);
            project_all(store.store());
            CHECK(store.rows("SELECT packs FROM stock") == "30");
            CHECK(store.rows("PRAGMA integrity_check") == "ok");
        }
    }
}

TEST_CASE("a full disk while projecting leaves the cursor where it was", "[full]") {
    ShimVfs disk{"full_projection"};
    SqliteUnderTest store{disk.name()};
    const auto digest = make_digest();
    SeededEntropy entropy{1};
    MemoryLedger ledger{*digest, entropy};
    ledger.book_some(30);
    REQUIRE(append_all(store.store(), ledger));
    must(store.store().project(10));
    disk.fail_writes(1, SQLITE_FULL);
    const auto failed = store.store().project(10);
    REQUIRE(failed.has_error());
    CHECK(failed.error().failure == Failure::full);
    disk.heal();
    CHECK(store.rows("SELECT n FROM projected") == "10");
    CHECK(store.rows("SELECT count(*) FROM quarantine") == "0");
    project_all(store.store());
    CHECK(store.rows("SELECT packs FROM stock") == "30");
}

TEST_CASE("a slice of the projections costs what it folds, however long the history is", "[project]") {
    SqliteUnderTest store;
    const auto digest = make_digest();
    SeededEntropy entropy{1};
    MemoryLedger ledger{*digest, entropy};
    ledger.book_some(2000);
    REQUIRE(append_all(store.store(), ledger));
    while (must(store.store().project(100))) {
    }
    // Rows that SQLite stepped over for want of an index, in any statement since: the cursor's own table has one row.
    int steps = 0;
    for (sqlite3_stmt* each = nullptr; (each = sqlite3_next_stmt(store.sqlite().database().handle(), each)) != nullptr;)
        steps += sqlite3_stmt_status(each, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0);
    CHECK(steps < 100);
}

TEST_CASE("of a run's clock one sample every ten minutes is kept, the better of two near ones", "[clock]") {
    SqliteUnderTest store;
    const auto digest = make_digest();
    SeededEntropy entropy{1};
    MemoryLedger ledger{*digest, entropy};
    begin_session(store.store(), ledger);
    const auto keep = [&](std::int64_t boot, std::int64_t mono_s, std::int64_t rtt_us) {
        must(store.store().begin());
        must(store.store().keep_clock({ledger.tail().ledger, boot, mono_s * 1'000'000, 5, rtt_us}));
        must(store.store().commit());
    };
    keep(1, 100, 50);
    keep(1, 115, 60);  // worse
    CHECK(mono_times(store) == "1|100|50");
    keep(1, 130, 40);  // better
    CHECK(mono_times(store) == "1|130|40");
    keep(1, 90, 10);  // older
    CHECK(mono_times(store) == "1|130|40");
    keep(1, 729, 45);
    CHECK(mono_times(store) == "1|130|40");
    keep(1, 730, 90);  // ten minutes later
    keep(2, 15, 70);   // another run
    CHECK(mono_times(store) == "1|130|40\n1|730|90\n2|15|70");
    for (std::int64_t at = 745; at < 745 + 3600; at += 15) keep(1, at, 90);
    CHECK(store.rows("SELECT count(*) FROM station_clock WHERE boot = 1") == "8");
    must(store.store().begin());
    must(store.store().keep_clock({LedgerId{}, 1, 1, 1, 1}));  // nobody's
    must(store.store().commit());
}

TEST_CASE("entries are never changed nor deleted, whoever asks", "[file]") {
    SqliteUnderTest store;
    const auto digest = make_digest();
    SeededEntropy entropy{1};
    MemoryLedger ledger{*digest, entropy};
    ledger.book_some(3);
    REQUIRE(append_all(store.store(), ledger));
    CHECK(store.sqlite().database().execute("DELETE FROM event").has_error());
    CHECK(store.sqlite().database().execute("UPDATE event SET body = x'00'").has_error());
}
