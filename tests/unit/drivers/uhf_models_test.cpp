// SPDX-License-Identifier: Apache-2.0
// The UHF drivers against models of readers that nothing here was written from (tests/support/reader_models). Stories from a seed, in which
// answers are late, doubled, split, damaged, of another command or missing, commands refused or not heard, and readers begin anew.
//   DOSARIO_ROUNDS=100000 DOSARIO_SEED=7 test_drivers '[models]'
#include "support/asked.hpp"
#include "support/catch.hpp"
#include "support/pad_rig.hpp"
#include "support/reader_models/chafon_model.hpp"
#include "support/reader_models/m100_model.hpp"

#include <cstdio>
#include <set>

using namespace dosario;
using namespace dosario::reader_models;
using std::chrono::seconds;

namespace {

struct Family {
    const char* name;
    const char* driver;
    std::unique_ptr<UhfModel> (*make)(std::uint64_t seed);
};
constexpr Family kFamilies[] = {
    {"UHFReader18", "chafon_uhf",
     [](std::uint64_t seed) -> std::unique_ptr<UhfModel> { return std::make_unique<ChafonModel>(false, seed); }},
    {"288M", "chafon_uhf",
     [](std::uint64_t seed) -> std::unique_ptr<UhfModel> { return std::make_unique<ChafonModel>(true, seed); }},
    {"M100", "m100_uhf",
     [](std::uint64_t seed) -> std::unique_ptr<UhfModel> { return std::make_unique<M100Model>(false, seed); }},
    {"R200", "m100_uhf", [](std::uint64_t seed) -> std::unique_ptr<UhfModel> { return std::make_unique<M100Model>(true, seed); }},
};

/// Two words of the user bank are of no other place.
UhfTag tag_numbered(Chance& chance, unsigned number, std::size_t epc_words) {
    UhfTag tag;
    tag.banks[0] = Bytes(8);
    tag.banks[0][7] = static_cast<std::byte>(number);  // its access password
    Bytes epc = chance.noise(2 * epc_words);
    epc[0] = std::byte{0x30};
    epc.back() = static_cast<std::byte>(number);
    put(tag.banks[1], {0, 0, static_cast<unsigned>(epc_words) << 3, 0});
    put(tag.banks[1], epc);
    tag.banks[1].resize(4 + 62);
    tag.banks[2] = chance.noise(12);
    tag.banks[3] = chance.noise(64);
    return tag;
}

struct Tally {
    std::uint64_t asked = 0, done = 0;
    Micros longest{};
};

/// One reader, one driver, and a person who asks this and that.
class Story {
public:
    Story(const Family& family, std::uint64_t seed, const Faults& faults, Tally& tally)
        : model_(family.make(seed)), chance_{std::mt19937_64{seed * 31 + 7}}, tally_(tally) {
        constexpr const char* kCountries[] = {"AR", "PE", "BR", "AR"};
        const std::string country = kCountries[chance_.below(4)];
        if (std::getenv("TRACE")) std::printf("%s\n", country.c_str());
        if (country == "PE") model_->least_khz = 915'000;
        if (auto* const m100 = dynamic_cast<M100Model*>(model_.get())) m100->gap_ = country == "BR";
        const std::size_t tags = 1 + chance_.below(6);
        for (unsigned number = 1; number <= tags; ++number) {
            model_->tags.push_back(tag_numbered(chance_, number, chance_.happens(0.8) ? 6 : 2 + chance_.below(6)));
            if (chance_.happens(0.2)) model_->tags.back().heard = 0.6;
            there_.insert(model_->tags.back().epc());
        }
        reader_ = test::driver_named(family.driver).make(test::bridge_interface(), test::in_country(country));
        reader_->opened(now_);
        drain();
        pass(seconds{2});
        model_->faults = faults;
        may_be_of_before_ = faults.late + faults.doubled + faults.busy + faults.stranger > 0;
    }

