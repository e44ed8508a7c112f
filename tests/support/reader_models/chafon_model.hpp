// SPDX-License-Identifier: Apache-2.0
// A UHFReader18 or a UHFReader288M, after the manuals of CF-RU5102 and CF-MU804.
#pragma once

#include "support/reader_models/line.hpp"

namespace dosario::reader_models {

class ChafonModel final : public UhfModel {
public:
    ChafonModel(bool is_288, std::uint64_t seed) : UhfModel(seed), is_288_(is_288) {
        mask_ = static_cast<Mask>(chance.below(3));
        answers_damaged_ = chance.happens(0.5);
        ends_with_count_ = chance.happens(0.5);
        statistics_ = is_288 && chance.happens(0.3);
        all_at_once_ = chance.happens(0.3);
        boot();
    }

    void hear(ByteView bytes, MonoTime now) override {
        // No byte begins a frame: after a pause what was half a frame is none.
        if (now > heard_at_ + milliseconds{15}) heard_.clear();
        heard_at_ = now;
        put(heard_, bytes);
        while (!heard_.empty() && heard_.size() > at(heard_, 0)) {
            const Bytes frame{heard_.begin(), heard_.begin() + static_cast<std::ptrdiff_t>(at(heard_, 0)) + 1};
            heard_.erase(heard_.begin(), heard_.begin() + static_cast<std::ptrdiff_t>(frame.size()));
            if (frame.size() >= 5) obey(frame, now);
        }
    }
    int power_dbm() const override { return power_; }

private:
    enum class Mask { optional, wanted, refused };

    static unsigned crc(ByteView bytes) {
        unsigned value = 0xFFFF;
        for (const std::byte one : bytes) {
            value ^= std::to_integer<unsigned>(one);
            for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? value >> 1 ^ 0x8408 : value >> 1;
        }
        return value;
    }
    static Bytes answer_of(unsigned address, unsigned command, unsigned status, ByteView content) {
        Bytes frame;
        put(frame, {static_cast<unsigned>(content.size()) + 5, address, command, status});
        put(frame, content);
        const unsigned sum = crc(frame);
        put(frame, {sum & 0xFF, sum >> 8});
        return frame;
    }

    void boot() {
        max_ = 0x4E, min_ = 0x00;  // Europe
        power_ = 26;
        scan_time_ = 10;
    }
    bool in_band() const {
        const unsigned code = max_ >> 6 << 2 | min_ >> 6;
        const int first = code == 2 ? 902'750 : code == 7 ? 916'200 : code == 0 ? 902'600 : 0;
        const int step = code == 2 ? 500 : code == 7 ? 900 : 400;
        if (first == 0) return false;
        const int low = first + step * static_cast<int>(min_ & 0x3F), high = first + step * static_cast<int>(max_ & 0x3F);
        return low <= high && low - 200 >= least_khz && high + 200 <= most_khz;
    }
    void transmit() { deeds.out_of_band += !in_band(); }

    void say(unsigned command, unsigned status, ByteView content, MonoTime now) {
        Bytes frame = answer_of(0, command, status, content);
        const Bytes stranger = last_.empty() ? frame : last_;
        if (command != 0x01) last_ = frame;
        line.say(std::move(frame), now, stranger);
    }

    void obey(const Bytes& frame, MonoTime now) {
        if (now < deaf_until || chance.happens(faults.deaf)) return;
        const unsigned address = at(frame, 1), command = at(frame, 2);
        if (crc(frame) != 0) {
            if (answers_damaged_) say(0x00, 0xFE, {}, now);
            return;
        }
        if (address != 0 && address != 0xFF) return;
        if (chance.happens(faults.reboot)) {
            ++reboots;
            boot();
            line.clear();
            last_.clear();
            deaf_until = now + chance.between(milliseconds{100}, milliseconds{900});
            return;
        }
        MonoTime done = now + chance.between(milliseconds{2}, milliseconds{30});
        if (chance.happens(faults.busy)) done += chance.between(milliseconds{50}, faults.latest);
        if (chance.happens(faults.refused)) {
            constexpr unsigned kWhy[] = {0xF9, 0xFA, 0xFB, 0xFD, 0xFE, 0xFF, 0x14, 0x05, 0x0B};
            unsigned why = kWhy[chance.below(std::size(kWhy))];
            if (command == 0x01 && (why == 0xFA || why == 0xFB)) why = 0xF9;  // that would be a round without a tag
            say(why == 0xFE ? 0 : command, why, {}, done);
        } else {
            carry_out(command, ByteView{frame}.subspan(3, frame.size() - 5), done);
        }
        // What comes while it is busy is lost.
        deaf_until = std::max(deaf_until, done);
    }

