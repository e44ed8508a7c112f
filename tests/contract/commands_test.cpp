// SPDX-License-Identifier: Apache-2.0
// What every driver owes that takes commands, held against models of readers (tests/support/reader_models): each command is answered once
// and truly, whatever becomes of one answer of the reader.
#include "support/catch.hpp"
#include "support/pad_rig.hpp"
#include "support/reader_models/ccid_model.hpp"
#include "support/reader_models/chafon_model.hpp"
#include "support/reader_models/m100_model.hpp"

#include <functional>
#include <map>

using namespace dosario;
using namespace dosario::reader_models;
using std::chrono::seconds;

namespace {

/// A reader with two tags, or with one whose first blocks and next blocks are asked for: two things that differ.
struct Model {
    const char* driver;
    UsbInterface interface;
    std::function<void(ByteView, MonoTime)> hear;
    std::function<void(MonoTime)> live = [](MonoTime) {};
    std::function<std::optional<MonoTime>()> due;
    Line* line;
    ReaderCommand first, second;
    Bytes first_content, second_content;
    std::shared_ptr<void> owner;
};

Model uhf(const char* driver, std::shared_ptr<UhfModel> model) {
    Model made{driver, test::bridge_interface(), {}, {}, {}, &model->line, {}, {}, {}, {}, model};
    for (unsigned number = 1; number <= 2; ++number) {
        UhfTag tag;
        tag.banks[0] = Bytes(8);
        put(tag.banks[1], {0, 0, 0x30, 0, 0x30, 0x34, 0x6C, 0x7A, 0x2C, 0, 0, 0x40, 0, 0, 0, number});
        tag.banks[2] = Bytes(12);
        tag.banks[3] = model->chance.noise(32);
        model->tags.push_back(tag);
        const ReadTag read{tag.epc(), TagBank::user, 0, 4, 0};
        (number == 1 ? made.first : made.second) = read;
        (number == 1 ? made.first_content : made.second_content) = Bytes{tag.banks[3].begin(), tag.banks[3].begin() + 8};
    }
    made.hear = [model](ByteView bytes, MonoTime now) { model->hear(bytes, now); };
    made.live = [model](MonoTime now) { model->live(now); };
    made.due = [model] { return model->due(); };
    return made;
}

Model ccid(CcidModel::Kind kind, std::uint16_t pid, std::uint64_t seed) {
    auto model = std::make_shared<CcidModel>(kind, seed);
    UsbInterface interface;
    interface.vid = 0x072F;
    interface.pid = pid;
    interface.class_code = kSmartCardClass;
    interface.bulk_in = 0x82;
    interface.bulk_out = 0x02;
    interface.endpoint_in = 0x81;
    HfCard card;
    put(card.uid, {0x04, 1, 2, 3, 4, 5, 6});
    card.memory = Bytes(12);
    put(card.memory, {0xE1, 0x10, 0x1C, 0x00, 0x03, 0x00, 0xFE, 0x00});
    put(card.memory, model->chance.noise(200));
    model->lay(card);
    Model made{"ccid", interface, {}, [](MonoTime) {}, {}, &model->line, {}, {}, {}, {}, model};
    made.hear = [model](ByteView bytes, MonoTime now) { model->hear(bytes, now); };
    made.due = [model] { return model->line.due(); };
    made.first = ReadBlocks{card.uid, 8, 2};
    made.second = ReadBlocks{card.uid, 16, 2};
    made.first_content = Bytes{card.memory.begin() + 32, card.memory.begin() + 40};
    made.second_content = Bytes{card.memory.begin() + 64, card.memory.begin() + 72};
    return made;
}

struct Row {
    const char* name;
    bool damages;  ///< its line can change a byte: USB's own packets have a checksum, and CCID none of its own
    Model (*make)();
};
const Row kRows[] = {
    {"UHFReader18", true, [] { return uhf("chafon_uhf", std::make_shared<ChafonModel>(false, 1)); }},
    {"288M", true, [] { return uhf("chafon_uhf", std::make_shared<ChafonModel>(true, 2)); }},
    {"M100", true, [] { return uhf("m100_uhf", std::make_shared<M100Model>(false, 3)); }},
    {"R200", true, [] { return uhf("m100_uhf", std::make_shared<M100Model>(true, 4)); }},
    {"ACR1252U", false, [] { return ccid(CcidModel::Kind::standard, 0x223E, 5); }},
    {"ACR122U", false, [] { return ccid(CcidModel::Kind::acr122, 0x2200, 6); }},
};

class Bench {
public:
    explicit Bench(const Row& row, std::size_t piece = 4096) : model(row.make()), piece_(piece) {
        ReaderSettings settings = test::in_country("AR");
        settings.is_replayed = true;
        reader_ = test::driver_named(model.driver).make(model.interface, settings);
        reader_->opened(now_);
        drain();
        pass(seconds{3});
    }
    void ask(const ReaderCommand& command, std::uint32_t number) {
        REQUIRE(reader_->command(command, number, now_));
        drain();
    }
    void wait(std::uint32_t number) {
        for (int i = 0; i < 3000 && !answers.contains(number); ++i) pass(milliseconds{20});
    }
    void pass(Micros time) {
        const MonoTime until = now_ + time;
        while (reader_) {
            const MonoTime wake = reader_->next_wake().value_or(MonoTime::max()), due = model.due().value_or(MonoTime::max());
            const MonoTime next = std::max(now_, std::min(wake, due));
            if (next > until) break;
            now_ = next;
            model.live(now_);
            const Bytes said = model.line->take(now_);
            for (std::size_t from = 0; from < said.size(); from += piece_) {
                reader_->receive(model.interface.bulk_in, ByteView{said}.subspan(from, std::min(piece_, said.size() - from)),
                                 now_);
                drain();
            }
            if (const auto again = reader_->next_wake(); again && *again <= now_) reader_->wake(now_);
            drain();
        }
        now_ = until;
    }
    void unplug() {
        reader_->closed(now_, PortEnd::unplugged);
        drain();
    }
    /// Both were answered once; what is ok is what the tag holds.
    void check(bool both_ok) {
        for (std::uint32_t number = 1; number <= 2; ++number) {
            REQUIRE(answers.count(number) == 1);
            const ReaderAnswer& answer = answers.find(number)->second;
            if (both_ok) CHECK(answer.status == "ok");
            if (answer.status == "ok") CHECK(answer.content == (number == 1 ? model.first_content : model.second_content));
        }
    }

