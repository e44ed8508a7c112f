// SPDX-License-Identifier: Apache-2.0
// What lies on a pad, by what the pad read. Whole trays are in tray_test.cpp.
#include "support/catch.hpp"

#include "scan/tag_window.hpp"

#include <algorithm>
#include <random>
#include <set>

using namespace dosario;
using namespace std::chrono_literals;

namespace {

Bytes epc_of(std::uint32_t number) {
    Bytes epc = *from_hex("3034257bf7194e4000000000");
    for (int i = 0; i < 4; ++i) epc[static_cast<std::size_t>(11 - i)] = static_cast<std::byte>(number >> (8 * i));
    return epc;
}

TagRead read_of(std::uint32_t number, MonoTime at, std::optional<int> rssi_cdbm = -4000) {
    return {epc_of(number), 0x3000, std::nullopt, 1, rssi_cdbm, at};
}

struct Pad {
    explicit Pad(const char* preset = "mesa") : window(*pad_preset(preset)) {}

    void see(TagRead read) {
        run_to(read.heard_at);
        window.see(read);
    }
    void see(std::uint32_t number, std::optional<int> rssi_cdbm = -4000) { see(read_of(number, now, rssi_cdbm)); }
    void run_to(MonoTime at) {
        while (window.next_wake() && *window.next_wake() <= at) {
            now = *window.next_wake();
            window.wake(now);
            while (auto set = window.next_set()) sets.push_back(std::move(*set));
        }
        now = at;
    }
    void run(Micros span) { run_to(now + span); }
    /// Each of them once every 50 ms, for `span`.
    void lie(std::vector<std::uint32_t> numbers, Micros span, int rssi_cdbm = -4000) {
        for (const MonoTime end = now + span; now < end; run(50ms))
            for (const auto number : numbers) see(number, rssi_cdbm);
    }

    TagWindow window;
    MonoTime now{};
    std::vector<TagSet> sets;
};

std::size_t wrong_in(const TagSet& set, const std::vector<std::uint32_t>& numbers) {
    std::set<Bytes> wanted, got;
    for (const auto number : numbers) wanted.insert(epc_of(number));
    for (const auto& one : set.tags) got.insert(one.epc);
    std::vector<Bytes> differ;
    std::ranges::set_symmetric_difference(wanted, got, std::back_inserter(differ));
    return differ.size() + (set.tags.size() - got.size());
}

}  // namespace

TEST_CASE("a tray that lies still is told once, with all its tags", "[scan]") {
    Pad pad;
    pad.lie({1, 2, 3}, 3s);
    REQUIRE(pad.sets.size() == 1);
    CHECK(wrong_in(pad.sets[0], {1, 2, 3}) == 0);
    CHECK(pad.sets[0].number == 1);
    CHECK(pad.sets[0].revision == 1);
    CHECK(pad.sets[0].closed_at - pad.sets[0].opened_at < 1s);
    CHECK(pad.sets[0].tags[0].pc == 0x3000);
    CHECK(pad.sets[0].tags[0].best_rssi_cdbm == -4000);
}

TEST_CASE("what is laid on it or taken off it makes the set another one", "[scan]") {
    Pad pad;
    pad.lie({1, 2}, 2s);
    pad.lie({1, 2, 3}, 2s);
    pad.lie({1, 3}, 5s);
    pad.run(5s);
    pad.lie({4}, 2s);
    REQUIRE(pad.sets.size() == 5);
    CHECK(wrong_in(pad.sets[1], {1, 2, 3}) == 0);
    CHECK(pad.sets[1].number == 1);
    CHECK(pad.sets[1].revision == 2);
    CHECK(wrong_in(pad.sets[2], {1, 3}) == 0);
    CHECK(pad.sets[3].tags.empty());
    CHECK(pad.sets[3].number == 1);
    CHECK(pad.sets[4].number == 2);
    CHECK(pad.sets[4].revision == 1);
}

TEST_CASE("a tag read once is noise, and what is never told is not taken back", "[scan]") {
    Pad pad;
    pad.see(9);
    pad.run(10s);
    CHECK(pad.sets.empty());
    CHECK_FALSE(pad.window.next_wake());
    pad.see(9);
    pad.see(9);
    pad.window.closed(pad.now);
    pad.run(10s);
    CHECK(pad.sets.empty());
}

