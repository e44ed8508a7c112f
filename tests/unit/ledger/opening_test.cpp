// SPDX-License-Identifier: Apache-2.0
// Opening: what is refused is not touched. Chains and numbers go on after a restart. Snapshots are plain files.
#include "ledger/schema.hpp"
#include "ledger/snapshot.hpp"
#include "support/catch.hpp"
#include "support/counter.hpp"
#include "support/shim_vfs.hpp"

#include <sqlite3.h>
#include <unistd.h>

using namespace dosario;
using namespace dosario::test;

namespace {

/// SQL on a file by another program; the first column of the last row.
std::string sqlite(const std::string& path, const std::string& sql) {
    sqlite3* db = nullptr;
    DOSARIO_CHECK(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
    std::string last;
    const auto row = [](void* out, int, char** values, char**) {
        *static_cast<std::string*>(out) = values[0] == nullptr ? "" : values[0];
        return 0;
    };
    const int code = sqlite3_exec(db, sql.c_str(), row, &last, nullptr);
    const std::string message = sqlite3_errmsg(db);
    sqlite3_close(db);
    return code == SQLITE_OK ? last : "error: " + message;
}

/// Opens a ledger there; says how it was refused.
Error refusal(Counter& counter, const std::string& directory, bool create = true) {
    LedgerOpening opening = counter.opening();
    opening.directory = directory;
    opening.create = create;
    const auto ledger = Ledger::open(opening);
    return ledger ? fail(Failure::refused, "it opened") : ledger.error();
}

}  // namespace

TEST_CASE("a ledger goes on where it was", "[opening]") {
    Counter counter;
    counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("receive"));
    const Seq head = counter.ledger().head_seq();
    const Sha256 hash = counter.ledger().head_hash();
    const LedgerId id = counter.ledger().id();
    const std::string branch = counter.ledger().branch();
    REQUIRE(counter.reopen().has_value());
    CHECK(counter.ledger().head_seq() == head);
    CHECK(counter.ledger().head_hash() == hash);
    CHECK(counter.ledger().id() == id);
    CHECK(counter.ledger().branch() == branch);
    CHECK(counter.ledger().last_good_wall() == counter.clock.wall());
    CHECK(counter.scan(Box{.serial = "S1"}.code()).what() == "already_received");
    CHECK(counter.rows("SELECT count(*) FROM boot") == "2");
    CHECK(first_fault(counter.verify()) == "");
}

TEST_CASE("a ledger that was not closed is known as such, once", "[opening]") {
    Counter counter;
    CHECK_FALSE(counter.ledger().was_left_open());
    counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("receive"));
    // As a power cut leaves it: both files as they are while it is open.
    const std::string file = read_file(counter.file());
    const std::string log = read_file(counter.file() + "-wal");
    REQUIRE(counter.reopen().has_value());
    CHECK_FALSE(counter.ledger().was_left_open());
    counter.close();
    write_file(counter.file(), file);
    write_file(counter.file() + "-wal", log);
    REQUIRE(counter.reopen().has_value());
    CHECK(counter.ledger().was_left_open());
    REQUIRE(counter.reopen().has_value());
    CHECK_FALSE(counter.ledger().was_left_open());
}

TEST_CASE("a start that fails after a kill, or an end whose last write fails, leaves the log for the next start", "[opening]") {
    ShimVfs disk{"starts"};
    disk.skip_syncs();
    Counter counter{{.vfs = "starts"}};
    int failed = 0;
    for (std::uint64_t nth = 1; nth < 120; ++nth) {
        INFO("call " << nth);
        counter.ledger().database().leave_log(true);
        counter.close();
        disk.fail_call(nth, Lasting::once);
        if (!counter.reopen()) {
            ++failed;
            disk.heal();
            REQUIRE(counter.reopen().has_value());
        }
        disk.heal();
        CHECK_FALSE(counter.ledger().lost_log());
        disk.fail_call(nth, Lasting::everything);
        counter.close();
        disk.heal();
        REQUIRE(counter.reopen().has_value());
        CHECK_FALSE(counter.ledger().lost_log());
    }
    CHECK(failed > 20);
    CHECK(counter.rows("SELECT count(*) FROM branch") == "1");
}

TEST_CASE("a ledger that opens writes ahead, whichever call failed while it was made", "[opening]") {
    for (std::uint64_t nth = 1;; ++nth) {
        INFO("call " << nth);
        ShimVfs disk{"made"};
        disk.skip_syncs();
        Counter counter{{.vfs = "made", .open = false}};
        disk.fail_call(nth, Lasting::once);
        const bool opened = counter.reopen().has_value();
        const bool failed = disk.failures() > 0;
        disk.heal();
        if (opened) {
            CHECK(counter.scan(Scan{kAna}).what() == "operator_changed");
            CHECK(*counter.ledger().database().text("PRAGMA journal_mode") == "wal");
            CHECK(access((counter.file() + "-wal").c_str(), F_OK) == 0);
            CHECK(access((counter.file() + "-journal").c_str(), F_OK) != 0);
        }
        if (!failed) break;
    }
}

