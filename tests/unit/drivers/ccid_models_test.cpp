// SPDX-License-Identifier: Apache-2.0
// The CCID driver against models of readers that nothing here was written from (tests/support/reader_models). Cards are laid down, asked and
// taken away while answers are late, doubled, split, missing or of another order, orders refused, and the reader begins anew.
//   DOSARIO_ROUNDS=100000 DOSARIO_SEED=7 test_drivers '[models]'
#include "support/asked.hpp"
#include "support/catch.hpp"
#include "support/reader_models/ccid_model.hpp"
#include "support/reader_rig.hpp"

#include <cstdio>
#include <map>

using namespace dosario;
using namespace dosario::reader_models;
using std::chrono::seconds;

namespace {

struct Family {
    const char* name;
    CcidModel::Kind kind;
    std::uint16_t pid;
    unsigned longest;
};
constexpr Family kFamilies[] = {{"ACR1252U", CcidModel::Kind::standard, 0x223E, 271},
                                {"ACR122U", CcidModel::Kind::acr122, 0x2200, 271},
                                {"ACR1552U", CcidModel::Kind::acr1552, 0x2308, 516}};

UsbInterface interface_of(const Family& family) {
    UsbInterface one;
    one.vid = 0x072F;
    one.pid = family.pid;
    one.class_code = kSmartCardClass;
    one.bulk_in = 0x82;
    one.bulk_out = 0x02;
    one.bulk_packet = 64;
    one.endpoint_in = 0x81;
    Bytes descriptor(54);
    descriptor[0] = std::byte{54};
    descriptor[1] = std::byte{0x21};
    descriptor[2] = std::byte{0x10};
    descriptor[3] = std::byte{0x01};
    descriptor[5] = std::byte{0x07};
    descriptor[6] = std::byte{0x03};
    descriptor[40] = std::byte{0x3A};
    descriptor[41] = std::byte{0x04};
    descriptor[42] = std::byte{0x02};
    descriptor[44] = static_cast<std::byte>(family.longest & 0xFF);
    descriptor[45] = static_cast<std::byte>(family.longest >> 8);
    descriptor[53] = std::byte{1};
    one.class_descriptor = descriptor;
    return one;
}

HfCard card_numbered(Chance& chance, unsigned number, bool is_15693) {
    HfCard card;
    card.is_15693 = is_15693;
    card.uid = chance.noise(is_15693 ? 8 : 7);
    card.uid[0] = is_15693 ? std::byte{0xE0} : std::byte{0x04};
    if (is_15693 && card.uid.back() == std::byte{0xE0}) card.uid.back() = std::byte{1};
    card.uid[5] = static_cast<std::byte>(number);
    // 64 pages; a short text of its own; what is behind it is of no other place.
    const std::string text = "tag" + std::to_string(number);
    Bytes head;
    if (!is_15693) head = Bytes(12);
    put(head, {0xE1, is_15693 ? 0x40U : 0x10U, 0x1C, 0x00, 0x03, static_cast<unsigned>(text.size()) + 7, 0xD1, 0x01,
               static_cast<unsigned>(text.size()) + 3, 'T', 0x02, 'e', 'n'});
    for (const char letter : text) head.push_back(static_cast<std::byte>(letter));
    head.push_back(std::byte{0xFE});
    card.memory = chance.noise(256);
    std::copy(head.begin(), head.end(), card.memory.begin());
    return card;
}

struct Tally {
    std::uint64_t asked = 0, done = 0, laid = 0;
};

class Story {
public:
    Story(const Family& family, std::uint64_t seed, const Faults& faults, Tally& tally)
        : model_(family.kind, seed), chance_{std::mt19937_64{seed * 31 + 7}}, tally_(tally), interface_(interface_of(family)) {
        ReaderSettings settings;
        settings.is_replayed = true;
        reader_ = test::driver_named("ccid").make(interface_, settings);
        reader_->opened(now_);
        drain();
        pass(seconds{3});
        model_.faults = faults;
        reads_15693_ = family.kind != CcidModel::Kind::acr122;
    }

    void tell() {
        for (unsigned number = 1; number <= 3; ++number) lay(number);
        model_.faults = {};
        model_.take();
        pass(seconds{10});
        CHECK_FALSE(lies_);
        lay(9);
        pass(seconds{6});
        CHECK_FALSE(lies_);
        reader_->closed(now_, PortEnd::unplugged);
        drain();
        CHECK(twice_ == 0);
        CHECK(invented_ == 0);
    }

private:
    void lay(unsigned number) {
        ++tally_.laid;
        const std::size_t told = told_.size();
        const HfCard card = card_numbered(chance_, number, reads_15693_ && chance_.happens(0.5));
        known_[card.uid] = card.memory;
        model_.lay(card);
        // However much goes wrong the card is read while it lies there.
        for (int i = 0; i < 400 && told_.size() == told; ++i) pass(milliseconds{500});
        CHECK(told_.size() > told);
        if (told_.size() == told) return;
        for (int step = 0; step < 4; ++step) this->step();
        model_.take();
        pass(chance_.between(milliseconds{1}, seconds{5}));
    }

