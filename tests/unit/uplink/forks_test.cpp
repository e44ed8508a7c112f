// SPDX-License-Identifier: Apache-2.0
// Histories that parted: the station's core against the real receiver and store, every place where they can part.
#include "collector/sqlite_store.hpp"
#include "crypto/openssl.hpp"
#include "support/catch.hpp"
#include "support/result.hpp"
#include "support/shim_vfs.hpp"
#include "support/uplink_pair.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

/// A collector without a disk worth waiting for.
struct Centre {
    Centre() { disk.skip_syncs(); }

    /// One session until nothing happens any more; it must have been a good one.
    std::unique_ptr<UplinkLink> visit(StationLedger& ledger, std::size_t piece = 65536) {
        auto link = std::make_unique<UplinkLink>(ledger, shell, LinkOptions{}, MonoTime{std::chrono::hours{1}});
        REQUIRE(link->pump(piece));
        INFO((link->end ? link->end->why : ""));
        REQUIRE_FALSE(link->end.has_value());
        REQUIRE_FALSE(link->collector_ended);
        REQUIRE(link->streaming);
        REQUIRE(link->session.lag() == 0);
        return link;
    }
    /// What the collector has of that branch.
    std::vector<Entry> all(const LedgerId& ledger, const BranchId& branch) {
        std::vector<Entry> out;
        for (;;) {
            auto some = must(store->entries(ledger, branch, out.empty() ? 0 : out.back().header.seq, 256, 1 << 20));
            if (some.empty()) return out;
            out.insert(out.end(), some.begin(), some.end());
        }
    }
    /// The station's entries are there, branch by branch.
    void check_has(MemoryLedger& ledger) {
        const LedgerTail tail = ledger.tail();
        for (const BranchSpan& span : tail.branches) {
            const auto there = all(tail.ledger, span.branch);
            REQUIRE(there.size() >= span.end - span.starts_after);
            for (Seq seq = span.starts_after + 1; seq <= span.end; ++seq)
                REQUIRE(there[seq - span.starts_after - 1].hash == ledger.entries[seq - 1].hash);
        }
        CHECK(all(tail.ledger, tail.branches.back().branch).size() ==
              tail.branches.back().end - tail.branches.back().starts_after);
    }

    std::unique_ptr<Digest> digest = make_digest();
    SeededEntropy entropy{1};
    ShimVfs disk{"forks"};
    TemporaryDirectory directory;
    std::unique_ptr<SqliteStore> store = must(SqliteStore::open(directory.path(), true, disk.name()));
    CollectorShell shell{store.get(), *digest};
};

}  // namespace

TEST_CASE("a copy that was used goes on beside the original, from any entry", "[fork]") {
    for (const Seq length : {1, 2, 5, 64, 65, 66, 130}) {
        Centre centre;
        std::vector<MemoryLedger> backups;
        MemoryLedger ledger{*centre.digest, centre.entropy};
        for (Seq seq = 0; seq < length; ++seq) {
            backups.push_back(ledger);
            ledger.book_some(1);
        }
        centre.visit(ledger);
        for (Seq at = 0; at < length; ++at) {
            INFO("parted after " << at << " of " << length);
            MemoryLedger copy = backups[at];
            copy.book_some(1 + (at * 7) % 80);
            const auto link = centre.visit(copy, 1 + at * 13);
            REQUIRE(link->forks == 1);
            REQUIRE(copy.branches.size() == 2);
            REQUIRE(copy.branches[1].starts_after == at);
            centre.check_has(copy);
            centre.check_has(ledger);
        }
        CHECK(centre.visit(ledger)->forks == 0);
    }
}

TEST_CASE("a parting in an earlier branch, or where one begins, is found and kept", "[fork]") {
    // A: 1 to 10, B: 11 to 20, C: 21 to 30. The collector heard another end of one of them first.
    for (Seq at = 0; at < 30; ++at) {
        INFO("parted after " << at);
        Centre centre;
        MemoryLedger ledger{*centre.digest, centre.entropy};
        std::optional<MemoryLedger> other;
        for (Seq seq = 0; seq < 30; ++seq) {
            if (seq == 10 || seq == 20) ledger.fork(seq, "");
            if (seq == at) other = ledger;
            ledger.book_some(1);
        }
        other->book_some(35 - at);
        centre.visit(*other);
        const auto link = centre.visit(ledger);
        CHECK(link->forks == 1);
        REQUIRE(ledger.branches.size() == 4);
        std::multiset<Seq> begins;
        for (const auto& branch : ledger.branches) begins.insert(branch.starts_after);
        CHECK(begins == std::multiset<Seq>{0, 10, 20, at});
        centre.check_has(ledger);
        centre.check_has(*other);
    }
}