TEST_CASE("a tag behind the counter is not of the tray, one of the tray that weakens is", "[scan]") {
    Pad pad;
    for (int i = 0; i < 60; ++i) {
        pad.see(1, -4500);
        pad.see(2, i < 10 ? -5900 : -6900);
        pad.see(3, -6500);
        pad.run(50ms);
    }
    REQUIRE(pad.sets.size() == 1);
    CHECK(wrong_in(pad.sets[0], {1, 2}) == 0);
    CHECK(pad.sets[0].far == 1);

    SECTION("too weak for long, and it is gone") {
        for (int i = 0; i < 60; ++i) {
            pad.see(1, -4500);
            pad.see(2, -7500);
            pad.run(50ms);
        }
        REQUIRE(pad.sets.size() == 2);
        CHECK(wrong_in(pad.sets[1], {1}) == 0);
    }
    SECTION("a shelf takes them all") {
        Pad shelf{"estante"};
        for (int i = 0; i < 100; ++i) {
            shelf.see(1, -4500);
            shelf.see(3, -8200);
            shelf.run(50ms);
        }
        REQUIRE(shelf.sets.size() == 1);
        CHECK(wrong_in(shelf.sets[0], {1, 3}) == 0);
    }
}

TEST_CASE("a reader that does not say how strong takes what it reads", "[scan]") {
    Pad pad{"cerca"};
    for (int i = 0; i < 20; ++i) {
        pad.see(1, std::nullopt);
        pad.run(50ms);
    }
    REQUIRE(pad.sets.size() == 1);
    CHECK_FALSE(pad.sets[0].tags[0].best_rssi_cdbm);
}

TEST_CASE("two tags with one EPC are two where the reader says the chips", "[scan]") {
    Pad pad;
    const auto chip = [&](std::optional<char> tid) {
        TagRead read = read_of(1, pad.now);
        if (tid) read.tid = Bytes(12, static_cast<std::byte>(*tid));
        pad.see(read);
    };
    for (int i = 0; i < 20; ++i) {
        chip('a');
        chip('b');
        pad.run(50ms);
    }
    REQUIRE(pad.sets.size() == 1);
    REQUIRE(pad.sets[0].tags.size() == 2);
    CHECK(pad.sets[0].tags[0].tid != pad.sets[0].tags[1].tid);

    SECTION("a read without chip is of one that is known") {
        for (int i = 0; i < 20; ++i) {
            chip(std::nullopt);
            pad.run(50ms);
        }
        for (const TagSet& set : pad.sets) CHECK(set.tags.size() <= 2);
    }
}

TEST_CASE("a tray whose chips were read counts each of them, for as long as their EPC is read", "[scan]") {
    Pad pad;
    const auto chip = [](char tid) { return Bytes(12, static_cast<std::byte>(tid)); };
    pad.lie({1, 2}, 1s);
    REQUIRE(pad.sets.size() == 1);
    pad.window.chips(epc_of(2), {chip('c')}, pad.now);
    pad.lie({1, 2}, 2s);
    CHECK(pad.sets.size() == 1);  // nothing is other than it was
    pad.window.chips(epc_of(1), {chip('a'), chip('b')}, pad.now);
    pad.lie({1, 2}, 5s);
    REQUIRE(pad.sets.size() == 2);
    REQUIRE(pad.sets[1].tags.size() == 3);
    CHECK(pad.sets[1].number == pad.sets[0].number);
    CHECK(pad.sets[1].tags[0].epc == pad.sets[1].tags[1].epc);
    CHECK(pad.sets[1].tags[0].tid != pad.sets[1].tags[1].tid);
    CHECK(pad.window.epcs().size() == 2);

    SECTION("one of them is taken away, which only their chips say") {
        pad.window.chips(epc_of(1), {chip('b')}, pad.now);
        pad.lie({1, 2}, 2s);
        CHECK(pad.sets.size() == 2);  // the other may not have answered
        pad.window.chips(epc_of(1), {chip('a'), chip('b')}, pad.now);
        pad.window.chips(epc_of(1), {chip('b')}, pad.now);
        pad.lie({1, 2}, 2s);
        CHECK(pad.sets.size() == 2);
        pad.window.chips(epc_of(1), {chip('b')}, pad.now);
        pad.lie({1, 2}, 2s);
        CHECK(pad.sets.back().tags.size() == 2);
    }
    SECTION("both are taken away") {
        pad.lie({2}, 5s);
        CHECK(pad.sets.back().tags.size() == 1);
    }
    SECTION("of what is not there nothing is known") {
        pad.window.chips(epc_of(9), {chip('a'), chip('b')}, pad.now);
        pad.window.chips(epc_of(1), {}, pad.now);
        pad.lie({1, 2}, 2s);
        CHECK(pad.sets.size() == 2);
    }
}

