// SPDX-License-Identifier: Apache-2.0
// An M100 or R200 module, after the protocols of Invelion (V2.1) and R200 (V2.3.3).
#pragma once

#include "support/reader_models/line.hpp"

#include <set>

namespace dosario::reader_models {

class M100Model final : public UhfModel {
public:
    M100Model(bool is_r200, std::uint64_t seed) : UhfModel(seed), head_(is_r200 ? 0xAA : 0xBB), end_(is_r200 ? 0xDD : 0x7E) {
        tells_region = !chance.happens(0.05);
        tells_selection_ = !chance.happens(0.2);
        keeps_region_ = chance.happens(0.3);
        notice_ = chance.happens(0.2) ? 0x27 : 0x22;
        boot();
    }

    void hear(ByteView bytes, MonoTime now) override {
        live(now);
        put(heard_, bytes);
        while (heard_.size() >= 7) {
            const std::size_t size = (at(heard_, 3) << 8 | at(heard_, 4)) + std::size_t{7};
            unsigned sum = 0;
            const bool begins = at(heard_, 0) == head_ && at(heard_, 1) == 0 && size <= 300;
            if (begins && heard_.size() < size) return;
            for (std::size_t i = 1; begins && i < size - 2; ++i) sum += at(heard_, i);
            if (!begins || at(heard_, size - 1) != end_ || (sum & 0xFF) != at(heard_, size - 2)) {
                heard_.erase(heard_.begin());
                continue;
            }
            const Bytes frame{heard_.begin(), heard_.begin() + static_cast<std::ptrdiff_t>(size)};
            heard_.erase(heard_.begin(), heard_.begin() + static_cast<std::ptrdiff_t>(size));
            obey(at(frame, 2), ByteView{frame}.subspan(5, size - 7), now);
        }
    }
    void live(MonoTime now) override {
        while (rounds_left_ > 0 && next_round_ <= now) {
            round(next_round_);
            --rounds_left_;
            next_round_ += milliseconds{30};
        }
    }
    std::optional<MonoTime> due() const override {
        std::optional<MonoTime> first = line.due();
        if (rounds_left_ > 0) first = std::min(first.value_or(next_round_), next_round_);
        return first;
    }
    int power_dbm() const override { return power_ / 100; }
    bool reads() const override { return rounds_left_ > 0; }

private:
    static unsigned tag_crc(ByteView bytes) {
        unsigned value = 0xFFFF;
        for (const std::byte one : bytes) {
            value ^= std::to_integer<unsigned>(one) << 8;
            for (int bit = 0; bit < 8; ++bit) value = (value & 0x8000) != 0 ? (value << 1 ^ 0x1021) & 0xFFFF : value << 1;
        }
        return ~value & 0xFFFF;
    }
    Bytes frame_of(unsigned kind, unsigned command, ByteView content) const {
        Bytes frame;
        put(frame, {head_, kind, command, static_cast<unsigned>(content.size() >> 8), static_cast<unsigned>(content.size())});
        put(frame, content);
        unsigned sum = 0;
        for (std::size_t i = 1; i < frame.size(); ++i) sum += at(frame, i);
        put(frame, {sum, end_});
        return frame;
    }

    void boot() {
        if (!keeps_region_ || region_ == 0) region_ = 1;  // China
        channels_.clear();
        power_ = 2600;
        selection_.clear();
        mode_ = 0;
        rounds_left_ = 0;
    }
    bool in_band() const {
        if (region_ != 2) return false;
        for (unsigned channel = 0; channel < 52; ++channel) {
            if (!channels_.empty() && !channels_.contains(channel)) continue;
            if (channels_.empty() && (channel == 0 || channel == 51)) continue;  // beyond the FCC's plan
            const int centre = 902'250 + 500 * static_cast<int>(channel);
            const bool brazil_gap = gap_ && centre + 250 > 907'500 && centre - 250 < 915'000;
            if (centre - 250 < least_khz || centre + 250 > most_khz || brazil_gap) return false;
        }
        return true;
    }
    void transmit() { deeds.out_of_band += !in_band(); }

