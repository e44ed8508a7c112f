// SPDX-License-Identifier: Apache-2.0
// A Chafon reader on the pad: UHFReader18 (chafon18) or UHFReader288M (chafon288).
//
//     command   [Len] [Adr] [Cmd] [...] [CRC, 2]            answer   [Len] [Adr] [Cmd] [Status] [...] [CRC, 2]
//
// It hears nothing while it is busy, nothing with another address than its own or FF, nothing with a wrong CRC. Its band is China's after
// switching on. An inventory is a round: frames with status 03 while there is more, the last one with 01, or FB when there was no tag.
#include "simulated/little_endian.hpp"
#include "simulated/pad.hpp"

#include <algorithm>

namespace dosario::simulated {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kTagsInFrame = 8;

unsigned at(ByteView bytes, std::size_t index) { return std::to_integer<unsigned>(bytes[index]); }

std::uint16_t crc_of(ByteView bytes) {
    std::uint32_t crc = 0xFFFF;
    for (const std::byte byte : bytes) {
        for (int bit = 0; bit < 8; ++bit) {
            const std::uint32_t in = std::to_integer<std::uint32_t>(byte) >> bit & 1;
            const bool apply = ((crc ^ in) & 1) != 0;
            crc >>= 1;
            if (apply) crc ^= 0x8408;
        }
    }
    return static_cast<std::uint16_t>(crc);
}

class ChafonPad final : public SimulatedPad {
public:
    explicit ChafonPad(const PadSettings& settings) : SimulatedPad(settings), long_(settings.family == "chafon288") { forget(); }

private:
    std::size_t obey(ByteView bytes, PadTime now) override {
        const std::size_t size = at(bytes, 0) + 1;
        if (size < 5) return 1;
        if (bytes.size() < size) return 0;
        const ByteView frame = bytes.first(size);
        const unsigned told = at(frame, size - 2) | at(frame, size - 1) << 8;
        if (crc_of(frame.first(size - 2)) != told) return 1;
        if (at(frame, 1) != settings_.address && at(frame, 1) != 0xFF) return size;
        if (now < busy_until_) return size;
        const auto command = static_cast<std::uint8_t>(at(frame, 2));
        const ByteView content = frame.subspan(3, size - 5);
        switch (fate_of(command, now)) {
            case Fate::spoilt: break;
            case Fate::mute:
                silent_ = true;
                act(command, content, now);
                silent_ = false;
                break;
            case Fate::obeyed: act(command, content, now); break;
        }
        return size;
    }

    void forget() override {
        max_ = 0x13;  // China 2, channels 0 to 19
        min_ = 0x40;
        power_ = 26;
        busy_until_ = {};
    }
    bool in_band() const override {
        const unsigned code = max_ >> 6 << 2 | min_ >> 6;
        int first = 0, step = 0, half = 250;
        if (code == 2) first = 902'750, step = 500;
        if (code == 7) first = 916'200, step = 900;
        if (code == 0) first = 902'600, step = 400, half = 200;
        if (first == 0) return false;
        const int low = first + step * static_cast<int>(min_ & 0x3F), high = first + step * static_cast<int>(max_ & 0x3F);
        return low <= high && low - half >= allowed_low_khz && high + half <= allowed_high_khz;
    }
    Bytes refusal(std::uint8_t command) const override {
        // One that it did not understand, or one that it could not carry out.
        return command % 2 == 0 ? frame(0x00, 0xFE, {}) : frame(command, 0xF9, {});
    }

    Bytes frame(unsigned command, unsigned status, ByteView content) const {
        Bytes made = bytes_of({static_cast<unsigned>(content.size() + 5), settings_.address, command, status});
        append(made, content);
        const std::uint16_t crc = crc_of(made);
        append(made, bytes_of({low(crc), high(crc)}));
        return made;
    }
    void reply(std::uint8_t command, unsigned status, const Bytes& content, PadTime now) {
        if (!silent_) send(frame(command, status, content), now + settings_.latency);
    }

    void act(std::uint8_t command, ByteView content, PadTime now) {
        switch (command) {
            case 0x01: return inventory(content, now);
            case 0x02:
            case 0x03:
            case 0x06: return on_tag(command, content, now);
            case 0x21: {
                Bytes told = bytes_of({0x01, 0x22, long_ ? 0x0Cu : 0x09u, 0x03, max_, min_, power_, 0x0A});
                if (long_) append(told, bytes_of({0x01, 0x00, 0x00, 0x00}));
                return reply(command, 0x00, told, now);
            }
            case 0x22:
                if (content.size() != 2) return reply(command, 0xFD, {}, now);
                if (!settings_.keeps_band) {
                    max_ = at(content, 0);
                    min_ = at(content, 1);
                }
                return reply(command, 0x00, {}, now);
            case 0x2F:
                if (content.size() != 1) return reply(command, 0xFD, {}, now);
                if (at(content, 0) > 30) return reply(command, 0xFF, {}, now);
                power_ = at(content, 0);
                return reply(command, 0x00, {}, now);
            case 0x76: return long_ ? reply(command, 0x00, {}, now) : reply(0x00, 0xFE, {}, now);
            default: return reply(0x00, 0xFE, {}, now);
        }
    }