TEST_CASE("parted in every branch, it is settled in one session", "[fork]") {
    Centre centre;
    MemoryLedger ledger{*centre.digest, centre.entropy};
    ledger.book_some(5);
    MemoryLedger first = ledger;
    ledger.book_some(5);
    ledger.fork(10, "");
    ledger.book_some(5);
    MemoryLedger second = ledger;
    ledger.book_some(5);
    first.book_some(20);
    centre.visit(first);
    second.book_some(20);
    CHECK(centre.visit(second)->forks == 1);
    const auto link = centre.visit(ledger);
    CHECK(link->forks == 2);
    centre.check_has(first);
    centre.check_has(second);
    centre.check_has(ledger);
}

TEST_CASE("two copies with an empty new branch part inside it", "[fork]") {
    Centre centre;
    MemoryLedger ledger{*centre.digest, centre.entropy};
    ledger.book_some(10);
    ledger.fork(10, "");
    MemoryLedger copy = ledger;
    ledger.book_some(3);
    copy.book_some(4);
    centre.visit(ledger);
    CHECK(centre.visit(copy)->forks == 1);
    REQUIRE(copy.branches.size() == 3);
    CHECK(copy.branches[1].starts_after == 10);
    CHECK(copy.branches[2].starts_after == 10);
    centre.check_has(ledger);
    centre.check_has(copy);
}