    void step() {
        const Bytes uid = model_.card->uid;
        const auto block = static_cast<std::uint16_t>(16 + chance_.below(30));
        const std::size_t blocks = 1 + chance_.below(3);
        Bytes& memory = model_.card->memory;
        if (chance_.happens(0.5)) {
            const ReaderAnswer answer = ask_surely(ReadBlocks{uid, block, static_cast<std::uint16_t>(blocks)});
            if (answer.status == "ok")
                CHECK(answer.content ==
                      Bytes{memory.begin() + 4 * block, memory.begin() + 4 * (block + static_cast<int>(blocks))});
        } else {
            const Bytes content = chance_.noise(4 * blocks);
            const ReaderAnswer answer = ask_surely(WriteBlocks{uid, block, content});
            if (answer.status == "ok") CHECK(std::equal(content.begin(), content.end(), memory.begin() + 4 * block));
            // Nothing else was written.
            Bytes& before = known_[uid];
            const auto from = static_cast<std::size_t>(4 * block);
            CHECK(std::equal(memory.begin(), memory.begin() + static_cast<std::ptrdiff_t>(from), before.begin()));
            CHECK(std::equal(memory.begin() + static_cast<std::ptrdiff_t>(from + content.size()), memory.end(),
                             before.begin() + static_cast<std::ptrdiff_t>(from + content.size())));
            before = memory;
        }
    }

    ReaderAnswer ask_surely(const ReaderCommand& what) {
        const std::uint32_t number = ++last_;
        REQUIRE(reader_->command(what, number, now_));
        drain();
        for (int i = 0; i < 6000 && !answers_.contains(number); ++i) pass(milliseconds{20});
        REQUIRE(answers_.contains(number));
        ++tally_.asked;
        tally_.done += answers_.at(number).status == "ok";
        return answers_.at(number);
    }

    void pass(Micros time) {
        const MonoTime until = now_ + time;
        for (;;) {
            if (std::exchange(model_.changed, false) && model_.tells_changes() && !model_.chance.happens(model_.faults.mute)) {
                Bytes notice;
                put(notice, {0x50, model_.card ? 3U : 2U});
                reader_->receive(interface_.endpoint_in, notice, now_);
                drain();
            }
            const MonoTime wake = reader_->next_wake().value_or(MonoTime::max()),
                           due = model_.line.due().value_or(MonoTime::max());
            const MonoTime next = std::max(now_, std::min(wake, due));
            if (next > until) break;
            now_ = next;
            if (const Bytes said = model_.line.take(now_); !said.empty()) reader_->receive(interface_.bulk_in, said, now_);
            drain();
            if (const auto again = reader_->next_wake(); again && *again <= now_) reader_->wake(now_);
            drain();
        }
        now_ = until;
    }

    void drain() {
        while (const auto event = reader_->next_event()) {
            if (const auto* answer = std::get_if<ReaderAnswer>(&*event); answer != nullptr && answer->number != 0)
                twice_ += !answers_.emplace(answer->number, *answer).second;
            if (const auto* card = std::get_if<CardRead>(&*event)) {
                told_.push_back(card->uid);
                twice_ += lies_;
                lies_ = true;
                const auto known = known_.find(card->uid);
                const bool fits = known != known_.end() && (!card->ndef || is_text_of(*card->ndef, card->uid));
                invented_ += !fits;
            }
            if (std::holds_alternative<CardGone>(*event)) lies_ = false;
        }
        while (const auto write = reader_->next_write())
            if (!write->setup) model_.hear(write->bytes, now_);
    }
    static bool is_text_of(const Bytes& ndef, const Bytes& uid) {
        const std::string text = "tag" + std::to_string(std::to_integer<unsigned>(uid[5]));
        return ndef.size() == text.size() + 7 &&
               std::equal(text.begin(), text.end(), ndef.begin() + 7,
                          [](char letter, std::byte one) { return static_cast<std::byte>(letter) == one; });
    }

    CcidModel model_;
    Chance chance_;
    Tally& tally_;
    const UsbInterface interface_;
    bool reads_15693_ = false;
    std::unique_ptr<ReaderProtocol> reader_;
    MonoTime now_{};
    std::uint32_t last_ = 0;
    std::map<std::uint32_t, ReaderAnswer> answers_;
    std::map<Bytes, Bytes> known_;
    std::vector<Bytes> told_;
    bool lies_ = false;
    std::size_t twice_ = 0, invented_ = 0;
};

/// USB checks and orders its packets: nothing is damaged, and a message is not begun within another.
Faults faults_of(std::uint64_t seed) {
    Chance chance{std::mt19937_64{seed ^ 0x5eed}};
    Faults faults;
    double* const all[] = {&faults.deaf, &faults.refused, &faults.reboot,   &faults.mute, &faults.late,
                           &faults.busy, &faults.doubled, &faults.stranger, &faults.split};
    const std::size_t kinds = 1 + chance.below(4);
    for (std::size_t i = 0; i < kinds; ++i) *all[chance.below(std::size(all))] = chance.happens(0.5) ? 0.02 : 0.1;
    faults.reboot = std::min(faults.reboot, 0.02);
    return faults;
}

}  // namespace

TEST_CASE("CCID readers of other people's making: what is answered is true, each card is told once and none invented",
          "[ccid][models]") {
    const std::uint64_t seed = test::asked("DOSARIO_SEED", 1), rounds = test::asked("DOSARIO_ROUNDS", 300);
    Tally tally;
    for (std::uint64_t i = 0; i < rounds; ++i) {
        const Family& family = kFamilies[i % std::size(kFamilies)];
        const std::uint64_t story = seed * 1'000'003 + i;
        const Faults f = faults_of(story);
        INFO(family.name << ", DOSARIO_SEED=" << seed << " story " << i << ": deaf " << f.deaf << " refused " << f.refused
                         << " reboot " << f.reboot << " mute " << f.mute << " late " << f.late << " busy " << f.busy
                         << " doubled " << f.doubled << " stranger " << f.stranger << " split " << f.split);
        Story{family, story, f, tally}.tell();
    }
    std::printf("%llu stories, %llu cards laid down, %llu of %llu commands done\n", static_cast<unsigned long long>(rounds),
                static_cast<unsigned long long>(tally.laid), static_cast<unsigned long long>(tally.done),
                static_cast<unsigned long long>(tally.asked));
    CHECK(tally.done * 2 >= tally.asked);
}