    void say(unsigned kind, unsigned command, ByteView content, MonoTime now) {
        Bytes frame = frame_of(kind, command, content);
        const Bytes stranger = last_.empty() ? frame : last_;
        if (kind == 1) last_ = frame;
        line.say(std::move(frame), now, stranger);
    }
    void say(unsigned command, std::initializer_list<unsigned> content, MonoTime now) {
        Bytes bytes;
        put(bytes, content);
        say(1, command, bytes, now);
    }
    void fail(unsigned why, MonoTime now) { say(0xFF, {why}, now); }

    void obey(unsigned command, ByteView content, MonoTime now) {
        if (now < deaf_until || chance.happens(faults.deaf)) return;
        // While it reads it hears only that it is to stop.
        if (rounds_left_ > 0 && command != 0x28) return;
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
            constexpr unsigned kWhy[] = {0x17, 0x09, 0x10, 0x13, 0x15, 0x16, 0x20, 0xA3, 0xB4, 0xC4};
            const unsigned why = kWhy[chance.below(std::size(kWhy))];
            const bool of_round = (command == 0x22 || command == 0x27) && why == 0x15;  // that would be a round without a tag
            fail(of_round ? 0x20 : why, done);
        } else {
            carry_out(command, content, done);
        }
        deaf_until = std::max(deaf_until, done);
    }

    void carry_out(unsigned command, ByteView content, MonoTime done) {
        switch (command) {
            case 0x03: {
                Bytes about;
                put(about, {content.empty() ? 0U : at(content, 0), 'M', '1', '0', '0', ' ', '2', '6', 'd', 'B', 'm'});
                return say(1, command, about, done);
            }
            case 0x07:
                if (content.size() != 1 || at(content, 0) == 5 || at(content, 0) > 6) return fail(0x17, done);
                region_ = at(content, 0);
                channels_.clear();
                return say(command, {0}, done);
            case 0x08: return tells_region ? say(command, {region_}, done) : fail(0x17, done);
            case 0x0B: return tells_selection_ ? say(1, command, selection_, done) : fail(0x17, done);
            case 0x0C:
                if (content.size() < 7) return fail(0x17, done);
                selection_.assign(content.begin(), content.end());
                mode_ = 2;
                return say(command, {0}, done);
            case 0x12: mode_ = content.empty() ? 0 : at(content, 0); return say(command, {0}, done);
            case 0x22: return round(done);
            case 0x27:
                if (content.size() != 3 || at(content, 0) != 0x22) return fail(0x17, done);
                rounds_left_ = at(content, 1) << 8 | at(content, 2);
                next_round_ = done;
                return;
            case 0x28: rounds_left_ = 0; return say(command, {0}, done);
            case 0x39: return read(content, done);
            case 0x49: return write(content, done);
            case 0x82: return lock(content, done);
            case 0xA9:
                if (content.empty() || content.size() != at(content, 0) + std::size_t{1}) return fail(0x17, done);
                channels_.clear();
                for (std::size_t i = 1; i < content.size(); ++i) channels_.insert(at(content, i));
                return say(command, {0}, done);
            case 0xAD: return say(command, {0}, done);
            case 0xB6:
                if (content.size() != 2 || (at(content, 0) << 8 | at(content, 1)) > 3000) return fail(0x17, done);
                power_ = static_cast<int>(at(content, 0) << 8 | at(content, 1));
                return say(command, {0}, done);
            case 0xB7: return say(command, {static_cast<unsigned>(power_) >> 8, static_cast<unsigned>(power_)}, done);
            default: return fail(0x17, done);
        }
    }

    bool is_selected(const UhfTag& tag) const {
        if (selection_.size() < 7) return true;
        const std::size_t from =
            (at(selection_, 1) << 24 | at(selection_, 2) << 16 | at(selection_, 3) << 8 | at(selection_, 4)) / 8;
        const std::size_t size = at(selection_, 5) / 8;
        const Bytes& bank = tag.banks[at(selection_, 0) & 3];
        return from + size <= bank.size() && selection_.size() >= 7 + size &&
               std::equal(selection_.begin() + 7, selection_.begin() + 7 + static_cast<std::ptrdiff_t>(size),
                          bank.begin() + static_cast<std::ptrdiff_t>(from));
    }

