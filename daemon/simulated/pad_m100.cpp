// SPDX-License-Identifier: Apache-2.0
// An M100 (BB ... 7E) or R200 (AA ... DD) module on the pad.
//
//     command   [BB] 00 [cmd] [length, 2] [...] [sum] [7E]
//     answer    the same with 01; an error has cmd FF and begins with its number
//     notice    02 22: RSSI, PC, EPC, the tag's CRC
//
// Its region is China's after switching on. While an inventory goes on it hears only 28 (stop). A selection (0C) is kept until the next one.
#include "simulated/little_endian.hpp"
#include "simulated/pad.hpp"

#include <algorithm>
#include <numeric>

namespace dosario::simulated {
namespace {

using std::chrono::milliseconds;

constexpr PadTime kEmptyRound = milliseconds{20};
constexpr std::size_t kLongest = 512;

unsigned at(ByteView bytes, std::size_t index) { return std::to_integer<unsigned>(bytes[index]); }
unsigned be(ByteView bytes, std::size_t from, std::size_t size) {
    unsigned value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | at(bytes, from + i);
    return value;
}

class M100Pad final : public SimulatedPad {
public:
    explicit M100Pad(const PadSettings& settings) : SimulatedPad(settings), r200_(settings.family == "r200") { forget(); }

private:
    std::size_t obey(ByteView bytes, PadTime now) override {
        if (at(bytes, 0) != head()) return 1;
        if (bytes.size() < 7) return 0;
        const std::size_t length = be(bytes, 3, 2);
        if (at(bytes, 1) != 0 || length > kLongest) return 1;
        if (bytes.size() < length + 7) return 0;
        if (sum_of(bytes.subspan(1, length + 4)) != at(bytes, length + 5) || at(bytes, length + 6) != end()) return 1;
        const auto command = static_cast<std::uint8_t>(at(bytes, 2));
        if (running_ && command != 0x28) return length + 7;
        switch (fate_of(command, now)) {
            case Fate::spoilt: break;
            case Fate::mute:
                silent_ = true;
                act(command, bytes.subspan(5, length), now);
                silent_ = false;
                break;
            case Fate::obeyed: act(command, bytes.subspan(5, length), now); break;
        }
        return length + 7;
    }

    std::optional<PadTime> works_at() const override { return running_ ? std::optional{next_slot_} : std::nullopt; }
    void work(PadTime now) override {
        if (order_.empty()) {
            order_ = field_.round();
            std::reverse(order_.begin(), order_.end());
            did(0x27, now);
            const bool nothing = order_.empty();
            if (nothing) send(error(0x15), now);
            next_slot_ = now + (nothing ? kEmptyRound : field_.slot());
            if (nothing) count_round();
            return;
        }
        send(notice(order_.back()), now);
        order_.pop_back();
        next_slot_ = now + field_.slot();
        if (order_.empty()) count_round();
    }

    void forget() override {
        region_ = 1;
        channels_.clear();
        power_ = 2600;
        running_ = false;
        order_.clear();
        mask_.clear();
        mask_at_ = 0;
        mode_ = 1;
    }
    bool in_band() const override {
        if (region_ != 2) return false;
        const auto inside = [this](unsigned number) {
            const int centre = 902'250 + 500 * static_cast<int>(number);
            return centre - 250 >= allowed_low_khz && centre + 250 <= allowed_high_khz;
        };
        std::vector<unsigned> used = channels_;
        if (used.empty()) {
            used.resize(50);
            std::iota(used.begin(), used.end(), 1U);
        }
        return std::all_of(used.begin(), used.end(), inside);
    }
    Bytes refusal(std::uint8_t) const override { return error(0x17); }

    unsigned head() const { return r200_ ? 0xAA : 0xBB; }
    unsigned end() const { return r200_ ? 0xDD : 0x7E; }
    static unsigned sum_of(ByteView bytes) {
        unsigned sum = 0;
        for (const std::byte one : bytes) sum += std::to_integer<unsigned>(one);
        return sum & 0xFF;
    }
    Bytes frame(unsigned kind, unsigned command, ByteView content) const {
        Bytes made = bytes_of(
            {head(), kind, command, static_cast<unsigned>(content.size() >> 8), static_cast<unsigned>(content.size() & 0xFF)});
        append(made, content);
        const unsigned sum = sum_of(ByteView{made}.subspan(1));
        append(made, bytes_of({sum, end()}));
        return made;
    }
    Bytes error(unsigned number) const { return frame(1, 0xFF, bytes_of({number})); }
    Bytes notice(const Heard& heard) const {
        Bytes content = bytes_of({static_cast<unsigned>(heard.rssi_dbm) & 0xFF, high(heard.pc), low(heard.pc)});
        append(content, heard.epc);
        append(content, bytes_of({high(heard.crc), low(heard.crc)}));
        return frame(2, 0x22, content);
    }
    void reply(std::uint8_t command, const Bytes& content, PadTime now) {
        if (!silent_) send(frame(1, command, content), now + settings_.latency);
    }
    void fail(unsigned number, PadTime now) {
        if (!silent_) send(error(number), now + settings_.latency);
    }
    void count_round() {
        if (--rounds_ == 0) running_ = false;
    }

