// SPDX-License-Identifier: Apache-2.0
// What every kind of store keeps to. Nothing here knows which one it is.
#include "unit/collector/store_rig.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

struct Rig {
    explicit Rig(const StoreKind& kind) : under_test(kind.make()) {}
    Store& store() { return under_test->store(); }
    std::vector<Entry> entries(MemoryLedger& of, std::size_t branch, Seq after = 0, std::size_t limit = 10000) {
        const LedgerTail tail = of.tail();
        return must(store().entries(tail.ledger, tail.branches[branch].branch, after, limit, 1 << 30));
    }
    bool holds(MemoryLedger& of, std::size_t branch, Seq after, Seq to) {
        const auto there = entries(of, branch);
        if (there.size() != to - after) return false;
        for (std::size_t i = 0; i < there.size(); ++i) {
            const Entry& ours = of.entries[after + i];
            const Entry& one = there[i];
            if (one.hash != ours.hash || one.event_id != ours.event_id || one.body != ours.body ||
                one.header.seq != ours.header.seq || one.header.kind != ours.header.kind ||
                one.header.version != ours.header.version || one.header.boot != ours.header.boot ||
                one.header.mono_us != ours.header.mono_us || one.header.wall_us != ours.header.wall_us ||
                one.header.clock != ours.header.clock) {
                return false;
            }
        }
        return true;
    }

    std::unique_ptr<StoreUnderTest> under_test;
    std::unique_ptr<Digest> digest = make_digest();
    SeededEntropy entropy{1};
    MemoryLedger ledger{*digest, entropy};
};

}  // namespace

TEST_CASE("a ledger that nobody knows has nothing there", "[store]") {
    Rig rig{GENERATE(from_range(all_stores()))};
    rig.ledger.book_some(5);
    rig.ledger.fork(5, "");
    rig.ledger.book_some(2);
    const auto start = begin_session(rig.store(), rig.ledger);
    CHECK(start.number == 1);
    CHECK_FALSE(start.other_station);
    CHECK_FALSE(start.other_machine);
    CHECK_FALSE(start.second_ledger);
    REQUIRE(start.heads.size() == 2);
    CHECK(start.heads[0].have == 0);
    CHECK(start.heads[0].common == 0);
    CHECK(start.heads[0].common_hash == Sha256{});
    CHECK(start.heads[1].have == 5);
    CHECK(start.heads[1].common_hash == rig.ledger.entries[4].hash);
    CHECK(rig.entries(rig.ledger, 0).empty());
}

TEST_CASE("session numbers rise, over closing and opening too", "[store]") {
    Rig rig{GENERATE(from_range(all_stores()))};
    std::uint64_t last = 0;
    for (int i = 0; i < 5; ++i) {
        const auto number = begin_session(rig.store(), rig.ledger).number;
        CHECK(number > last);
        last = number;
        if (i % 2 == 0) rig.under_test->reopen();
    }
}

TEST_CASE("entries come back byte for byte, over closing and opening too", "[store]") {
    Rig rig{GENERATE(from_range(all_stores()))};
    rig.ledger.book_some(3);
    rig.ledger.book_large(kLargestBody);
    rig.ledger.book_large(1);
    rig.ledger.book(OperatorChanged{"ANA00001"}, UtcTime{Micros{-5}});
    const auto session = begin_session(rig.store(), rig.ledger).number;
    const auto outcome = append(rig.store(), append_of(rig.ledger, 0, session, 0, 6));
    CHECK(outcome.what == Appended::stored);
    CHECK(outcome.fresh == 6);
    CHECK(outcome.head == 6);
    CHECK(outcome.hash == rig.ledger.head_hash());
    rig.under_test->reopen();
    CHECK(rig.holds(rig.ledger, 0, 0, 6));
    const auto start = begin_session(rig.store(), rig.ledger);
    CHECK(start.heads[0].have == 6);
    CHECK(start.heads[0].have_hash == rig.ledger.head_hash());
}

TEST_CASE("what came before is passed over", "[store]") {
    Rig rig{GENERATE(from_range(all_stores()))};
    rig.ledger.book_some(10);
    const auto session = begin_session(rig.store(), rig.ledger).number;
    append(rig.store(), append_of(rig.ledger, 0, session, 0, 6));
    const auto again = append(rig.store(), append_of(rig.ledger, 0, session, 2, 5));
    CHECK(again.what == Appended::stored);
    CHECK(again.fresh == 0);
    CHECK(again.head == 6);
    const auto more = append(rig.store(), append_of(rig.ledger, 0, session, 4, 9));
    CHECK(more.what == Appended::stored);
    CHECK(more.fresh == 3);
    CHECK(more.head == 9);
    CHECK(rig.holds(rig.ledger, 0, 0, 9));
}