    void inventory(ByteView content, PadTime now) {
        if (long_ ? content.size() < 5 : !content.empty()) return reply(0x01, 0xFD, {}, now);
        did(0x01, now);
        std::vector<Heard> heard = field_.round();
        PadTime at = now + settings_.latency;
        busy_until_ = at + field_.slot() * static_cast<std::int64_t>(std::max<std::size_t>(heard.size(), 1));
        if (silent_) return;
        if (heard.empty()) {
            busy_until_ = at + milliseconds{20};
            return send(frame(0x01, 0xFB, {}), busy_until_);
        }
        for (std::size_t from = 0; from < heard.size(); from += kTagsInFrame) {
            const std::size_t count = std::min(kTagsInFrame, heard.size() - from);
            Bytes tags = long_ ? bytes_of({0x01, static_cast<unsigned>(count)}) : bytes_of({static_cast<unsigned>(count)});
            for (std::size_t i = from; i < from + count; ++i) {
                append(tags, bytes_of({static_cast<unsigned>(heard[i].epc.size())}));
                append(tags, heard[i].epc);
                if (long_) append(tags, bytes_of({static_cast<unsigned>(200 + heard[i].rssi_dbm) & 0xFF}));
            }
            at += field_.slot() * static_cast<std::int64_t>(count);
            send(frame(0x01, from + count < heard.size() ? 0x03 : 0x01, tags), at);
        }
    }

    /// 02: ENum EPC Mem Ptr Num Pwd4; 03: WNum ENum EPC Mem Ptr Wdt Pwd4; 06: ENum EPC Select Protect Pwd4; and perhaps a mask.
    void on_tag(std::uint8_t command, ByteView content, PadTime now) {
        const std::size_t mask = long_ ? 3 : 2;
        const std::size_t words = command == 0x03 && !content.empty() ? at(content, 0) : 0;
        const std::size_t from = command == 0x03 ? 1 : 0;
        if (content.size() < from + 1) return reply(command, 0xFD, {}, now);
        const std::size_t epc_size = at(content, from) * std::size_t{2};
        const std::size_t after = from + 1 + epc_size;
        const std::size_t whole = after + (command == 0x02 ? 3 : 2) + 2 * words + 4;
        const bool masked = content.size() == whole + mask;
        if ((content.size() != whole && !masked) || (settings_.wants_mask && !masked)) return reply(command, 0xFD, {}, now);
        const Bytes epc{content.begin() + static_cast<std::ptrdiff_t>(from + 1),
                        content.begin() + static_cast<std::ptrdiff_t>(after)};
        did(command, now, epc);
        PadTag* const tag = field_.who_answers(field_.with(epc));
        if (tag == nullptr) return reply(command, 0xFB, {}, now);
        std::uint32_t password = 0;
        for (std::size_t i = whole - 4; i < whole; ++i) password = password << 8 | at(content, i);
        Access access;
        const unsigned first = at(content, after), second = at(content, after + 1);
        if (command == 0x06) {
            if (first > 4 || second > 3) return reply(command, 0xFF, {}, now);
            if (tag->access_password() == 0) return reply(command, 0x0C, {}, now);
            // Pairs of bits in the order of Select; 0 open, 1 open for ever, 2 with the password, 3 closed for ever.
            const unsigned shift = 2 * (4 - first);
            const unsigned wants[] = {2, 3, 2, 3}, does[] = {0, 1, 2, 3};
            access = lock_tag(*tag, wants[second] << (10 + shift) | does[second] << shift, password);
        } else {
            if (first > 3) return reply(command, 0xFF, {}, now);
            access = command == 0x02
                         ? read_tag(*tag, static_cast<Bank>(first), second, at(content, after + 2), password)
                         : write_tag(*tag, static_cast<Bank>(first), second, content.subspan(after + 2, 2 * words), password);
        }
        if (access.outcome == Access::Outcome::wrong_password) return reply(command, 0x05, {}, now);
        if (access.outcome == Access::Outcome::refused)
            return reply(command, 0xFC, bytes_of({static_cast<unsigned>(access.refusal)}), now);
        reply(command, 0x00, access.words, now);
    }

    const bool long_;
    bool silent_ = false;  ///< does as it is told, and does not say so
    unsigned max_ = 0x13, min_ = 0x40, power_ = 26;
    PadTime busy_until_{};
};

}  // namespace

std::unique_ptr<SimulatedPad> make_chafon_pad(const PadSettings& settings) { return std::make_unique<ChafonPad>(settings); }

}  // namespace dosario::simulated