TEST_CASE("one process has the ledger, and a second one is told which", "[opening]") {
    Counter counter;
    const Error error = refusal(counter, counter.directory());
    CHECK(error.failure == Failure::unavailable);
    CHECK(error.message.find(std::to_string(getpid())) != std::string::npos);
    CHECK(sqlite(counter.file(), "SELECT count(*) FROM event").find("locked") != std::string::npos);
    counter.close();
    CHECK(counter.reopen().has_value());
}

TEST_CASE("a newer ledger is refused and stays as it is", "[opening]") {
    Counter counter;
    counter.close();
    REQUIRE(sqlite(counter.file(), "PRAGMA user_version = " + std::to_string(kSchemaVersion + 1)) == "");
    const std::string before = read_file(counter.file());
    const auto opened = counter.reopen();
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().failure == Failure::newer);
    CHECK(read_file(counter.file()) == before);
}

TEST_CASE("a file of another program is refused and stays as it is", "[opening]") {
    Counter counter;
    TemporaryDirectory other;
    const std::string path = other.file("ledger.db");
    SECTION("with tables") { sqlite(path, "CREATE TABLE t(x); INSERT INTO t VALUES (1)"); }
    SECTION("with an application id") { sqlite(path, "PRAGMA application_id = 7; CREATE TABLE t(x)"); }
    SECTION("with a version of its own") { sqlite(path, "PRAGMA user_version = 1; CREATE TABLE t(x)"); }
    SECTION("text") { write_file(path, std::string(5000, 'x')); }
    SECTION("a short text") { write_file(path, "hello"); }
    SECTION("one byte") { write_file(path, "S"); }
    SECTION("zeros") { write_file(path, std::string(4096, '\0')); }
    const std::string before = read_file(path);
    REQUIRE_FALSE(before.empty());
    CHECK(refusal(counter, other.path()).failure == Failure::damaged);
    CHECK(read_file(path) == before);
}

TEST_CASE("an empty file becomes a ledger", "[opening]") {
    TemporaryDirectory directory;
    write_file(directory.file("ledger.db"), "");
    Counter counter{{.directory = directory.path()}};
    CHECK(counter.ledger().head_seq() == kKnownProducts);
}

TEST_CASE("where there is no ledger, none is made unless asked", "[opening]") {
    Counter counter;
    TemporaryDirectory empty;
    CHECK(refusal(counter, empty.file("missing")).failure == Failure::not_found);
    CHECK(refusal(counter, empty.path(), false).failure == Failure::not_found);
    CHECK(read_file(empty.file("ledger.db")).empty());
}

TEST_CASE("a ledger without its write-ahead log file opens, with it too", "[opening]") {
    Counter counter;
    counter.scan(Scan{Box{}.code()}.mode("receive"));
    TemporaryDirectory copy;  // as kill -9 leaves it
    write_file(copy.file("ledger.db"), read_file(counter.file()));
    write_file(copy.file("ledger.db-wal"), read_file(counter.file() + "-wal"));
    Counter other{{.directory = copy.path(), .products = false}};
    CHECK(other.ledger().head_hash() == counter.ledger().head_hash());
    CHECK(first_fault(other.verify()) == "");
}

TEST_CASE("a snapshot is a plain file that any SQLite reads", "[snapshot]") {
    Counter counter;
    counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("receive"));
    const auto doses = counter.ready_doses(Scan{Box{.serial = "S1"}.code()}.doses(2).units_per_dose(10));
    counter.scan(Scan{doses[0]}.mode("dispense"));
    TemporaryDirectory place;
    const std::string path = place.file("copy.db");
    auto snapshot = Snapshot::start(counter.ledger(), path);
    REQUIRE(snapshot.has_value());
    bool more = true;
    for (int i = 0; more; ++i) {
        const auto stepped = (*snapshot)->step(3);
        REQUIRE(stepped.has_value());
        more = *stepped;
        if (i == 2) CHECK(counter.scan(Scan{doses[1]}.mode("dispense")).what() == "dispensed");  // work goes on meanwhile
    }
    CHECK((*snapshot)->entries() == counter.ledger().head_seq());
    CHECK((*snapshot)->bytes() == read_file(path).size());
    CHECK(sqlite(path, "SELECT count(*) FROM event") == std::to_string(counter.ledger().head_seq()));
    CHECK(
        sqlite(path, "SELECT group_concat(lot || ' ' || expires_on || ' ' || gtin || ' ' || serial, '; ') FROM dispensed_dose") ==
        "L1 2028-06-30 " + gtin_text(1) + " S1; L1 2028-06-30 " + gtin_text(1) + " S1");
    CHECK(sqlite(path, "SELECT count(*) FROM dispensed_dose WHERE dose = '" + doses[0] + "'") == "1");
    CHECK(sqlite(path, "PRAGMA journal_mode") == "delete");
    CHECK(Snapshot::start(counter.ledger(), path).error().failure == Failure::invalid);
    CHECK(Snapshot::start(counter.ledger(), "relative.db").error().failure == Failure::invalid);
    CHECK_FALSE(Snapshot::start(counter.ledger(), place.file("no/such/folder.db")).has_value());
}

TEST_CASE("a snapshot given up leaves no file", "[snapshot]") {
    Counter counter;
    TemporaryDirectory place;
    { REQUIRE((*Snapshot::start(counter.ledger(), place.file("copy.db")))->step(1).has_value()); }
    CHECK(std::filesystem::is_empty(place.path()));
}
