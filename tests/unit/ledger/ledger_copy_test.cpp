// SPDX-License-Identifier: Apache-2.0
// A copy made in steps, while the ledger is written and when its disk has no room.
#include "ledger/ledger_copy.hpp"

#include "support/catch.hpp"
#include "support/counter.hpp"
#include "support/shim_vfs.hpp"

#include <sqlite3.h>

#include <filesystem>

using namespace dosario;
using namespace dosario::test;

namespace {

v1::ScanRequest box(int n) { return Scan{Box{.product = 1 + n % 5U, .lot = "L" + std::to_string(n)}.code()}.mode("receive"); }

/// So many boxes, of as many lots: a ledger of some hundred pages.
void fill(Counter& counter, int boxes) {
    std::vector<v1::ScanRequest> all;
    for (int n = 0; n < boxes; ++n) all.push_back(box(n));
    for (const Answer& answer : counter.scan_group(all)) DOSARIO_CHECK(answer.ok());
}

std::string text_of(Database& db, const char* sql) {
    auto text = db.text(sql);
    REQUIRE(text.has_value());
    return *text;
}

}  // namespace

TEST_CASE("a copy made in steps has everything that was written until its last one", "[copy]") {
    Counter counter;
    fill(counter, 300);
    auto copy = LedgerCopy::start(counter.ledger(), "");
    REQUIRE(copy.has_value());
    int steps = 0;
    for (;;) {
        const auto more = (*copy)->step(5);
        REQUIRE(more.has_value());
        if (!*more) break;
        if (++steps % 4 == 0) REQUIRE(counter.scan(box(1000 + steps)).ok());
        if (steps % 10 == 0) REQUIRE(counter.ledger().checkpoint().has_value());
    }
    CHECK(steps >= 10);
    CHECK((*copy)->head_seq() == counter.ledger().head_seq());
    CHECK((*copy)->head_hash() == counter.ledger().head_hash());
    const auto database = (*copy)->take();
    const char* const kAll = "SELECT group_concat(hex(hash)) FROM (SELECT hash FROM event ORDER BY seq)";
    CHECK(text_of(*database, kAll) == text_of(counter.ledger().database(), kAll));
    CHECK(text_of(*database, "SELECT count(*) FROM stock") == text_of(counter.ledger().database(), "SELECT count(*) FROM stock"));
    // What comes later is not in it.
    const Seq head = (*copy)->head_seq();
    REQUIRE(counter.scan(box(5000)).ok());
    CHECK(text_of(*database, "SELECT max(seq) FROM event") == std::to_string(head));
}

TEST_CASE("what is undone while the ledger is copied is not in the copy", "[copy]") {
    Counter counter;
    fill(counter, 300);
    Ledger& ledger = counter.ledger();
    int rolled_back = 0;  // it may begin the copy again
    const VerifyReport report = verify_copy(ledger, 5, [&] {
        if (rolled_back == 5) return;
        ++rolled_back;
        REQUIRE(ledger.begin().has_value());
        REQUIRE(ledger.append({OperatorChanged{"EVA00002"}, 0, "", "", counter.today()}, counter.stamp()).has_value());
        ledger.rollback();
    });
    CHECK(rolled_back == 5);
    CHECK(first_fault(report) == "");
    CHECK(report.head == ledger.head_hash());
}

TEST_CASE("a temporary copy is in no folder, and a copy that is given up leaves the ledger alone", "[copy]") {
    Counter counter;
    fill(counter, 300);
    const auto files = [&] {
        return std::distance(std::filesystem::directory_iterator{counter.directory()}, std::filesystem::directory_iterator{});
    };
    const auto before = files();
    {
        auto copy = LedgerCopy::start(counter.ledger(), "");
        REQUIRE(copy.has_value());
        REQUIRE((*copy)->step(50).has_value());
        CHECK(files() == before);
    }
    REQUIRE(counter.scan(box(1)).ok());
    CHECK(first_fault(counter.verify()) == "");
}

TEST_CASE("a copy whose disk is full fails with that, and the ledger is written all the same", "[copy]") {
    Counter counter;
    fill(counter, 20'000);  // more than a database keeps in memory
    for (const int nth : {1, 2, 50}) {
        INFO("from write " << nth);
        ShimVfs disk{"small"};
        {
            auto copy = LedgerCopy::start(counter.ledger(), "", disk.name());
            REQUIRE(copy.has_value());
            disk.fail_writes(nth, SQLITE_FULL);
            std::optional<Error> failure;
            for (bool more = true; more;) {
                const auto stepped = (*copy)->step(64);
                if (!stepped) failure = stepped.error();
                more = stepped.has_value() && *stepped;
                REQUIRE(counter.scan(box(nth)).ok());
            }
            REQUIRE(disk.failures() > 0);
            REQUIRE(failure);
            CHECK(failure->failure == Failure::full);
        }
        CHECK(first_fault(counter.verify()) == "");
    }
    REQUIRE(counter.reopen().has_value());
    CHECK(first_fault(counter.verify()) == "");
}