    void tell() {
        ask_surely(StartInventory{});
        for (int step = 0; step < 8; ++step) this->step();
        // Quiet again: the reader is used again, and all that lie there are heard.
        model_->faults = {};
        pass(seconds{10});
        CHECK(ask_surely(StartInventory{}).status == "ok");
        pass(seconds{10});
        seen_.clear();
        pass(seconds{3});
        CHECK(seen_ == there_);
        const ReaderAnswer stopped = ask_surely(StopInventory{});
        CHECK(stopped.status == "ok");
        pass(milliseconds{100});
        const std::size_t rounds = model_->deeds.rounds;
        pass(seconds{5});
        CHECK(model_->deeds.rounds == rounds);
        // Where a module does not know the question for its region, and answers are late or doubled, nobody can say.
        const auto* const m100 = dynamic_cast<const M100Model*>(model_.get());
        if (m100 == nullptr || m100->tells_region || !may_be_of_before_) CHECK(model_->deeds.out_of_band == 0);
        reader_->closed(now_, PortEnd::unplugged);
        drain();
        CHECK(answered_twice_ == 0);
        CHECK(strangers_ == 0);
    }

private:
    void step() {
        UhfTag& tag = model_->tags[chance_.below(model_->tags.size())];
        const Bytes epc = tag.epc();
        const auto words = static_cast<std::uint16_t>(1 + chance_.below(3));
        const auto first = static_cast<std::uint16_t>(chance_.below(28));
        const std::size_t written = model_->deeds.written.size();
        const std::size_t reboots = model_->reboots;
        switch (chance_.below(8)) {
            case 0:
            case 1:
            case 2: {
                const TagBank bank = chance_.happens(0.7) ? TagBank::user : TagBank::tid;
                const auto from = static_cast<std::uint16_t>(bank == TagBank::tid ? first % 3 : first);
                const ReaderAnswer answer = ask_surely(ReadTag{epc, bank, from, words, 0});
                if (answer.status != "ok") break;
                const Bytes& memory = tag.banks[static_cast<std::size_t>(bank)];
                CHECK(answer.content == Bytes{memory.begin() + 2 * from, memory.begin() + 2 * (from + words)});
                break;
            }
            case 3:
            case 4: {
                const Bytes content = chance_.noise(2 * std::size_t{words});
                const ReaderAnswer answer = ask_surely(WriteTag{epc, TagBank::user, first, content, 0});
                if (answer.status == "ok") CHECK(std::equal(content.begin(), content.end(), tag.banks[3].begin() + 2 * first));
                break;
            }
            case 5: {
                LockTag lock;
                lock.epc = epc;
                lock.password = tag.password();
                lock.user_bank = chance_.happens(0.5) ? TagLock::with_password : TagLock::open;
                const ReaderAnswer answer = ask_surely(lock);
                if (answer.status == "ok") CHECK((tag.locks[4] & 2) == (lock.user_bank == TagLock::with_password ? 2U : 0U));
                break;
            }
            case 6: {
                const int dbm = 10 + static_cast<int>(chance_.below(17));
                const ReaderAnswer answer = ask_surely(SetPower{dbm * 100});
                if (answer.status == "ok" && model_->reboots == reboots) CHECK(model_->power_dbm() == dbm);
                break;
            }
            default: {
                const std::size_t rounds = model_->deeds.rounds;
                // An old answer that is put between the tags looks as the one that was asked for.
                const bool stopped = ask_surely(StopInventory{}).status == "ok";
                if (stopped && !may_be_of_before_) CHECK_FALSE(model_->reads());
                const ReaderAnswer answer = ask_surely(StartInventory{});
                // Tags that are heard late, or twice, look as those do that are heard now; then it is asked again soon.
                if (answer.status == "ok" && !may_be_of_before_) CHECK(model_->deeds.rounds > rounds);
            }
        }
        for (std::size_t i = written; i < model_->deeds.written.size(); ++i) CHECK(model_->deeds.written[i] == epc);
        if (chance_.happens(0.3)) pass(chance_.between(milliseconds{1}, seconds{3}));
    }

    ReaderAnswer ask_surely(const ReaderCommand& what) {
        const std::uint32_t number = ++last_;
        const MonoTime from = now_;
        REQUIRE(reader_->command(what, number, now_));
        drain();
        while (!answers_.contains(number) && now_ < from + seconds{120}) pass(milliseconds{20});
        INFO(command_name(what));
        REQUIRE(answers_.contains(number));
        ++tally_.asked;
        tally_.done += answers_.at(number).status == "ok";
        tally_.longest = std::max<Micros>(tally_.longest, now_ - from);
        return answers_.at(number);
    }