TEST_CASE("another entry where one stands is refused, and nothing of its batch is kept", "[store]") {
    Rig rig{GENERATE(from_range(all_stores()))};
    rig.ledger.book_some(5);
    MemoryLedger other = rig.ledger;
    rig.ledger.book_some(3);
    other.book_some(9);
    const auto session = begin_session(rig.store(), rig.ledger).number;
    append(rig.store(), append_of(rig.ledger, 0, session, 0, 8));
    CHECK(append(rig.store(), append_of(other, 0, session, 4, 14)).what == Appended::differs);
    CHECK(rig.holds(rig.ledger, 0, 0, 8));
    rig.ledger.book_some(1);
    CHECK(append(rig.store(), append_of(rig.ledger, 0, session, 8, 9)).what == Appended::stored);
}

TEST_CASE("a gap is refused, and nothing of its batch is kept", "[store]") {
    Rig rig{GENERATE(from_range(all_stores()))};
    rig.ledger.book_some(10);
    const auto session = begin_session(rig.store(), rig.ledger).number;
    CHECK(append(rig.store(), append_of(rig.ledger, 0, session, 1, 4)).what == Appended::gap);
    append(rig.store(), append_of(rig.ledger, 0, session, 0, 3));
    CHECK(append(rig.store(), append_of(rig.ledger, 0, session, 4, 6)).what == Appended::gap);
    auto holed = append_of(rig.ledger, 0, session, 3, 8);
    holed.entries.erase(holed.entries.begin() + 2);
    CHECK(append(rig.store(), holed).what == Appended::gap);
    CHECK(rig.holds(rig.ledger, 0, 0, 3));
    CHECK(append(rig.store(), append_of(rig.ledger, 0, session, 3, 10)).what == Appended::stored);
    CHECK(rig.holds(rig.ledger, 0, 0, 10));
}

TEST_CASE("a branch waits for the entry it grows from", "[store]") {
    Rig rig{GENERATE(from_range(all_stores()))};
    rig.ledger.book_some(5);
    rig.ledger.fork(3, "");
    rig.ledger.fork(5, "");
    rig.ledger.book_some(4);
    const auto session = begin_session(rig.store(), rig.ledger).number;
    CHECK(append(rig.store(), append_of(rig.ledger, 2, session, 5, 9)).what == Appended::orphaned);
    CHECK(append(rig.store(), append_of(rig.ledger, 1, session, 3, 5)).what == Appended::orphaned);
    CHECK(rig.entries(rig.ledger, 2).empty());
    CHECK(append(rig.store(), append_of(rig.ledger, 0, session, 0, 3)).what == Appended::stored);
    CHECK(append(rig.store(), append_of(rig.ledger, 2, session, 5, 9)).what == Appended::orphaned);
    CHECK(append(rig.store(), append_of(rig.ledger, 1, session, 3, 5)).what == Appended::stored);
    CHECK(append(rig.store(), append_of(rig.ledger, 2, session, 5, 9)).what == Appended::stored);
    CHECK(rig.holds(rig.ledger, 0, 0, 3));
    CHECK(rig.holds(rig.ledger, 1, 3, 5));
    CHECK(rig.holds(rig.ledger, 2, 5, 9));
    const auto start = begin_session(rig.store(), rig.ledger);
    CHECK(start.heads[0].have == 3);
    CHECK(start.heads[1].have == 5);
    CHECK(start.heads[2].have == 9);
}

TEST_CASE("a newer session fences the older, and only of the same ledger", "[store]") {
    Rig rig{GENERATE(from_range(all_stores()))};
    rig.ledger.book_some(4);
    MemoryLedger other{*rig.digest, rig.entropy};
    other.book_some(4);
    const auto theirs = begin_session(rig.store(), other, "otra").number;
    const auto old = begin_session(rig.store(), rig.ledger).number;
    append(rig.store(), append_of(rig.ledger, 0, old, 0, 2));
    const auto young = begin_session(rig.store(), rig.ledger).number;
    CHECK(append(rig.store(), append_of(rig.ledger, 0, old, 2, 4)).what == Appended::fenced);
    CHECK(rig.holds(rig.ledger, 0, 0, 2));
    CHECK(append(rig.store(), append_of(rig.ledger, 0, young, 2, 4)).what == Appended::stored);
    CHECK(append(rig.store(), append_of(other, 0, theirs, 0, 4)).what == Appended::stored);
}

