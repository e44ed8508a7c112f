// SPDX-License-Identifier: Apache-2.0
// A contactless reader behind CCID, after USB-IF's CCID rev. 1.1, PC/SC part 3 and what the ACR122U and ACR1552U are known for. One card of
// NFC Forum Type 2, or of ISO/IEC 15693 with blocks of 4 bytes, at a time.
#pragma once

#include "support/reader_models/line.hpp"

namespace dosario::reader_models {

struct HfCard {
    bool is_15693 = false;
    Bytes uid;
    Bytes memory;  ///< pages or blocks of 4 bytes, from the first on
};

class CcidModel {
public:
    enum class Kind { standard, acr122, acr1552 };

    CcidModel(Kind kind, std::uint64_t seed) : kind_(kind), chance{std::mt19937_64{seed}} {
        knows_rf_ = chance.happens(0.8);
        lists_two_ = chance.happens(0.7);
        lies_ = chance.happens(0.8);
        error_ = chance.happens(0.5) ? 0x81 : 0xFE;
        uid_low_first_ = chance.happens(0.5);
        boot();
    }

    /// A message on bulk OUT, whole.
    void hear(ByteView message, MonoTime now) {
        if (message.size() < 10 || chance.happens(faults.deaf)) return;
        const unsigned type = at(message, 0), slot = at(message, 5), sequence = at(message, 6);
        const std::size_t length = at(message, 1) | at(message, 2) << 8 | at(message, 3) << 16;
        if (length != message.size() - 10 || now < deaf_until) return;
        if (chance.happens(faults.reboot)) {
            ++reboots;
            boot();
            line.clear();
            last_.clear();
            deaf_until = now + chance.between(milliseconds{100}, milliseconds{900});
            return;
        }
        MonoTime done = now + chance.between(milliseconds{1}, milliseconds{20});
        if (chance.happens(faults.busy)) {
            // It asks for more time, as it is told to.
            const unsigned reply = type == 0x65 ? 0x81U : type == 0x6B ? 0x83U : 0x80U;
            say(reply, slot, sequence, 0x80, 3, {}, done);
            done += chance.between(milliseconds{50}, milliseconds{2500});
        }
        if (slot != 0) return say(0x81, slot, sequence, 0x42, 0x05, {}, done);
        const ByteView content = message.subspan(10);
        const bool refused = chance.happens(faults.refused);
        switch (type) {
            case 0x65: return say(0x81, slot, sequence, refused ? 0x40 | icc() : icc(), refused ? 0xE0 : 0, {}, done);
            case 0x62: {
                if (refused) return say(0x80, slot, sequence, 0x41, 0xFB, {}, done);
                if (!card && kind_ != Kind::acr122) return say(0x80, slot, sequence, 0x42, 0xFE, {}, done);
                powered_ = card.has_value();
                return say(0x80, slot, sequence, icc(), lie(), atr(), done);
            }
            case 0x63: powered_ = false; return say(0x81, slot, sequence, icc(), 0, {}, done);
            case 0x6F: {
                if (refused && chance.happens(0.5)) return say(0x80, slot, sequence, 0x40 | icc(), 0xFE, {}, done);
                const bool can = kind_ == Kind::acr122 || powered_;
                if (!can) return say(0x80, slot, sequence, 0x40 | icc(), 0xFE, {}, done);
                return say(0x80, slot, sequence, icc(), lie(), refused ? word(0x6300) : apdu(content), done);
            }
            case 0x6B:
                if (refused || kind_ != Kind::acr1552) return say(0x83, slot, sequence, 0x40 | icc(), 0, {}, done);
                return say(0x83, slot, sequence, icc(), 0, escape(content), done);
            case 0x72: return say(0x81, slot, sequence, icc(), 0, {}, done);
            default: return say(0x81, slot, sequence, 0x40 | icc(), 0, {}, done);
        }
    }
    void lay(HfCard laid) { card = std::move(laid), changed = true, powered_ = false; }
    void take() { card.reset(), changed = true, powered_ = false; }
    bool tells_changes() const { return kind_ != Kind::acr122; }

private:
    static Bytes word(unsigned value) {
        Bytes bytes;
        put(bytes, {value >> 8, value});
        return bytes;
    }
    static Bytes ok(ByteView content = {}) {
        Bytes bytes{content.begin(), content.end()};
        put(bytes, {0x90, 0x00});
        return bytes;
    }
    void boot() {
        powered_ = false;
        listed_ = false;
        poll_15693_ = false;
        interface_ = 0;
    }
    unsigned icc() const {
        if (kind_ == Kind::acr122 && lies_) return 2;
        return card ? powered_ ? 0U : 1U : 2U;
    }
    unsigned lie() const { return kind_ == Kind::acr122 && lies_ ? error_ : 0; }

    void say(unsigned type, unsigned slot, unsigned sequence, unsigned status, unsigned error, ByteView content, MonoTime now) {
        Bytes message;
        const auto length = static_cast<unsigned>(content.size());
        put(message, {type, length, length >> 8, 0, 0, slot, sequence, status, error, 0});
        put(message, content);
        const Bytes stranger = last_;
        last_ = message;
        line.say(std::move(message), now, stranger);
    }

