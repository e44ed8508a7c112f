// SPDX-License-Identifier: Apache-2.0
// Both drivers against pads that fail: late, split and doubled answers, refusals, deafness, restarts in the middle, damaged lines. Held
// against the pad's own memory: what was answered is true, each command is answered once, no tag is invented, none is lost for good.
#include "support/catch.hpp"
#include "support/pad_rig.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

using namespace dosario;
using namespace dosario::test;
using simulated::PadFaults;
using std::chrono::seconds;

namespace {

constexpr std::size_t kTags = 4;

Bytes epc_of(unsigned number) {
    Bytes epc = *from_hex("30346c7a2c000040000000");
    epc.push_back(static_cast<std::byte>(number));
    return epc;
}

/// Content that no other place of memory has.
Bytes words_of(std::mt19937_64& chance, std::size_t words) {
    Bytes bytes;
    for (std::size_t i = 0; i < 2 * words; ++i) bytes.push_back(static_cast<std::byte>(1 + chance() % 255));
    return bytes;
}

struct Story {
    const char* name;
    PadFaults faults;
};

std::vector<Story> stories() {
    std::vector<Story> all;
    const auto add = [&all](const char* name, auto set) {
        Story story{name, {}};
        set(story.faults);
        all.push_back(story);
    };
    add("late", [](PadFaults& f) { f.late = 0.2; });
    add("split", [](PadFaults& f) { f.split = 0.5; });
    add("doubled", [](PadFaults& f) { f.doubled = 0.5; });
    add("doubled and late", [](PadFaults& f) { f.doubled = 0.3, f.late = 0.15; });
    add("very late and deaf", [](PadFaults& f) { f.late = 0.3, f.deaf = 0.2, f.late_by = std::chrono::milliseconds{3500}; });
    add("refused", [](PadFaults& f) { f.refused = 0.15; });
    add("deaf", [](PadFaults& f) { f.deaf = 0.1; });
    add("mute", [](PadFaults& f) { f.mute = 0.1; });
    add("reboots", [](PadFaults& f) { f.reboot = 0.03; });
    add("all", [](PadFaults& f) {
        f.late = f.doubled = f.split = f.refused = f.deaf = f.mute = 0.04;
        f.reboot = 0.01;
    });
    return all;
}

/// What the memory of the tag holds there now; nothing for a tag that is not there.
std::optional<Bytes> held(PadRig& rig, const Bytes& epc, TagBank bank, std::size_t first, std::size_t words) {
    const auto those = rig.pad->field().with(epc);
    const simulated::PadTag* const tag = those.size() == 1 ? those.front() : nullptr;
    if (tag == nullptr) return std::nullopt;
    const Bytes& memory = tag->banks[static_cast<std::size_t>(bank)];
    return Bytes{memory.begin() + static_cast<std::ptrdiff_t>(2 * first),
                 memory.begin() + static_cast<std::ptrdiff_t>(2 * (first + words))};
}

struct Tally {
    int asked = 0, done = 0;
};

void live(const char* family, const Story& story, std::uint64_t seed, Tally& tally) {
    std::mt19937_64 chance{seed * 7919};
    auto settings = pad_of(family, seed);
    PadRig rig{settings};
    std::set<std::string> there;
    for (unsigned number = 1; number <= kTags; ++number) {
        simulated::PadTag tag = simulated::make_tag(epc_of(number));
        tag.banks[3] = words_of(chance, 32);
        there.insert(to_hex(tag.epc()));
        rig.pad->field().add(std::move(tag));
    }
    CHECK(rig.asked(StartInventory{}).status == "ok");
    rig.pad->settings().faults = story.faults;
    for (int step = 0; step < 25; ++step) {
        const Bytes epc = epc_of(1 + static_cast<unsigned>(chance() % kTags));
        const auto first = static_cast<std::uint16_t>(chance() % 24);
        const auto words = static_cast<std::uint16_t>(1 + chance() % 3);
        const std::size_t deeds = rig.pad->deeds().size();
        ++tally.asked;
        if (chance() % 2 == 0) {
            const ReaderAnswer answer = rig.asked(ReadTag{epc, TagBank::user, first, words, 0});
            if (answer.status == "ok") {
                ++tally.done;
                REQUIRE(answer.content == held(rig, epc, TagBank::user, first, words));
            }
        } else {
            const Bytes content = words_of(chance, words);
            const ReaderAnswer answer = rig.asked(WriteTag{epc, TagBank::user, first, content, 0});
            if (answer.status == "ok") {
                ++tally.done;
                REQUIRE(content == held(rig, epc, TagBank::user, first, words));
            }
        }
        // Nothing was done to any other tag.
        for (std::size_t i = deeds; i < rig.pad->deeds().size(); ++i) {
            const simulated::PadDeed& deed = rig.pad->deeds()[i];
            if (!deed.epc.empty() && deed.command != 0x39 && deed.command != 0x02) REQUIRE(to_hex(deed.epc) == to_hex(epc));
        }
    }
    // Quiet again: everything is heard again.
    rig.pad->settings().faults = {};
    rig.pass(seconds{20});
    rig.seen.clear();
    rig.pass(seconds{2});
    std::set<std::string> heard;
    for (const std::string& one : rig.tags()) heard.insert(one);
    CHECK(heard == there);
    CHECK(rig.answered_twice == 0);
    CHECK(rig.asked(StopInventory{}).status == "ok");
    for (const simulated::PadDeed& deed : rig.pad->deeds()) REQUIRE(deed.in_band);
}

}  // namespace

TEST_CASE("pads that fail: what is answered is true, and nothing is invented or lost", "[uhf][faults]") {
    const char* const more = std::getenv("DOSARIO_PAD_SEEDS");
    const std::uint64_t seeds = more != nullptr ? std::strtoull(more, nullptr, 10) : 3;
    for (const char* family : kPadFamilies) {
        for (const Story& story : stories()) {
            Tally tally;
            for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
                INFO(family << ", " << story.name << ", seed " << seed);
                live(family, story, seed, tally);
            }
            INFO(family << ", " << story.name << ": " << tally.done << " of " << tally.asked);
            // Failing often is allowed to nobody: a person would give up. With half of all commands lost or late it is.
            CHECK(tally.done * (story.faults.late + story.faults.deaf > 0.4 ? 8 : 2) > tally.asked);
            if (more != nullptr) WARN(family << ", " << story.name << ": " << tally.done << " of " << tally.asked);
        }
    }
}