TEST_CASE("a ledger belongs to the name it came with first", "[store]") {
    Rig rig{GENERATE(from_range(all_stores()))};
    rig.ledger.book_some(2);
    const auto first = begin_session(rig.store(), rig.ledger, "farmacia").number;
    const auto stranger = begin_session(rig.store(), rig.ledger, "otra");
    CHECK(stranger.other_station);
    CHECK(stranger.belongs_to == "farmacia");
    // The stranger did not fence the owner.
    CHECK(append(rig.store(), append_of(rig.ledger, 0, first, 0, 2)).what == Appended::stored);
}

TEST_CASE("another machine, and a second ledger of a name, are noticed", "[store]") {
    Rig rig{GENERATE(from_range(all_stores()))};
    CHECK_FALSE(begin_session(rig.store(), rig.ledger).other_machine);
    CHECK_FALSE(begin_session(rig.store(), rig.ledger).other_machine);
    CHECK(begin_session(rig.store(), rig.ledger, "farmacia", std::byte{2}).other_machine);
    CHECK_FALSE(begin_session(rig.store(), rig.ledger, "farmacia", std::byte{2}).other_machine);
    CHECK(begin_session(rig.store(), rig.ledger).other_machine);
    MemoryLedger second{*rig.digest, rig.entropy};
    CHECK(begin_session(rig.store(), second).second_ledger);
    CHECK_FALSE(begin_session(rig.store(), second).second_ledger);
    MemoryLedger elsewhere{*rig.digest, rig.entropy};
    CHECK_FALSE(begin_session(rig.store(), elsewhere, "otra").second_ledger);
}

TEST_CASE("a Welcome tells the hash where both ends meet", "[store]") {
    Rig rig{GENERATE(from_range(all_stores()))};
    rig.ledger.book_some(4);
    MemoryLedger shorter = rig.ledger;
    rig.ledger.book_some(4);
    append_all(rig.store(), rig.ledger);
    const auto behind = begin_session(rig.store(), shorter).heads.front();
    CHECK(behind.have == 8);
    CHECK(behind.have_hash == rig.ledger.head_hash());
    CHECK(behind.common == 4);
    CHECK(behind.common_hash == shorter.head_hash());
    rig.ledger.book_some(4);
    const auto ahead = begin_session(rig.store(), rig.ledger).heads.front();
    CHECK(ahead.have == 8);
    CHECK(ahead.common == 8);
    CHECK(ahead.common_hash == rig.ledger.entries[7].hash);
    // A branch that begins elsewhere than the one of that name here.
    rig.ledger.fork(8, "");
    append_all(rig.store(), rig.ledger);
    MemoryLedger odd = rig.ledger;
    odd.branches[1].starts_after = 6;
    odd.branches[1].parent_hash = odd.entries[5].hash;
    const auto heads = begin_session(rig.store(), odd).heads;
    CHECK(heads[1].common_hash != odd.entries[heads[1].common - 1].hash);
}

TEST_CASE("hashes are told where there are any", "[store]") {
    Rig rig{GENERATE(from_range(all_stores()))};
    rig.ledger.book_some(6);
    rig.ledger.fork(4, "");
    append_all(rig.store(), rig.ledger);
    const LedgerTail tail = rig.ledger.tail();
    const std::vector<Seq> seqs{0, 1, 3, 4, 5, 6, 7, 1ULL << 62, ~0ULL};
    const auto first = must(rig.store().hashes(tail.ledger, tail.branches[0].branch, seqs));
    REQUIRE(first.size() == seqs.size());
    CHECK(first[0] == Sha256{});
    CHECK(first[1] == rig.ledger.entries[0].hash);
    CHECK(first[2] == rig.ledger.entries[2].hash);
    CHECK(first[3] == rig.ledger.entries[3].hash);
    for (std::size_t i = 4; i < seqs.size(); ++i) CHECK_FALSE(first[i]);
    const auto second = must(rig.store().hashes(tail.ledger, tail.branches[1].branch, seqs));
    CHECK_FALSE(second[2]);
    CHECK(second[3] == rig.ledger.entries[3].hash);  // where it grows from
    CHECK(second[4] == rig.ledger.entries[4].hash);
    CHECK(second[5] == rig.ledger.entries[5].hash);
    CHECK_FALSE(second[6]);
    for (const auto& none : must(rig.store().hashes(tail.ledger, BranchId{}, seqs))) CHECK_FALSE(none);
    for (const auto& none : must(rig.store().hashes(LedgerId{}, tail.branches[0].branch, seqs))) CHECK_FALSE(none);
}