    void carry_out(unsigned command, ByteView content, MonoTime done) {
        switch (command) {
            case 0x01: return inventory(content, done);
            case 0x02: return read(content, done);
            case 0x03: return write(content, done);
            case 0x06: return lock(content, done);
            case 0x21: {
                Bytes about;
                put(about, {0x03, 0x01, is_288_ ? 0x0CU : 0x09U, 0x03, max_, min_, static_cast<unsigned>(power_), scan_time_});
                if (is_288_) put(about, {0x01, 0x00, 0x00, 0x00, 0x00});
                return say(command, 0x00, about, done);
            }
            case 0x22: {
                if (content.size() != 2) return say(command, 0xFD, {}, done);
                max_ = at(content, 0), min_ = at(content, 1);
                return say(command, 0x00, {}, done);
            }
            case 0x2F:
                if (content.size() != 1) return say(command, 0xFD, {}, done);
                if (at(content, 0) > 30) return say(command, 0xFF, {}, done);
                power_ = static_cast<int>(at(content, 0));
                return say(command, 0x00, {}, done);
            case 0x76: return say(is_288_ ? command : 0, is_288_ ? 0x00 : 0xFE, {}, done);
            default: return say(0x00, 0xFE, {}, done);
        }
    }

    void inventory(ByteView content, MonoTime done) {
        if (is_288_ ? content.size() != 9 : !content.empty()) return say(0x01, 0xFD, {}, done);
        transmit();
        ++deeds.rounds;
        std::vector<Bytes> heard;
        for (const UhfTag& tag : tags)
            if (chance.happens(tag.heard)) heard.push_back(tag.epc());
        std::shuffle(heard.begin(), heard.end(), chance.engine);
        if (heard.empty()) return say(0x01, 0xFB, {}, done);
        const std::size_t in_frame = all_at_once_ ? 8 : 2;
        for (std::size_t from = 0; from < heard.size(); from += in_frame, done += milliseconds{5}) {
            const std::size_t end = std::min(from + in_frame, heard.size());
            Bytes tags_said;
            if (is_288_) put(tags_said, {0x01});
            put(tags_said, {static_cast<unsigned>(end - from)});
            for (std::size_t i = from; i < end; ++i) {
                put(tags_said, {static_cast<unsigned>(heard[i].size())});
                put(tags_said, heard[i]);
                if (is_288_) put(tags_said, {0x50 + static_cast<unsigned>(chance.below(40))});
            }
            say(0x01, end < heard.size() || ends_with_count_ ? 0x03 : 0x01, tags_said, done);
        }
        if (ends_with_count_) {
            Bytes none;
            if (is_288_) put(none, {0x01});
            put(none, {0x00});
            say(0x01, chance.happens(0.5) ? 0x01 : 0x02, none, done);
        }
        if (statistics_) {
            Bytes numbers;
            put(numbers, {0x01, 0x00, 0x64, 0x00, 0x00, 0x00, static_cast<unsigned>(heard.size())});
            say(0x01, 0x26, numbers, done + milliseconds{2});
        }
    }