    bool sees() const { return card && (!card->is_15693 || (kind_ != Kind::acr122 && (kind_ != Kind::acr1552 || poll_15693_))); }
    Bytes atr() const {
        Bytes bytes;
        if (!sees()) {
            put(bytes, {0x3B, 0x00});
            return bytes;
        }
        put(bytes, {0x3B, 0x8F, 0x80, 0x01, 0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x06});
        put(bytes, {card->is_15693 ? 0x0BU : 0x03U, 0x00, card->is_15693 ? 0x14U : 0x03U, 0x00, 0x00, 0x00, 0x00});
        unsigned sum = 0;
        for (std::size_t i = 1; i < bytes.size(); ++i) sum ^= at(bytes, i);
        put(bytes, {sum});
        return bytes;
    }

    Bytes apdu(ByteView content) {
        if (content.size() < 4 || at(content, 0) != 0xFF) return word(0x6E00);
        const unsigned instruction = at(content, 1), first = at(content, 2) << 8 | at(content, 3);
        const std::size_t last = content.size() > 4 ? at(content, 4) : 0;
        if (instruction == 0x00 && first == 0x0000 && kind_ == Kind::acr122) return chip(content.subspan(5));
        if (instruction == 0x00 && at(content, 2) == 0x48)
            return Bytes(10, std::byte{'A'});  // its firmware, without a status word
        if (instruction == 0x00 && at(content, 2) == 0x51) return Bytes(1, std::byte{0xFF});
        if (!sees()) return word(0x6300);
        switch (instruction) {
            case 0xCA: {
                if (first != 0) return word(0x6A81);
                Bytes uid = card->uid;
                if (card->is_15693 && uid_low_first_) std::ranges::reverse(uid);
                return ok(uid);
            }
            case 0xB0: {
                const std::size_t from = std::size_t{4} * first;
                if (last == 0 || last > 16 || last % 4 != 0) return word(0x6700);
                if (from + last > card->memory.size()) return word(0x6A82);
                return ok(ByteView{card->memory}.subspan(from, last));
            }
            case 0xD6: {
                const std::size_t from = std::size_t{4} * first;
                if (last != 4 || content.size() != 9) return word(0x6700);
                if (from + 4 > card->memory.size()) return word(0x6A82);
                std::copy(content.begin() + 5, content.end(), card->memory.begin() + static_cast<std::ptrdiff_t>(from));
                return ok();
            }
            default: return word(0x6A81);
        }
    }

    Bytes chip(ByteView command) {
        if (command.size() < 2 || at(command, 0) != 0xD4) return word(0x6300);
        Bytes answer;
        put(answer, {0xD5, at(command, 1) + 1});
        switch (at(command, 1)) {
            case 0x02: put(answer, {0x32, 0x01, 0x06, 0x07}); return ok(answer);
            case 0x32: return knows_rf_ ? ok(answer) : word(0x6300);
            case 0x44: put(answer, {0x00}); return ok(answer);
            case 0x4A: {
                if (command.size() < 4 || (at(command, 2) > 1 && !lists_two_)) return word(0x6300);
                listed_ = sees();
                put(answer, {listed_ ? 1U : 0U});
                if (listed_) {
                    put(answer, {0x01, 0x00, 0x44, 0x00, static_cast<unsigned>(card->uid.size())});
                    put(answer, card->uid);
                }
                return ok(answer);
            }
            case 0x40: {
                if (command.size() < 5 || !listed_ || !sees()) {
                    put(answer, {0x01});  // the tag does not answer
                    return ok(answer);
                }
                const std::size_t from = std::size_t{4} * at(command, 4);
                const bool reads = at(command, 3) == 0x30, writes = at(command, 3) == 0xA2 && command.size() == 9;
                if ((!reads && !writes) || from + 4 > card->memory.size()) {
                    put(answer, {0x13});
                    return ok(answer);
                }
                put(answer, {0x00});
                if (writes)
                    std::copy(command.begin() + 5, command.end(), card->memory.begin() + static_cast<std::ptrdiff_t>(from));
                for (std::size_t i = 0; reads && i < 16; ++i) answer.push_back(card->memory[(from + i) % card->memory.size()]);
                return ok(answer);
            }
            default: return word(0x6300);
        }
    }

    Bytes escape(ByteView content) {
        Bytes answer;
        const bool group0 = content.size() >= 5 && at(content, 0) == 0xE0 && at(content, 2) == 0;
        if (!group0) return word(0x6A81);
        const std::size_t length = at(content, 4);
        switch (at(content, 3)) {
            case 0x20:
                if (length == 2 && content.size() == 7)
                    poll_15693_ = (at(content, 5) & 0x04) != 0 || (at(content, 6) & 0x04) != 0;
                put(answer, {0xE1, 0x00, 0x00, 0x00, 0x02, poll_15693_ ? 0x04U : 0x00U, poll_15693_ ? 0x05U : 0x01U});
                return answer;
            case 0x93:
                if (length == 1 && content.size() == 6) interface_ = at(content, 5);
                put(answer, {0xE1, 0x00, 0x00, 0x00, 0x01, interface_});
                return answer;
            default: return word(0x6A81);
        }
    }

    const Kind kind_;
    bool knows_rf_ = false, lists_two_ = false, lies_ = false, uid_low_first_ = false;
    unsigned error_ = 0, interface_ = 0;
    bool powered_ = false, listed_ = false, poll_15693_ = false;
    Bytes last_;

public:
    Chance chance;
    Faults faults;
    Line line{chance, faults};
    std::optional<HfCard> card;
    bool changed = false;  ///< a notice is due
    MonoTime deaf_until{};
    std::size_t reboots = 0;
};

}  // namespace dosario::reader_models
