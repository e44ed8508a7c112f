// SPDX-License-Identifier: Apache-2.0
// Disks that are full and that fail: what was refused is not there, and work goes on where it can.
#include "support/catch.hpp"
#include "support/counter.hpp"
#include "support/shim_vfs.hpp"

#include <sqlite3.h>

using namespace dosario;
using namespace dosario::test;

namespace {

const char* const kStock = "SELECT * FROM stock";

}  // namespace

TEST_CASE("a full disk refuses the whole group, the desk forgets it, and work goes on when there is space", "[disk]") {
    ShimVfs disk{"full"};
    Counter counter{{.vfs = "full"}};
    counter.scan(kReceive);
    for (int nth = 1; nth <= 30; ++nth) {
        INFO(nth);
        const Seq head = counter.ledger().head_seq();
        const std::string before = counter.rows(kStock);
        disk.fail_writes(nth, SQLITE_FULL);
        const int failures = disk.failures();
        const auto answers = counter.scan_group({Scan{"DOSARIO.X7"}, Scan{Box{}.code()}, Scan{"DOSARIO.X9"}, Scan{linear(2)}});
        disk.heal();
        if (disk.failures() == failures) {
            CHECK(nth > 2);  // some writes were met
            CHECK(answers[1].what() == "received");
            break;
        }
        for (const Answer& answer : answers) {
            REQUIRE(answer.error);
            CHECK(answer.error->failure == Failure::full);
        }
        CHECK_FALSE(counter.fatal());
        CHECK(counter.ledger().head_seq() == head);
        CHECK(counter.rows(kStock) == before);
        CHECK(first_fault(counter.verify()) == "");
        // Neither the question nor the multiplier of the group that failed is remembered.
        CHECK(counter.scan(kYes).what() == "not_understood");
        CHECK(counter.scan(Box{.product = 3}.code()).what() == "received");
        CHECK(counter.rows("SELECT counted_packs FROM stock WHERE gtin = (SELECT max(gtin) FROM stock)") == std::to_string(nth));
        CHECK(first_fault(counter.verify()) == "");
    }
    REQUIRE(counter.reopen().has_value());
    CHECK(first_fault(counter.verify()) == "");
}

TEST_CASE("a failed sync refuses the group, and the process is told not to go on", "[disk]") {
    ShimVfs disk{"sync"};
    Counter counter{{.vfs = "sync"}};
    counter.scan(Scan{Box{}.code()}.mode("receive"));
    const Seq head = counter.ledger().head_seq();
    const std::string before = counter.rows(kStock);
    disk.fail_syncs(1, SQLITE_IOERR_FSYNC);
    const auto answers = counter.scan_group({Scan{Box{}.code()}, Scan{Box{.product = 2}.code()}});
    for (const Answer& answer : answers) {
        REQUIRE(answer.error);
        CHECK(answer.error->failure == Failure::io);
    }
    REQUIRE(counter.fatal());
    CHECK(counter.ledger().head_seq() == head);
    CHECK(counter.rows(kStock) == before);
    TemporaryDirectory copy;  // as kill -9 leaves it now
    write_file(copy.file("ledger.db"), read_file(counter.file()));
    write_file(copy.file("ledger.db-wal"), read_file(counter.file() + "-wal"));
    Counter other{{.directory = copy.path(), .products = false}};
    CHECK((other.ledger().head_seq() == head || other.ledger().head_seq() == head + 2));  // all of the group or nothing
    CHECK(first_fault(other.verify()) == "");
    CHECK(answers[0].error->message.find("not certain") != std::string::npos);
    disk.heal();
    REQUIRE(counter.reopen().has_value());
    CHECK(first_fault(counter.verify()) == "");
}

TEST_CASE("a write error in the middle of a large group is an I/O error, not a full disk", "[disk]") {
    ShimVfs disk{"spill"};
    Counter counter{{.vfs = "spill"}};
    REQUIRE(counter.ledger().database().execute("PRAGMA cache_size = 10").has_value());  // pages go out before the commit
    std::vector<v1::ScanRequest> group{Scan{kReceive}};
    for (int i = 0; i < 200; ++i) group.push_back(Scan{Box{.lot = "L" + std::to_string(i)}.code()});
    const Seq head = counter.ledger().head_seq();
    for (const auto& [code, failure] : {std::pair{SQLITE_IOERR_WRITE, Failure::io}, std::pair{SQLITE_FULL, Failure::full}}) {
        for (const int nth : {1, 2, 5, 19, 20}) {  // in whatever statement the page goes out
            INFO(nth);
            disk.fail_writes(nth, code);
            const auto answers = counter.scan_group(group);
            disk.heal();
            for (const Answer& answer : answers) {
                REQUIRE(answer.error);
                CHECK(answer.error->failure == failure);
            }
            CHECK(counter.fatal().has_value() == (failure == Failure::io));
            CHECK(counter.ledger().head_seq() == head);
            CHECK(first_fault(counter.verify()) == "");
        }
    }
    CHECK(counter.scan(Scan{Box{}.code()}.mode("receive")).what() == "received");
    CHECK(first_fault(counter.verify()) == "");
}

