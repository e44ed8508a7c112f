// SPDX-License-Identifier: Apache-2.0
// What models of readers have in common: bytes that are on their way, and what goes wrong with them. The models know the makers' documents
// and nothing of the drivers or of daemon/simulated: where two readings of a document are possible a seed chooses one.
#pragma once

#include "base/bytes.hpp"
#include "base/time.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <random>
#include <vector>

namespace dosario::reader_models {

using std::chrono::milliseconds;

inline unsigned at(ByteView bytes, std::size_t index) { return std::to_integer<unsigned>(bytes[index]); }
inline void put(Bytes& bytes, std::initializer_list<unsigned> values) {
    for (const unsigned value : values) bytes.push_back(static_cast<std::byte>(value & 0xFF));
}
inline void put(Bytes& bytes, ByteView more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

struct Chance {
    std::mt19937_64 engine;
    bool happens(double share) { return share > 0 && std::uniform_real_distribution<double>{}(engine) < share; }
    std::size_t below(std::size_t end) { return engine() % end; }
    Micros between(Micros low, Micros high) {
        return low + Micros{static_cast<std::int64_t>(below(static_cast<std::size_t>((high - low).count()) + 1))};
    }
    Bytes noise(std::size_t size) {
        Bytes bytes(size);
        for (std::byte& one : bytes) one = static_cast<std::byte>(engine() & 0xFF);
        return bytes;
    }
};

/// Shares of commands and of answers to which this happens.
struct Faults {
    double deaf = 0;      ///< a command is not heard
    double refused = 0;   ///< a command is not carried out, and that is said
    double reboot = 0;    ///< the reader begins anew instead, and has forgotten how it was set
    double mute = 0;      ///< an answer does not go out
    double late = 0;      ///< an answer is late, and what comes behind it may come before it
    double busy = 0;      ///< the reader takes its time, and hears nothing meanwhile
    double doubled = 0;   ///< an answer comes twice
    double stranger = 0;  ///< an answer to another command comes before it
    double garbage = 0;   ///< bytes of nothing before it
    double damaged = 0;   ///< one byte of it is another one
    double split = 0;     ///< it comes in two parts, with a pause
    Micros latest{milliseconds{2500}};
};

/// From the reader to the host.
class Line {
public:
    Line(Chance& chance, const Faults& faults) : chance_(chance), faults_(faults) {}

    /// An answer goes out, ready at `now`. `stranger`: a whole answer of the same reader to something else, empty where there is none.
    void say(Bytes frame, MonoTime now, const Bytes& stranger = {}) {
        MonoTime when = now;
        if (meddle) {
            const std::optional<Micros> late = meddle(frame);
            if (!late) return;
            when += *late;
        }
        if (chance_.happens(faults_.mute)) return;
        if (!stranger.empty() && chance_.happens(faults_.stranger)) put_on(stranger, when);
        if (chance_.happens(faults_.garbage)) put_on(chance_.noise(1 + chance_.below(40)), when);
        if (chance_.happens(faults_.damaged))
            frame[chance_.below(frame.size())] ^= static_cast<std::byte>(1 + chance_.below(255));
        if (chance_.happens(faults_.late)) when += chance_.between(milliseconds{100}, faults_.latest);
        const bool again = chance_.happens(faults_.doubled);
        if (chance_.happens(faults_.split) && frame.size() > 1) {
            const auto cut = frame.begin() + static_cast<std::ptrdiff_t>(1 + chance_.below(frame.size() - 1));
            put_on({frame.begin(), cut}, when);
            put_on({cut, frame.end()}, when + chance_.between(milliseconds{1}, milliseconds{60}));
        } else {
            put_on(frame, when);
        }
        if (again) put_on(std::move(frame), when + chance_.between(milliseconds{0}, milliseconds{400}));
    }
    std::optional<MonoTime> due() const {
        const auto first = std::ranges::min_element(parts_, {}, &Part::at);
        return first == parts_.end() ? std::nullopt : std::optional{first->at};
    }
    /// What is there by now, empty where nothing is.
    Bytes take(MonoTime now) {
        Bytes all;
        std::ranges::stable_sort(parts_, {}, &Part::at);
        std::size_t taken = 0;
        for (; taken < parts_.size() && parts_[taken].at <= now; ++taken) put(all, parts_[taken].bytes);
        parts_.erase(parts_.begin(), parts_.begin() + static_cast<std::ptrdiff_t>(taken));
        return all;
    }
    void clear() { parts_.clear(); }

    /// Sees each answer, may change it, and says how late it is; nothing: it does not go out.
    std::function<std::optional<Micros>(Bytes& frame)> meddle;

private:
    struct Part {
        MonoTime at;
        Bytes bytes;
    };
    /// A wire does not put a frame into another one: it waits for the end of what goes on.
    void put_on(Bytes bytes, MonoTime when) { parts_.push_back({std::max(when, ready_for(when)), std::move(bytes)}); }
    MonoTime ready_for(MonoTime when) const {
        MonoTime free = when;
        for (const Part& part : parts_)
            if (part.at >= when && part.at <= when + milliseconds{60}) free = std::max(free, part.at + Micros{100});
        return free;
    }

    Chance& chance_;
    const Faults& faults_;
    std::vector<Part> parts_;
};

/// A UHF tag: banks of words, reserved, EPC (CRC, PC, EPC), TID and user.
struct UhfTag {
    Bytes banks[4];
    double heard = 1;  ///< share of rounds
    unsigned locks[5] = {};

    Bytes epc() const {
        return {banks[1].begin() + 4, banks[1].begin() + 4 + static_cast<std::ptrdiff_t>(at(banks[1], 2) >> 3) * 2};
    }
    std::uint32_t password() const {
        return at(banks[0], 4) << 24 | at(banks[0], 5) << 16 | at(banks[0], 6) << 8 | at(banks[0], 7);
    }
};

/// What a reader of UHF did, for whoever holds its answers against it.
struct Deeds {
    std::size_t rounds = 0;
    std::size_t out_of_band = 0;  ///< transmissions that the country does not allow
    std::vector<Bytes> written;   ///< EPCs of tags that were written to or locked
};

/// A reader of UHF on a serial line.
class UhfModel {
public:
    explicit UhfModel(std::uint64_t seed) : chance{std::mt19937_64{seed}} {}
    UhfModel(const UhfModel&) = delete;
    virtual ~UhfModel() = default;
    /// Bytes of the host.
    virtual void hear(ByteView bytes, MonoTime now) = 0;
    /// By itself, up to now.
    virtual void live(MonoTime) {}
    virtual std::optional<MonoTime> due() const { return line.due(); }
    virtual int power_dbm() const = 0;
    virtual bool reads() const { return false; }  ///< it goes on reading by itself

    UhfTag* find(ByteView epc) {
        const auto found = std::ranges::find_if(tags, [&](const UhfTag& tag) { return std::ranges::equal(tag.epc(), epc); });
        return found == tags.end() ? nullptr : &*found;
    }

    Chance chance;
    Faults faults;
    Line line{chance, faults};
    std::vector<UhfTag> tags;
    Deeds deeds;
    int most_khz = 928'000, least_khz = 902'000;  ///< of the country
    MonoTime deaf_until{};
    std::size_t reboots = 0;
};

}  // namespace dosario::reader_models