    void round(MonoTime now) {
        transmit();
        ++deeds.rounds;
        bool any = false;
        for (const UhfTag& tag : tags) {
            if (!chance.happens(tag.heard) || (mode_ == 0 && !is_selected(tag))) continue;
            any = true;
            Bytes notice,
                singled{tag.banks[1].begin() + 2, tag.banks[1].begin() + 4 + static_cast<std::ptrdiff_t>(tag.epc().size())};
            put(notice, {0xC0 + static_cast<unsigned>(chance.below(20))});
            put(notice, singled);
            const unsigned crc = tag_crc(singled);
            put(notice, {crc >> 8, crc});
            say(2, rounds_left_ > 0 ? notice_ : 0x22, notice, now);
        }
        if (!any) fail(0x15, now);
    }

    /// The one tag that is meant; null: it was said why not.
    UhfTag* meant(ByteView content, unsigned why, MonoTime done) {
        transmit();
        UhfTag* found = nullptr;
        for (UhfTag& tag : tags)
            if (mode_ == 1 || is_selected(tag)) found = &tag;
        if (found == nullptr || content.size() < 4) {
            fail(why, done);
            return nullptr;
        }
        const std::uint32_t password = at(content, 0) << 24 | at(content, 1) << 16 | at(content, 2) << 8 | at(content, 3);
        if (password == 0 || password == found->password()) return found;
        say_of_tag(0xFF, 0x16, *found, {}, done);
        return nullptr;
    }
    void say_of_tag(unsigned command, unsigned error, const UhfTag& tag, ByteView rest, MonoTime done) {
        Bytes content;
        if (command == 0xFF) put(content, {error});
        put(content, {static_cast<unsigned>(tag.epc().size()) + 2});
        put(content, ByteView{tag.banks[1]}.subspan(2, 2 + tag.epc().size()));
        put(content, rest);
        say(1, command, content, done);
    }

    void read(ByteView content, MonoTime done) {
        UhfTag* const tag = meant(content, 0x09, done);
        if (tag == nullptr) return;
        if (content.size() != 9) return fail(0x17, done);
        const Bytes& bank = tag->banks[at(content, 4) & 3];
        const std::size_t from = 2 * (at(content, 5) << 8 | at(content, 6)), size = 2 * (at(content, 7) << 8 | at(content, 8));
        if (from + size > bank.size()) return say_of_tag(0xFF, 0xA3, *tag, {}, done);
        say_of_tag(0x39, 0, *tag, ByteView{bank}.subspan(from, size), done);
    }
    void write(ByteView content, MonoTime done) {
        UhfTag* const tag = meant(content, 0x10, done);
        if (tag == nullptr) return;
        const std::size_t from = content.size() < 9 ? 0 : 2 * (at(content, 5) << 8 | at(content, 6));
        const std::size_t size = content.size() < 9 ? 0 : 2 * (at(content, 7) << 8 | at(content, 8));
        if (size == 0 || content.size() != 9 + size) return fail(0x17, done);
        Bytes& bank = tag->banks[at(content, 4) & 3];
        if (from + size > bank.size()) return say_of_tag(0xFF, 0xB3, *tag, {}, done);
        deeds.written.push_back(tag->epc());
        const Bytes none(1);
        const Bytes before = tag->banks[1];
        std::copy(content.begin() + 9, content.end(), bank.begin() + static_cast<std::ptrdiff_t>(from));
        say_of_tag(0x49, 0, *tag, none, done);
    }
    void lock(ByteView content, MonoTime done) {
        UhfTag* const tag = meant(content, 0x13, done);
        if (tag == nullptr) return;
        if (content.size() != 7) return fail(0x17, done);
        const unsigned bits = at(content, 4) << 16 | at(content, 5) << 8 | at(content, 6);
        deeds.written.push_back(tag->epc());
        for (unsigned part = 0; part < 5; ++part) {
            const unsigned shift = 2 * (4 - part), mask = bits >> 10 >> shift & 3, action = bits >> shift & 3;
            tag->locks[part] = (tag->locks[part] & ~mask) | (action & mask);
        }
        const Bytes none(1);
        say_of_tag(0x82, 0, *tag, none, done);
    }

    const unsigned head_, end_;
    bool tells_selection_, keeps_region_;
    unsigned notice_;
    unsigned region_ = 0, mode_ = 0;
    int power_ = 0;
    std::set<unsigned> channels_;
    Bytes selection_, heard_, last_;
    std::uint32_t rounds_left_ = 0;
    MonoTime next_round_{};

public:
    bool tells_region = true;
    bool gap_ = false;  ///< Brazil: 907.5 to 915 MHz are not allowed
};

}  // namespace dosario::reader_models