TEST_CASE("a request id whose group failed is not remembered", "[disk]") {
    ShimVfs disk{"retry"};
    Counter counter{{.vfs = "retry"}};
    disk.fail_writes(1, SQLITE_FULL);
    CHECK(counter.scan(Scan{Box{}.code()}.mode("receive").id("one")).error);
    disk.heal();
    CHECK(counter.scan(Scan{Box{}.code()}.mode("receive").id("one")).what() == "received");
    CHECK(counter.rows("SELECT counted_packs FROM stock") == "1");
    // Nor is a question whose group failed because of another scan in it.
    disk.fail_writes(1, SQLITE_FULL);
    for (const Answer& answer : counter.scan_group({Scan{linear(2)}.id("two"), Scan{Box{}.code()}})) CHECK(answer.error);
    disk.heal();
    CHECK(counter.scan(Scan{linear(2)}.id("two")).what() == "lot_needed");
    CHECK(counter.scan(Scan{""}.lot("A").expires("2028-01-31")).what() == "received");
}

TEST_CASE("what records nothing touches no disk: refusals and questions are answered by a full one", "[disk]") {
    ShimVfs disk{"idle"};
    Counter counter{{.vfs = "idle"}};
    counter.scan(Scan{Box{}.code()}.mode("receive"));
    disk.fail_writes(1, SQLITE_FULL);
    disk.fail_syncs(1, SQLITE_IOERR_FSYNC);
    disk.record(true);
    CHECK(counter.scan(Scan{Box{.lot = "OLD", .expires = "2026-11-20"}.code()}.id("a")).what() == "expired");
    CHECK(counter.scan(Scan{linear(2)}.id("b")).what() == "lot_needed");
    CHECK(counter.scan(Scan{"DOSARIO.X7"}.id("c")).what() == "count_set");
    CHECK(counter.scan(Scan{kAna}.id("d")).error);  // this one records
    CHECK(counter.scan(Scan{"DOSARIO.AYUDA"}.id("e")).what() == "help");
    CHECK(disk.failures() == 1);
    CHECK(disk.operations().empty());
    disk.heal();
    CHECK(counter.rows("SELECT count(*) FROM request") == "0");
    CHECK(counter.scan(Scan{kAna}.id("d")).what() == "operator_changed");
    CHECK(counter.rows("SELECT request_id FROM request") == "d");
}

TEST_CASE("a request that recorded nothing gets the same reply when it comes again", "[disk]") {
    Counter counter;
    counter.scan(kReceive);
    const auto question = counter.scan(Scan{linear(2)}.id("q")).reply;
    CHECK(question.what() == "lot_needed");
    CHECK(counter.scan(Scan{""}.lot("A").expires("2028-01-31")).what() == "received");
    // It was answered meanwhile: asked again, the first request must not book a second box.
    CHECK(counter.scan(Scan{linear(2)}.id("q")).reply.SerializeAsString() == question.SerializeAsString());
    CHECK(counter.scan(Scan{"DOSARIO.X5"}.id("x")).what() == "count_set");
    CHECK(counter.scan(Box{}.code()).reply.message().find("5 x") != std::string::npos);
    CHECK(counter.scan(Scan{"DOSARIO.X5"}.id("x")).what() == "count_set");
    CHECK(counter.scan(Box{}.code()).reply.message().find("1 x") != std::string::npos);  // the multiplier is not set again
    SECTION("the oldest are forgotten, and decided again") {
        for (int i = 0; i < 256; ++i) counter.scan(Scan{"DOSARIO.AYUDA"}.id(("h" + std::to_string(i)).c_str()));
        CHECK(counter.scan(Scan{linear(2)}.id("q")).what() == "received");
    }
    SECTION("after a restart it is decided again, as what it asked is forgotten too") {
        REQUIRE(counter.reopen().has_value());
        CHECK(counter.scan(Scan{linear(2)}.id("q")).what() == "received");
    }
    CHECK(first_fault(counter.verify()) == "");
}

TEST_CASE("what is refused by the ledger in learning leaves the group whole", "[disk]") {
    Counter counter;
    const Product wrong{gtin(9), "No units", "", 0, 0, 0};
    const Job learn{[&](Service& service) { CHECK_FALSE(service.learn({&wrong, 1}).has_value()); }, [](const auto&) {}};
    run_group(counter.service(), {&learn, 1});
    CHECK(counter.scan(Scan{Box{}.code()}.mode("receive")).what() == "received");
    CHECK(first_fault(counter.verify()) == "");
}