    void trace(const char* way, ByteView bytes) {
        if (std::getenv("TRACE") == nullptr) return;
        std::printf("%9.4f %s %s\n", static_cast<double>(now_.time_since_epoch().count()) / 1e6, way,
                    to_hex(Bytes{bytes.begin(), bytes.end()}).c_str());
    }
    void pass(Micros time) {
        const MonoTime until = now_ + time;
        for (;;) {
            const MonoTime wake = reader_->next_wake().value_or(MonoTime::max()), due = model_->due().value_or(MonoTime::max());
            const MonoTime next = std::max(now_, std::min(wake, due));
            if (next > until) break;
            now_ = next;
            model_->live(now_);
            if (const Bytes said = model_->line.take(now_); !said.empty()) trace("<", said), reader_->receive(0x81, said, now_);
            drain();
            if (const auto again = reader_->next_wake(); again && *again <= now_) reader_->wake(now_);
            drain();
        }
        now_ = until;
    }

    void drain() {
        while (const auto event = reader_->next_event()) {
            if (const auto* answer = std::get_if<ReaderAnswer>(&*event); answer != nullptr && answer->number != 0)
                trace(("answer " + answer->command + " " + answer->status).c_str(), {}),
                    answered_twice_ += !answers_.emplace(answer->number, *answer).second;
            if (const auto* tag = std::get_if<TagRead>(&*event)) {
                strangers_ += !there_.contains(tag->epc);
                seen_.insert(tag->epc);
            }
        }
        while (const auto write = reader_->next_write())
            if (!write->setup) trace(">", write->bytes), model_->hear(write->bytes, now_);
    }

    std::unique_ptr<UhfModel> model_;
    Chance chance_;
    Tally& tally_;
    std::unique_ptr<ReaderProtocol> reader_;
    MonoTime now_{};
    std::uint32_t last_ = 0;
    std::map<std::uint32_t, ReaderAnswer> answers_;
    std::set<Bytes> there_, seen_;
    std::size_t answered_twice_ = 0, strangers_ = 0;
    bool may_be_of_before_ = false;
};

/// Some of what can go wrong, seldom or often.
Faults faults_of(std::uint64_t seed) {
    Chance chance{std::mt19937_64{seed ^ 0x5eed}};
    Faults faults;
    double* const all[] = {&faults.deaf,    &faults.refused,  &faults.reboot,  &faults.mute,    &faults.late, &faults.busy,
                           &faults.doubled, &faults.stranger, &faults.garbage, &faults.damaged, &faults.split};
    const std::size_t kinds = 1 + chance.below(4);
    for (std::size_t i = 0; i < kinds; ++i) *all[chance.below(std::size(all))] = chance.happens(0.5) ? 0.05 : 0.25;
    faults.reboot = std::min(faults.reboot, 0.05);
    return faults;
}

}  // namespace

TEST_CASE("readers of other people's making: what is answered is true, no tag is lost and none invented", "[uhf][models]") {
    const std::uint64_t only = test::asked("DOSARIO_STORY", ~0ULL);
    const std::uint64_t seed = test::asked("DOSARIO_SEED", 1),
                        rounds = std::max<std::uint64_t>(test::asked("DOSARIO_ROUNDS", 200), only == ~0ULL ? 0 : only + 1);
    Tally tally;
    for (std::uint64_t i = 0; i < rounds; ++i) {
        if (only != ~0ULL && only != i) continue;
        const Family& family = kFamilies[i % std::size(kFamilies)];
        const std::uint64_t story = seed * 1'000'003 + i;
        const Faults f = faults_of(story);
        INFO(family.name << ", DOSARIO_SEED=" << seed << " story " << i << ": deaf " << f.deaf << " refused " << f.refused
                         << " reboot " << f.reboot << " mute " << f.mute << " late " << f.late << " busy " << f.busy
                         << " doubled " << f.doubled << " stranger " << f.stranger << " garbage " << f.garbage << " damaged "
                         << f.damaged << " split " << f.split);
        Story{family, story, f, tally}.tell();
    }
    std::printf("%llu stories, %llu of %llu commands done, the longest took %.1f s\n", static_cast<unsigned long long>(rounds),
                static_cast<unsigned long long>(tally.done), static_cast<unsigned long long>(tally.asked),
                static_cast<double>(tally.longest.count()) / 1e6);
    CHECK(tally.done * 2 >= tally.asked);
}