    Model model;
    std::multimap<std::uint32_t, ReaderAnswer> answers;

private:
    void drain() {
        while (const auto event = reader_->next_event())
            if (const auto* answer = std::get_if<ReaderAnswer>(&*event); answer != nullptr && answer->number != 0)
                answers.emplace(answer->number, *answer);
        while (const auto write = reader_->next_write())
            if (!write->setup) model.hear(write->bytes, now_);
    }

    const std::size_t piece_;
    std::unique_ptr<ReaderProtocol> reader_;
    MonoTime now_{};
};

/// How many answers the reader gives while both commands are carried out.
std::size_t answers_to_both(const Row& row) {
    Bench bench{row};
    std::size_t answers = 0;
    bench.model.line->meddle = [&](Bytes&) { return ++answers, std::optional{Micros{0}}; };
    bench.ask(bench.model.first, 1);
    bench.wait(1);
    bench.ask(bench.model.second, 2);
    bench.wait(2);
    bench.check(true);
    return answers;
}

/// One answer of the reader, the `nth`, is not as it should be.
void with_one(const Row& row, std::size_t nth, const std::function<std::optional<Micros>(Bytes&)>& meddle) {
    Bench bench{row};
    std::size_t answers = 0;
    bench.model.line->meddle = [&](Bytes& frame) { return answers++ == nth ? meddle(frame) : std::optional{Micros{0}}; };
    bench.ask(bench.model.first, 1);
    bench.wait(1);
    bench.ask(bench.model.second, 2);
    bench.wait(2);
    bench.check(false);
}

}  // namespace

TEST_CASE("a late answer never satisfies the next command", "[contract][commands]") {
    for (const Row& row : kRows) {
        const std::size_t answers = answers_to_both(row);
        for (std::size_t nth = 0; nth < answers; ++nth) {
            for (const int late_ms : {20, 150, 400, 800, 1000, 1001, 1200, 1600, 2100, 2600, 3300}) {
                INFO(row.name << ", answer " << nth << " late by " << late_ms << " ms");
                with_one(row, nth, [late_ms](Bytes&) { return std::optional<Micros>{milliseconds{late_ms}}; });
            }
        }
    }
}

TEST_CASE("an answer that is lost costs its command, and no other", "[contract][commands]") {
    for (const Row& row : kRows) {
        const std::size_t answers = answers_to_both(row);
        for (std::size_t nth = 0; nth < answers; ++nth) {
            INFO(row.name << ", answer " << nth);
            with_one(row, nth, [](Bytes&) { return std::nullopt; });
        }
    }
}

TEST_CASE("a flipped byte of an answer is found out", "[contract][commands]") {
    for (const Row& row : kRows) {
        if (!row.damages) continue;
        const std::size_t answers = answers_to_both(row);
        for (std::size_t nth = 0; nth < answers; ++nth) {
            for (std::size_t byte = 0; byte < 24; ++byte) {
                INFO(row.name << ", answer " << nth << ", byte " << byte);
                with_one(row, nth, [byte](Bytes& frame) {
                    frame[byte % frame.size()] ^= std::byte{0x11};
                    return std::optional{Micros{0}};
                });
            }
        }
    }
}

TEST_CASE("commands are answered the same in pieces of 1, 2, 7 and 64 bytes", "[contract][commands]") {
    for (const Row& row : kRows) {
        for (const std::size_t piece : {1U, 2U, 7U, 64U}) {
            INFO(row.name << " in pieces of " << piece);
            Bench bench{row, piece};
            bench.ask(bench.model.first, 1);
            bench.ask(bench.model.second, 2);
            bench.wait(2);
            bench.check(true);
        }
    }
}

TEST_CASE("unplugged at any moment, who waits is answered once", "[contract][commands]") {
    for (const Row& row : kRows) {
        for (int after_ms = 0; after_ms < 400; after_ms += 3) {
            INFO(row.name << ", after " << after_ms << " ms");
            Bench bench{row};
            bench.ask(bench.model.first, 1);
            bench.ask(bench.model.second, 2);
            bench.pass(milliseconds{after_ms});
            bench.unplug();
            bench.check(false);
        }
    }
}