TEST_CASE("a tag known without its chip stays one tag when the chip is said", "[scan]") {
    Pad pad;
    pad.lie({1}, 1s);
    for (int i = 0; i < 20; ++i) {
        TagRead read = read_of(1, pad.now);
        read.tid = Bytes(12, std::byte{7});
        pad.see(read);
        pad.run(50ms);
    }
    REQUIRE(pad.sets.size() == 1);
    CHECK(pad.sets[0].tags.size() == 1);
}

TEST_CASE("a pad that is unplugged takes back what it told", "[scan]") {
    Pad pad;
    pad.lie({1}, 1s);
    REQUIRE(pad.sets.size() == 1);
    pad.window.closed(pad.now);
    const auto last = pad.window.next_set();
    REQUIRE(last);
    CHECK(last->tags.empty());
    CHECK(last->pad_closed);
    CHECK_FALSE(pad.sets[0].pad_closed);
    CHECK(last->revision == 2);
    CHECK_FALSE(pad.window.next_set());
    CHECK_FALSE(pad.window.next_wake());
}

TEST_CASE("noise without end neither grows without end nor is told", "[scan]") {
    Pad pad;
    std::mt19937 random{1};
    for (int i = 0; i < 20'000; ++i) {
        pad.see(static_cast<std::uint32_t>(random()));
        pad.run(1ms);
    }
    CHECK(pad.sets.empty());
}

TEST_CASE("a tag that is heard late is waited for while it is heard", "[scan]") {
    Pad pad;
    for (int i = 0; i < 40; ++i) {
        pad.see(1);
        // It answers once in 250 ms, each time just before the set would be stable.
        if (i % 5 == 4) pad.see(2);
        pad.run(50ms);
    }
    REQUIRE_FALSE(pad.sets.empty());
    CHECK(wrong_in(pad.sets.back(), {1, 2}) == 0);
}

TEST_CASE("a misread that comes twice is no tag, and a real one as near is not lost", "[scan]") {
    Pad pad;
    // Far apart, but for 1 and 1 + 2^20, which differ in a bit that no other has.
    const std::vector<std::uint32_t> numbers{1, 0x155, 0x2AA, 0x4F0, 0x8CC, 0x1733};
    constexpr std::uint32_t kMisread = 1U | 1U << 20;
    const auto tray = [&](bool real) {
        for (int round = 0; round < 60; ++round) {
            for (const auto number : numbers) pad.see(number);
            // Twice within a tenth of a second, and never again.
            if (real ? round % 3 == 0 : round == 4 || round == 6) pad.see(kMisread);
            pad.run(50ms);
        }
    };
    SECTION("a misread") {
        tray(false);
        REQUIRE_FALSE(pad.sets.empty());
        for (const TagSet& set : pad.sets) CHECK(wrong_in(set, numbers) == 0);
    }
    SECTION("a weak tag of the tray") {
        tray(true);
        std::vector<std::uint32_t> all = numbers;
        all.push_back(kMisread);
        REQUIRE_FALSE(pad.sets.empty());
        CHECK(wrong_in(pad.sets.back(), all) == 0);
    }
}

TEST_CASE("tags that come and go without end do not keep the set back", "[scan]") {
    Pad pad;
    for (int i = 0; i < 400; ++i) {
        for (std::uint32_t number = 1; number < 8; ++number) pad.see(number);
        // One after the other at the edge of the field.
        if (i % 20 < 2) pad.see(1000 + static_cast<std::uint32_t>(i) / 20 * 37);
        pad.run(50ms);
    }
    CHECK(pad.sets.size() >= 3);
}

TEST_CASE("what lay there while the reader did something else is not gone", "[scan]") {
    Pad pad;
    pad.lie({1, 2}, 1s);
    REQUIRE(pad.sets.size() == 1);
    pad.window.suspended(pad.now);
    pad.now += 20s;  // nobody looks meanwhile
    pad.window.resumed(pad.now);
    pad.lie({1, 2}, 3s);
    CHECK(pad.sets.size() == 1);
    SECTION("and it is, when it is not read any more") {
        pad.window.suspended(pad.now);
        pad.now += 20s;
        pad.window.resumed(pad.now);
        pad.lie({1}, 4s);
        REQUIRE(pad.sets.size() == 2);
        CHECK(wrong_in(pad.sets.back(), {1}) == 0);
    }
}

