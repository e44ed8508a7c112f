// SPDX-License-Identifier: Apache-2.0
// A driver and a simulated pad on one line, in virtual time: nothing waits for a clock, and a seed tells the same story again.
#pragma once

#include "base/check.hpp"
#include "reader/driver.hpp"
#include "simulated/pad.hpp"
#include "support/reader_rig.hpp"

#include <map>

namespace dosario::test {

inline UsbInterface bridge_interface() {
    UsbInterface one;
    one.vid = 0x10C4;
    one.pid = 0xEA60;
    one.class_code = kVendorClass;
    one.bulk_in = 0x81;
    one.bulk_out = 0x01;
    one.bulk_packet = 64;
    return one;
}

inline ReaderSettings in_country(std::string country) {
    ReaderSettings settings;
    settings.uhf_country = std::move(country);
    return settings;
}

inline const char* driver_of(const simulated::PadSettings& settings) {
    return settings.family.starts_with("chafon") ? "chafon_uhf" : "m100_uhf";
}

class PadRig {
public:
    explicit PadRig(const simulated::PadSettings& which, ReaderSettings settings = in_country("AR"), const char* driver = nullptr,
                    int rate_of_pad = 0)
        : pad(simulated::make_pad(which)),
          pad_rate(rate_of_pad),
          reader_(driver_named(driver != nullptr ? driver : driver_of(which)).make(bridge_interface(), settings)) {
        reader_->opened(now_);
        drain();
    }
    ~PadRig() { unplug(); }

    /// Time goes by, for both.
    void pass(milliseconds time) {
        const MonoTime until = now_ + time;
        for (;;) {
            const auto wake = reader_->next_wake();
            const auto due = pad->next_due();
            const MonoTime pad_at = due ? MonoTime{*due} : MonoTime::max();
            const MonoTime at = std::max(now_, std::min(wake.value_or(MonoTime::max()), pad_at));
            if (at > until) break;
            now_ = at;
            if (pad_at <= now_) {
                const Bytes said = pad->say(now_.time_since_epoch());
                if (!said.empty() && is_at_rate()) {
                    reader_->receive(0x81, said, now_);
                    drain();
                }
            }
            if (const auto again = reader_->next_wake(); again && *again <= now_) {
                reader_->wake(now_);
                drain();
            }
        }
        now_ = until;
    }
    /// The number of the answer to wait for.
    std::uint32_t command(const ReaderCommand& command) {
        const std::uint32_t number = ++last_;
        DOSARIO_CHECK(reader_->command(command, number, now_));
        drain();
        return number;
    }
    /// What was answered; fails the test if nothing is in two minutes.
    ReaderAnswer asked(const ReaderCommand& what) {
        const std::uint32_t number = command(what);
        for (int step = 0; step < 2400 && !answers.contains(number); ++step) pass(milliseconds{50});
        if (!answers.contains(number)) FAIL("no answer to " << command_name(what));
        return answers.at(number);
    }
    void unplug() {
        if (!reader_) return;
        reader_->closed(now_, PortEnd::unplugged);
        drain();
        reader_.reset();
    }

    std::vector<std::string> tags() const {
        std::vector<std::string> all;
        for (const TagRead& tag : seen) all.push_back(to_hex(tag.epc));
        return all;
    }
    std::size_t times_seen(std::string_view epc) const {
        std::size_t times = 0;
        for (const TagRead& tag : seen) times += to_hex(tag.epc) == epc;
        return times;
    }
    simulated::PadTime pad_now() const { return now_.time_since_epoch(); }
    ReaderProtocol& reader() { return *reader_; }
    MonoTime now() const { return now_; }

    const std::unique_ptr<simulated::SimulatedPad> pad;
    int pad_rate;  ///< of the line; at another one neither hears the other. 0: at any they do
    int line_rate = 0;   ///< as the bridge chip was told last
    std::map<std::uint32_t, ReaderAnswer> answers;
    std::vector<ReaderAnswer> unasked;
    std::vector<TagRead> seen;
    std::vector<std::string> faults;
    std::size_t ready = 0, rounds = 0;
    std::size_t answered_twice = 0;

private:
    static constexpr std::uint8_t kSetBaudRate = 0x1E;  // of the CP210x

    bool is_at_rate() const { return pad_rate == 0 || pad_rate == line_rate; }

    void drain() {
        while (auto event = reader_->next_event()) {
            if (const auto* answer = std::get_if<ReaderAnswer>(&*event)) {
                if (answer->number == 0) {
                    unasked.push_back(*answer);
                } else {
                    answered_twice += !answers.emplace(answer->number, *answer).second;
                }
            }
            if (const auto* tag = std::get_if<TagRead>(&*event)) seen.push_back(*tag);
            if (const auto* fault = std::get_if<ReaderFault>(&*event)) faults.push_back(fault->what);
            ready += std::holds_alternative<ReaderReady>(*event);
            rounds += std::holds_alternative<RoundEnded>(*event);
        }
        while (auto write = reader_->next_write()) {
            if (write->setup && write->setup->at(1) == kSetBaudRate && write->bytes.size() == 4) {
                line_rate = 0;
                for (int i = 3; i >= 0; --i)
                    line_rate = line_rate << 8 | std::to_integer<int>(write->bytes[static_cast<std::size_t>(i)]);
            }
            if (!write->setup && is_at_rate()) pad->hear(write->bytes, now_.time_since_epoch());
        }
    }

    std::unique_ptr<ReaderProtocol> reader_;
    MonoTime now_{};
    std::uint32_t last_ = 0;
};

/// One of each family of pads.
inline constexpr const char* kPadFamilies[] = {"m100", "r200", "chafon18", "chafon288"};

inline simulated::PadSettings pad_of(std::string family, std::uint64_t seed = 1) {
    simulated::PadSettings settings;
    settings.family = std::move(family);
    settings.field.seed = seed;
    return settings;
}

inline simulated::PadTag tag_of(std::string_view epc) { return simulated::make_tag(*from_hex(epc)); }

}  // namespace dosario::test
