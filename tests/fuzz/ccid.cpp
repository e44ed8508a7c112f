// SPDX-License-Identifier: Apache-2.0
// Any answers to the driver of contactless readers. The first byte chooses the reader; then steps: raw bytes, a well-formed answer to the
// last order with any content, a notice, a pause, a command. What is told of a card must be whole, and every command answered once.
#include "base/check.hpp"
#include "reader/driver.hpp"
#include "reader/event_json.hpp"
#include "reader/ndef.hpp"

#include <map>

using namespace dosario;

namespace dosario {
extern const Driver k_ccid_driver;
}

namespace {

class Feed {
public:
    explicit Feed(ByteView bytes) : bytes_(bytes) {}
    bool empty() const { return bytes_.empty(); }
    std::uint8_t byte() {
        if (bytes_.empty()) return 0;
        const auto first = std::to_integer<std::uint8_t>(bytes_[0]);
        bytes_ = bytes_.subspan(1);
        return first;
    }
    ByteView take(std::size_t count) {
        const ByteView front = bytes_.first(std::min(count, bytes_.size()));
        bytes_ = bytes_.subspan(front.size());
        return front;
    }

private:
    ByteView bytes_;
};

UsbInterface interface_of(std::uint8_t choice) {
    constexpr std::uint16_t kProducts[] = {0x2200, 0x90CC, 0x223B, 0x2308};
    UsbInterface one;
    one.vid = 0x072F;
    one.pid = kProducts[choice & 3];
    one.class_code = kSmartCardClass;
    one.bulk_in = 0x81;
    one.bulk_out = 0x02;
    one.endpoint_in = (choice & 4) != 0 ? 0x83 : 0;
    return one;
}

class Play {
public:
    explicit Play(Feed& feed)
        : feed_(feed), reader_(k_ccid_driver.make(interface_of(feed.byte()), [] {
              ReaderSettings settings;
              settings.is_replayed = true;
              return settings;
          }())) {}

    void run() {
        reader_->opened(now_);
        drain();
        while (!feed_.empty()) step();
        reader_->closed(now_, feed_.byte() % 2 == 0 ? PortEnd::unplugged : PortEnd::end_of_recording);
        drain();
        DOSARIO_CHECK(!reader_->next_wake());
        for (const auto& [number, answers] : answers_) DOSARIO_CHECK(answers == 1);
    }

private:
    void step() {
        const std::uint8_t what = feed_.byte();
        switch (what & 7) {
            case 0: receive(0x81, feed_.take(feed_.byte())); break;
            case 1: receive(0x83, feed_.take(what >> 6)); break;
            case 2: pass(std::chrono::milliseconds{10 * (what >> 3)}); break;
            case 3: ask(what >> 3); break;
            default: answer(what >> 3); break;
        }
    }
    void pass(std::chrono::milliseconds time) {
        const MonoTime until = now_ + time;
        for (int i = 0; i < 1000 && reader_->next_wake() && *reader_->next_wake() <= until; ++i) {
            now_ = std::max(now_, *reader_->next_wake());
            reader_->wake(now_);
            drain();
        }
        now_ = until;
    }
    void receive(std::uint8_t endpoint, ByteView bytes) {
        now_ += std::chrono::milliseconds{1};
        reader_->receive(endpoint, bytes, now_);
        drain();
    }
    /// `kind`: 0 to 3 fine with a status word behind it, 4 fine without, 5 failed, 6 wants time, 7 any status.
    void answer(unsigned kind) {
        if (order_.size() < 10) return;
        const auto type = std::to_integer<unsigned>(order_[0]);
        const unsigned reply = type == 0x65 || type == 0x63 || type == 0x72 ? 0x81
                               : type == 0x6B                               ? 0x83
                               : type == 0x61                               ? 0x82
                                                                            : 0x80;
        const unsigned outcome = (kind & 7) == 5 ? 0x40 : (kind & 7) == 6 ? 0x80 : (kind & 7) == 7 ? feed_.byte() : kind >> 3;
        const ByteView some = feed_.take(feed_.byte());
        Bytes content{some.begin(), some.end()};
        if ((kind & 7) < 4) {
            content.push_back(std::byte{0x90});
            content.push_back(std::byte{0x00});
        }
        Bytes bytes{static_cast<std::byte>(reply),
                    static_cast<std::byte>(content.size() & 0xFF),
                    static_cast<std::byte>(content.size() >> 8),
                    std::byte{0},
                    std::byte{0},
                    order_[5],
                    order_[6],
                    static_cast<std::byte>(outcome),
                    std::byte{2},
                    std::byte{0}};
        bytes.insert(bytes.end(), content.begin(), content.end());
        receive(0x81, bytes);
    }
    void ask(unsigned kind) {
        const Bytes uid = told_uid_;
        const auto number = static_cast<std::uint32_t>(answers_.size() + 1);
        const std::size_t size = feed_.byte() % 300;
        const std::uint16_t first = feed_.byte();
        const ReaderCommand command = (kind & 1) != 0 ? ReaderCommand{ReadBlocks{uid, first, static_cast<std::uint16_t>(size)}}
                                                      : ReaderCommand{WriteBlocks{uid, first, Bytes(size)}};
        answers_[number] = 0;
        if (!reader_->command(command, number, now_)) answers_.erase(number);
        drain();
    }
    void drain() {
        while (const auto write = reader_->next_write())
            if (!write->setup) order_ = write->bytes;
        while (const auto event = reader_->next_event()) {
            DOSARIO_CHECK(!event_json(*event).empty());
            if (const auto* card = std::get_if<CardRead>(&*event)) {
                DOSARIO_CHECK(card->uid.size() >= 4 && card->uid.size() <= 10);
                DOSARIO_CHECK(!card->ndef || parse_ndef(*card->ndef).has_value());
                (void)card_text(*card);
                DOSARIO_CHECK(told_uid_.empty());
                told_uid_ = card->uid;
            }
            if (std::holds_alternative<CardGone>(*event)) {
                DOSARIO_CHECK(!told_uid_.empty());
                told_uid_.clear();
            }
            const auto* answer = std::get_if<ReaderAnswer>(&*event);
            if (answer == nullptr || answer->number == 0) continue;
            DOSARIO_CHECK(answers_.contains(answer->number));
            ++answers_[answer->number];
        }
    }

    Feed& feed_;
    std::unique_ptr<ReaderProtocol> reader_;
    MonoTime now_{};
    Bytes order_;
    Bytes told_uid_;
    std::map<std::uint32_t, int> answers_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    Feed feed{std::as_bytes(std::span{bytes, size})};
    Play{feed}.run();
    return 0;
}