    void act(std::uint8_t command, ByteView content, PadTime now) {
        const Bytes done = bytes_of({0});
        switch (command) {
            case 0x03: return reply(command, about(content), now);
            case 0x07:
                if (content.size() != 1) return fail(0x17, now);
                if (!settings_.keeps_band) region_ = at(content, 0);
                return reply(command, done, now);
            case 0x08: return reply(command, bytes_of({region_}), now);
            case 0x0C:
                if (content.size() < 7 || at(content, 5) != (content.size() - 7) * 8) return fail(0x17, now);
                mask_at_ = be(content, 1, 4);
                mask_.assign(content.begin() + 7, content.end());
                mode_ = 2;
                return reply(command, done, now);
            case 0x0B: {
                if (!settings_.tells_selection) return fail(0x17, now);
                Bytes selected =
                    bytes_of({0x01, 0, 0, static_cast<unsigned>(mask_at_ >> 8), static_cast<unsigned>(mask_at_ & 0xFF),
                              static_cast<unsigned>(mask_.size() * 8), 0x00});
                append(selected, mask_);
                return reply(command, selected, now);
            }
            case 0x12:
                if (content.size() != 1 || at(content, 0) > 2) return fail(0x17, now);
                mode_ = at(content, 0);
                return reply(command, done, now);
            case 0x22: return single(now);
            case 0x27:
                if (content.size() != 3 || be(content, 1, 2) == 0) return fail(0x17, now);
                running_ = true;
                rounds_ = be(content, 1, 2);
                order_.clear();
                next_slot_ = now + settings_.latency;
                return;
            case 0x28: running_ = false; return reply(command, done, now);
            case 0x39:
            case 0x49:
            case 0x82: return on_tag(command, content, now);
            case 0xA9:
                if (!settings_.has_channels || content.empty() || content.size() != at(content, 0) + 1U) return fail(0x17, now);
                channels_.clear();
                for (std::size_t i = 1; i < content.size(); ++i) channels_.push_back(at(content, i));
                return reply(command, done, now);
            case 0xAD: return reply(command, done, now);
            case 0xB6:
                if (content.size() != 2 || be(content, 0, 2) > 3000) return fail(0x17, now);
                power_ = be(content, 0, 2);
                return reply(command, done, now);
            case 0xB7: return reply(command, bytes_of({power_ >> 8, power_ & 0xFF}), now);
            default: return fail(0x17, now);
        }
    }

    Bytes about(ByteView content) const {
        const unsigned which = content.empty() ? 0 : at(content, 0);
        constexpr std::string_view kTexts[] = {"M100 26dBm V1.0", "V2.3.5", "Simulated"};
        Bytes text = bytes_of({which});
        append(text, as_bytes(kTexts[std::min<std::size_t>(which, 2)]));
        return text;
    }

    void single(PadTime now) {
        did(0x22, now);
        if (silent_) return;
        const std::vector<Heard> heard = field_.round();
        if (heard.empty()) return fail(0x15, now);
        PadTime at = now + settings_.latency;
        for (const Heard& one : heard) send(notice(one), at += field_.slot());
    }

    std::vector<PadTag*> selected() {
        std::vector<PadTag*> all;
        for (PadTag& tag : field_.tags()) {
            const ByteView memory = ByteView{tag.banks[1]};
            const std::size_t from = mask_at_ / 8;
            const bool fits =
                mode_ == 1 || (from + mask_.size() <= memory.size() &&
                               std::equal(mask_.begin(), mask_.end(), memory.begin() + static_cast<std::ptrdiff_t>(from)));
            if (fits) all.push_back(&tag);
        }
        return all;
    }

    void on_tag(std::uint8_t command, ByteView content, PadTime now) {
        const unsigned failed = command == 0x39 ? 0x09 : command == 0x49 ? 0x10 : 0x13;
        const std::size_t least = command == 0x39 ? 9 : command == 0x49 ? 11 : 7;
        if (content.size() < least) return fail(0x17, now);
        PadTag* const answers = field_.who_answers(selected());
        if (answers == nullptr) {
            did(command, now);
            return fail(failed, now);
        }
        PadTag& tag = *answers;
        const Bytes epc = tag.epc();
        did(command, now, epc);
        Bytes who = bytes_of({static_cast<unsigned>(epc.size() + 2), high(tag.pc()), low(tag.pc())});
        append(who, epc);
        const std::uint32_t password = be(content, 0, 4);
        Access access;
        if (command == 0x82) {
            access = lock_tag(tag, be(content, 4, 3), password);
        } else {
            const unsigned bank = at(content, 4);
            const std::size_t first = be(content, 5, 2), words = be(content, 7, 2);
            if (bank > 3 || (command == 0x49 && content.size() != 9 + 2 * words)) return fail(0x17, now);
            access = command == 0x39 ? read_tag(tag, static_cast<Bank>(bank), first, words, password)
                                     : write_tag(tag, static_cast<Bank>(bank), first, content.subspan(9), password);
        }
        if (silent_) return;
        if (access.outcome == Access::Outcome::wrong_password) return fail(0x16, now);
        const unsigned kind = command == 0x39 ? 0xA0 : command == 0x49 ? 0xB0 : 0xC0;
        if (access.outcome == Access::Outcome::refused) {
            Bytes said = bytes_of({kind | static_cast<unsigned>(access.refusal)});
            append(said, who);
            return send(frame(1, 0xFF, said), now + settings_.latency);
        }
        append(who, command == 0x39 ? access.words : bytes_of({0}));
        reply(command, who, now);
    }

    const bool r200_;
    bool silent_ = false;  ///< does as it is told, and does not say so
    unsigned region_ = 1, power_ = 2600, mode_ = 1, rounds_ = 0;
    std::vector<unsigned> channels_;
    Bytes mask_;
    std::size_t mask_at_ = 0;  ///< bits
    bool running_ = false;
    PadTime next_slot_{};
    std::vector<Heard> order_;
};

}  // namespace

std::unique_ptr<SimulatedPad> make_m100_pad(const PadSettings& settings) { return std::make_unique<M100Pad>(settings); }

}  // namespace dosario::simulated