TEST_CASE("after the reader did something else it is not sure before all of the set was seen again", "[scan]") {
    Pad pad;
    pad.lie({1, 2}, 1s);
    REQUIRE(pad.sets.size() == 1);
    CHECK_FALSE(pad.window.is_unsure(pad.now));
    pad.window.suspended(pad.now);
    const MonoTime suspended_at = pad.now;
    CHECK(pad.window.is_unsure(pad.now));
    SECTION("it lies there") {
        pad.now += 1s;
        pad.window.resumed(pad.now);
        CHECK(pad.window.read_since(suspended_at + 1ms).empty());  // for nothing was read
        CHECK(pad.window.is_unsure(pad.now));
        pad.see(read_of(1, pad.now));
        CHECK(pad.window.is_unsure(pad.now));
        pad.see(read_of(2, pad.now));
        CHECK_FALSE(pad.window.is_unsure(pad.now));
    }
    SECTION("each was asked for its chip and answered") {
        pad.window.chips(epc_of(1), {Bytes(12, std::byte{1})}, pad.now);
        pad.window.chips(epc_of(2), {}, pad.now);
        pad.now += 1s;
        pad.window.resumed(pad.now);
        CHECK_FALSE(pad.window.is_unsure(pad.now));
    }
    SECTION("a second chip showed, and is not told yet") {
        pad.window.chips(epc_of(1), {Bytes(12, std::byte{1}), Bytes(12, std::byte{2})}, pad.now);
        pad.window.chips(epc_of(2), {}, pad.now);
        pad.now += 1s;
        pad.window.resumed(pad.now);
        CHECK(pad.window.is_unsure(pad.now));
        pad.lie({1, 2}, 2s);
        CHECK(pad.sets.size() == 2);
        CHECK_FALSE(pad.window.is_unsure(pad.now));
    }
    SECTION("another tray lies there, and the first is never taken for it") {
        pad.now += 1s;
        pad.window.resumed(pad.now);
        for (int i = 0; i < 100 && pad.sets.size() == 1; ++i) {
            CHECK(pad.window.is_unsure(pad.now));
            pad.lie({3, 4}, 50ms);
        }
        REQUIRE(pad.sets.size() == 2);
        pad.lie({3, 4}, 4s);
        CHECK(wrong_in(pad.sets.back(), {3, 4}) == 0);
        CHECK_FALSE(pad.window.is_unsure(pad.now));
    }
    SECTION("what nobody answered for is not held for longer") {
        const std::vector<Bytes> unanswered{epc_of(1), epc_of(2)};
        pad.now += 1900ms;
        pad.window.resumed(pad.now, unanswered);
        const auto holds = [&] { return wrong_in(pad.sets.back(), {24}) > 0; };
        while (holds() && pad.now < suspended_at + 20s) pad.lie({24}, 50ms);
        CHECK(pad.now < suspended_at + 3500ms);
    }
}

TEST_CASE("a tag that got another EPC is the same tag of the same tray", "[scan]") {
    Pad pad;
    pad.lie({1}, 1s);
    REQUIRE(pad.sets.size() == 1);
    pad.window.suspended(pad.now);
    pad.now += 5s;
    pad.window.resumed(pad.now);
    pad.window.rewritten(epc_of(1), read_of(9, pad.now));
    pad.lie({9}, 3s);
    REQUIRE(pad.sets.size() == 2);
    CHECK(wrong_in(pad.sets.back(), {9}) == 0);
    CHECK(pad.sets.back().number == pad.sets.front().number);
    pad.window.rewritten(epc_of(7), read_of(8, pad.now));  // none of these
    pad.lie({9}, 1s);
    CHECK(pad.sets.size() == 2);
}

TEST_CASE("what was read since an instant is known while the set still holds what was read before", "[tag_window]") {
    Pad pad{"estante"};
    pad.lie({1, 2}, 3s);
    const MonoTime begin = pad.now;
    CHECK(pad.window.read_since(begin).empty());
    pad.lie({2}, 500ms);
    const auto read = pad.window.read_since(begin);
    REQUIRE(read.size() == 1);
    CHECK(read[0].epc == epc_of(2));
    CHECK(pad.window.read_since(MonoTime{}).size() == 2);  // the first has not left the set yet
}