    /// The tag that a command names by its EPC, behind `before` bytes; null where the command's length is wrong, and that was said.
    UhfTag* named(unsigned command, ByteView content, std::size_t before, std::size_t behind, MonoTime done) {
        const std::size_t at_words = before, size = content.size() > at_words ? 2 * at(content, at_words) : 0;
        const std::size_t without = before + 1 + size + behind, with = without + (is_288_ ? 3 : 2);
        const bool has_mask = content.size() == with;
        const bool fits = mask_ == Mask::wanted ? has_mask : content.size() == without || (has_mask && mask_ == Mask::optional);
        if (content.size() <= at_words || !fits) {
            say(command, 0xFD, {}, done);
            return nullptr;
        }
        transmit();
        UhfTag* const tag = find(content.subspan(at_words + 1, size));
        if (tag == nullptr) say(command, 0xFB, {}, done);
        return tag;
    }
    bool admits(const UhfTag& tag, unsigned command, std::uint32_t password, MonoTime done) {
        if (password == 0 || password == tag.password()) return true;
        say(command, 0x05, {}, done);
        return false;
    }
    static std::uint32_t be32(ByteView bytes, std::size_t from) {
        return at(bytes, from) << 24 | at(bytes, from + 1) << 16 | at(bytes, from + 2) << 8 | at(bytes, from + 3);
    }

    void read(ByteView content, MonoTime done) {
        UhfTag* const tag = named(0x02, content, 0, 7, done);
        if (tag == nullptr) return;
        const ByteView rest = content.subspan(1 + 2 * at(content, 0));
        if (!admits(*tag, 0x02, be32(rest, 3), done)) return;
        const Bytes& bank = tag->banks[at(rest, 0) & 3];
        const std::size_t from = 2 * at(rest, 1), size = 2 * at(rest, 2);
        if (from + size > bank.size() || size == 0) {
            Bytes why;
            put(why, {0x03});
            return say(0x02, 0xFC, why, done);
        }
        say(0x02, 0x00, ByteView{bank}.subspan(from, size), done);
    }

    void write(ByteView content, MonoTime done) {
        const std::size_t size = content.empty() ? 0 : 2 * at(content, 0);
        UhfTag* const tag = named(0x03, content, 1, 2 + size + 4, done);
        if (tag == nullptr) return;
        const ByteView rest = content.subspan(2 + 2 * at(content, 1));
        if (!admits(*tag, 0x03, be32(rest, 2 + size), done)) return;
        Bytes& bank = tag->banks[at(rest, 0) & 3];
        const std::size_t from = 2 * at(rest, 1);
        if (from + size > bank.size()) {
            Bytes why;
            put(why, {0x03});
            return say(0x03, 0xFC, why, done);
        }
        deeds.written.push_back(tag->epc());
        const ByteView words = rest.subspan(2, size);
        std::copy(words.begin(), words.end(), bank.begin() + static_cast<std::ptrdiff_t>(from));
        say(0x03, 0x00, {}, done);
    }

    void lock(ByteView content, MonoTime done) {
        UhfTag* const tag = named(0x06, content, 0, 6, done);
        if (tag == nullptr) return;
        const ByteView rest = content.subspan(1 + 2 * at(content, 0));
        if (be32(rest, 2) == 0 || be32(rest, 2) != tag->password()) return say(0x06, be32(rest, 2) == 0 ? 0x0C : 0x05, {}, done);
        if (at(rest, 0) > 4 || at(rest, 1) > 3) return say(0x06, 0xFF, {}, done);
        deeds.written.push_back(tag->epc());
        constexpr unsigned kAsOnAir[] = {0, 1, 2, 3};  // open, open for ever, with password, closed for ever
        tag->locks[at(rest, 0)] = kAsOnAir[at(rest, 1)];
        say(0x06, 0x00, {}, done);
    }

    const bool is_288_;
    Mask mask_;
    bool answers_damaged_, ends_with_count_, statistics_, all_at_once_;
    unsigned max_ = 0, min_ = 0, scan_time_ = 0;
    int power_ = 0;
    Bytes heard_, last_;
    MonoTime heard_at_{};
};

}  // namespace dosario::reader_models