TEST_CASE("entries are given within limit and bytes, one at least", "[store]") {
    Rig rig{GENERATE(from_range(all_stores()))};
    for (int i = 0; i < 10; ++i) rig.ledger.book_large(1000);
    append_all(rig.store(), rig.ledger);
    const LedgerTail tail = rig.ledger.tail();
    const auto count = [&](Seq after, std::size_t limit, std::size_t bytes) {
        return must(rig.store().entries(tail.ledger, tail.branches[0].branch, after, limit, bytes)).size();
    };
    CHECK(count(0, 100, 1 << 20) == 10);
    CHECK(count(0, 4, 1 << 20) == 4);
    CHECK(count(0, 100, 2999) == 2);
    CHECK(count(0, 100, 3000) == 3);
    CHECK(count(0, 100, 1) == 1);
    CHECK(count(8, 100, 1 << 20) == 2);
    CHECK(count(10, 100, 1 << 20) == 0);
    CHECK(count(~0ULL, 100, 1 << 20) == 0);
    CHECK(must(rig.store().entries(tail.ledger, BranchId{}, 0, 10, 10)).empty());
    CHECK(must(rig.store().entries(LedgerId{}, tail.branches[0].branch, 0, 10, 10)).empty());
}

TEST_CASE("what was not committed is not there", "[store]") {
    Rig rig{GENERATE(from_range(all_stores()))};
    rig.ledger.book_some(4);
    const auto session = begin_session(rig.store(), rig.ledger).number;
    const auto undo = [&] {
        SECTION("rolled back") { rig.store().rollback(); }
        SECTION("closed") { rig.under_test->reopen(); }
    };
    must(rig.store().begin());
    must(rig.store().append(append_of(rig.ledger, 0, session, 0, 4)));
    undo();
    CHECK(rig.entries(rig.ledger, 0).empty());
    CHECK(append(rig.store(), append_of(rig.ledger, 0, session, 0, 4)).fresh == 4);
}

TEST_CASE("several ledgers are written in one transaction", "[store]") {
    Rig rig{GENERATE(from_range(all_stores()))};
    std::vector<MemoryLedger> ledgers;
    std::vector<std::uint64_t> sessions;
    for (int i = 0; i < 8; ++i) {
        ledgers.emplace_back(*rig.digest, rig.entropy);
        ledgers.back().book_some(20);
        sessions.push_back(begin_session(rig.store(), ledgers.back(), "farmacia-" + std::to_string(i)).number);
    }
    for (Seq at = 0; at < 20; at += 5) {
        must(rig.store().begin());
        for (std::size_t i = 0; i < ledgers.size(); ++i)
            CHECK(must(rig.store().append(append_of(ledgers[i], 0, sessions[i], at, at + 5))).what == Appended::stored);
        must(rig.store().commit());
    }
    for (auto& ledger : ledgers) CHECK(rig.holds(ledger, 0, 0, 20));
}

TEST_CASE("a damaged entry is kept as it came", "[store]") {
    Rig rig{GENERATE(from_range(all_stores()))};
    rig.ledger.book_some(5);
    rig.ledger.entries[2].body.push_back(std::byte{7});
    const auto session = begin_session(rig.store(), rig.ledger).number;
    auto entries = append_of(rig.ledger, 0, session, 0, 5);
    entries.damaged = 3;
    CHECK(append(rig.store(), entries).what == Appended::stored);
    CHECK(rig.holds(rig.ledger, 0, 0, 5));
    project_all(rig.store());
}

TEST_CASE("projections follow in slices, and end", "[store]") {
    Rig rig{GENERATE(from_range(all_stores()))};
    CHECK_FALSE(must(rig.store().project(10)));
    rig.ledger.book_some(25);
    append_all(rig.store(), rig.ledger);
    int slices = 1;
    while (must(rig.store().project(10))) ++slices;
    CHECK(slices == 3);
    CHECK_FALSE(must(rig.store().project(10)));
    must(rig.store().rest());
}