TEST_CASE("an unused copy gets its tail back, of any length, in pieces", "[restore]") {
    for (const std::size_t tail : {1, 2, 255, 256, 257, 1000}) {
        Centre centre;
        MemoryLedger ledger{*centre.digest, centre.entropy};
        ledger.book_some(7);
        MemoryLedger copy = ledger;
        ledger.book_some(tail);
        ledger.book_large(100'000);
        ledger.book_large(100'000);
        centre.visit(ledger);
        const auto link = centre.visit(copy);
        CHECK(link->restored == tail + 2);
        CHECK(link->forks == 0);
        CHECK(copy.head_hash() == ledger.head_hash());
        centre.check_has(copy);
    }
}

TEST_CASE("a booking while the tail comes back goes beside it, and nothing is lost", "[restore]") {
    for (int moment = 0; moment < 60; ++moment) {
        INFO("booked at step " << moment);
        Centre centre;
        MemoryLedger ledger{*centre.digest, centre.entropy};
        ledger.book_some(7);
        MemoryLedger copy = ledger;
        ledger.book_some(700);
        centre.visit(ledger);
        UplinkLink link{copy, centre.shell, {}, MonoTime{}};
        int step = 0;
        bool moved = true;
        const auto maybe_book = [&] {
            if (step++ != moment) return;
            copy.book_some(1);
            link.grew();
        };
        while (moved) {
            moved = false;
            for (const auto act : {&UplinkLink::station_serves, &UplinkLink::station_hears, &UplinkLink::collector_serves,
                                   &UplinkLink::collector_hears}) {
                if ((link.*act)()) moved = true, maybe_book();
            }
            if (link.up(65536)) moved = true, maybe_book();
            if (link.down(65536)) moved = true, maybe_book();
            if (!moved && step <= moment) moved = true, maybe_book();
        }
        REQUIRE_FALSE(link.end.has_value());
        CHECK(link.session.lag() == 0);
        CHECK(copy.branches.size() <= 2);
        centre.check_has(copy);
        if (copy.branches.size() == 2) {
            centre.check_has(ledger);
        } else {
            CHECK(copy.entries[706].hash == ledger.head_hash());
        }
    }
}

TEST_CASE("a real ledger parts, and comes back, and verifies", "[restore]") {
    Centre centre;
    Counter counter;
    CounterLedger ledger{counter};
    for (int i = 0; i < 300; ++i)
        must(counter.append(PacksReceived{gtin(1), "", "L1", day("2028-06-30"), 1, kTablets, {}, false}));
    centre.visit(ledger);
    // An older copy of the disk, in another directory.
    TemporaryDirectory other;
    counter.close();
    std::filesystem::copy_file(counter.file(), other.file("ledger.db"));
    REQUIRE(counter.reopen().has_value());
    for (int i = 0; i < 300; ++i)
        must(counter.append(PacksReceived{gtin(2), "", "L1", day("2028-06-30"), 1, kTablets, {}, false}));
    CHECK(centre.visit(ledger)->forks == 0);

    CounterOptions options;
    options.seed = 2;
    options.directory = other.path();
    options.products = false;
    Counter restored{options};
    CounterLedger its_ledger{restored};
    SECTION("unused: its tail comes back") {
        const auto link = centre.visit(its_ledger);
        CHECK(link->restored == 300);
        CHECK(restored.ledger().head_hash() == counter.ledger().head_hash());
        CHECK(restored.ledger().boot() > counter.ledger().boot());
        CHECK(restored.rows("SELECT gtin, counted_packs FROM stock WHERE place = 1") ==
              counter.rows("SELECT gtin, counted_packs FROM stock"));
        must(restored.append(OperatorChanged{"ANA00001"}));
        centre.visit(its_ledger);
    }
    SECTION("used: it goes on beside") {
        for (int i = 0; i < 3; ++i) must(restored.append(OperatorChanged{"ANA00001"}));
        const auto link = centre.visit(its_ledger);
        CHECK(link->forks == 1);
        CHECK(must(restored.ledger().tail()).branches.size() == 2);
        must(restored.append(OperatorChanged{"EVA00002"}));
        centre.visit(its_ledger);
        REQUIRE(restored.reopen().has_value());
        CHECK(must(restored.ledger().tail()).branches.size() == 2);
    }
    CHECK(first_fault(restored.verify()) == "");
    CHECK(first_fault(counter.verify()) == "");
}

TEST_CASE("verify is content with what comes back from the collector, whatever the lost runs wrote or did not", "[restore]") {
    Centre centre;
    Counter counter;
    CounterLedger ledger{counter};
    centre.visit(ledger);
    TemporaryDirectory other;
    counter.close();
    std::filesystem::copy_file(counter.file(), other.file("ledger.db"));
    for (const int entries : {2, 0, 0, 300, 3, 0}) {  // runs of the daemon that get lost; those without entries leave no trace
        REQUIRE(counter.reopen().has_value());
        for (int i = 0; i < entries; ++i) must(counter.append(OperatorChanged{"ANA00001"}));
    }
    centre.visit(ledger);

    CounterOptions options;
    options.seed = 2;
    options.directory = other.path();
    options.products = false;
    Counter restored{options};
    CounterLedger its_ledger{restored};
    CHECK(centre.visit(its_ledger)->restored == 305);
    const auto check_whole = [&] {
        CHECK(first_fault(restored.verify()) == "");
        CHECK(first_fault(verify_copy(restored.ledger())) == "");
        CHECK(restored.verify().branch == restored.ledger().branch());
    };
    // Runs 2 and 6 had numbers that the restored program's own runs took before it heard of them.
    CHECK(restored.rows("SELECT boot FROM boot WHERE boot_id = zeroblob(16)") == "5");
    CHECK(restored.rows("SELECT count(*) FROM boot WHERE boot IN (3, 4)") == "0");
    check_whole();
    must(restored.append(OperatorChanged{"EVA00002"}));
    REQUIRE(restored.reopen().has_value());
    check_whole();
    must(rebuild(restored.ledger()));
    check_whole();
}

TEST_CASE("verify is content with branches in any order, and names the one that is written to", "[fork]") {
    Counter counter;
    CounterLedger ledger{counter};
    for (int i = 0; i < 30; ++i) must(counter.append(OperatorChanged{"ANA00001"}));
    for (const Seq after : {20, 10, 10, 0, 35}) {  // a parting in an earlier branch is found later
        if (after == 35) {
            while (counter.ledger().head_seq() < 35) must(counter.append(OperatorChanged{"EVA00002"}));
        }
        ledger.fork(after, "");
        INFO("after " << after);
        CHECK(first_fault(counter.verify()) == "");
        CHECK(counter.verify().branch == counter.ledger().branch());
    }
    REQUIRE(counter.reopen().has_value());
    CHECK(first_fault(counter.verify()) == "");
    CHECK(counter.verify().branch == counter.ledger().branch());
}
