// SPDX-License-Identifier: Apache-2.0
#include "reader/replay.hpp"

#include <algorithm>

namespace dosario {
namespace {

// A driver that polls would be woken for every silent hour of a capture; beyond this many, a pause is jumped over.
constexpr int kMostWakesInAPause = 10'000;
constexpr auto kLastPause = std::chrono::seconds{5};

class Replay {
public:
    Replay(const Capture& capture, const Driver& driver, const ReplaySink& sink)
        : capture_(capture),
          driver_(driver),
          sink_(sink),
          interface_(capture_interface(capture)),
          settings_(capture_settings(capture)) {}

    void run(PortEnd end) {
        if (capture_.steps.empty() || capture_.steps.front().kind != CaptureStep::Kind::plug) plug();
        bool first = true;
        for (const CaptureStep& step : capture_.steps) {
            const MonoTime next = first ? MonoTime{} : now_ + std::chrono::milliseconds{1};
            first = false;
            pause_until(step.at_ms ? MonoTime{std::chrono::milliseconds{*step.at_ms}} : next);
            play(step);
        }
        if (end == PortEnd::unplugged) pause_until(now_ + kLastPause);
        close(end);
    }

private:
    void play(const CaptureStep& step) {
        switch (step.kind) {
            case CaptureStep::Kind::plug:
                close(PortEnd::unplugged);
                plug();
                return;
            case CaptureStep::Kind::unplug: close(PortEnd::unplugged); return;
            case CaptureStep::Kind::to_device: return;
            case CaptureStep::Kind::from_device: break;
        }
        if (!reader_) return;
        reader_->receive(step.endpoint, step.bytes, now_);
        drain();
    }

    void plug() {
        reader_ = driver_.make(interface_, settings_);
        reader_->opened(now_);
        drain();
    }

    void close(PortEnd end) {
        if (!reader_) return;
        reader_->closed(now_, end);
        drain();
        reader_.reset();
    }

    // Time never goes back, even where an untimed line is followed by one stamped with the same millisecond.
    void pause_until(MonoTime until) {
        until = std::max(until, now_);
        for (int i = 0; reader_ && i < kMostWakesInAPause; ++i) {
            const auto due = reader_->next_wake();
            if (!due || *due > until) break;
            now_ = std::max(now_, *due);
            reader_->wake(now_);
            drain();
        }
        now_ = until;
    }

    void drain() {
        while (reader_->next_write()) {
        }
        while (const auto event = reader_->next_event()) sink_(*event, now_);
    }

    const Capture& capture_;
    const Driver& driver_;
    const ReplaySink& sink_;
    const UsbInterface interface_;
    const ReaderSettings settings_;
    std::unique_ptr<ReaderProtocol> reader_;
    MonoTime now_{};
};

const Driver* by_name(std::span<const Driver* const> drivers, std::string_view name) {
    const auto found = std::find_if(drivers.begin(), drivers.end(), [name](const Driver* one) { return name == one->name; });
    return found == drivers.end() ? nullptr : *found;
}

const Driver* by_interface(std::span<const Driver* const> drivers, const UsbInterface& interface) {
    for (const Match wanted : {Match::yes, Match::if_adopted}) {
        for (const Driver* const one : drivers) {
            if (one->match(interface) == wanted) return one;
        }
    }
    return nullptr;
}

const Driver* by_bytes(std::span<const Driver* const> drivers, const Capture& capture) {
    for (const CaptureStep& step : capture.steps) {
        if (step.kind != CaptureStep::Kind::from_device || step.bytes.empty()) continue;
        for (const Driver* const one : drivers) {
            if (one->could_begin_with != nullptr && one->could_begin_with(step.bytes)) return one;
        }
    }
    return nullptr;
}

std::string names_of(std::span<const Driver* const> drivers) {
    std::string names;
    for (const Driver* const one : drivers) names += (names.empty() ? "" : ", ") + std::string{one->name};
    return names;
}

Result<const Driver*> choose(const Capture& capture, std::span<const Driver* const> drivers, std::string_view name) {
    if (name.empty()) name = capture_value(capture, "family");
    if (!name.empty()) {
        if (const Driver* const named = by_name(drivers, name)) return named;
        return fail(Failure::not_found, "there is no driver " + escape(name) + "; known are: " + names_of(drivers));
    }
    if (const Driver* const matched = by_interface(drivers, capture_interface(capture))) return matched;
    if (const Driver* const guessed = by_bytes(drivers, capture)) return guessed;
    return fail(Failure::not_found,
                "nothing tells which driver reads this capture; add a line `= family NAME`, with one of: " + names_of(drivers));
}

}  // namespace

Result<void> replay(const Capture& capture, std::span<const Driver* const> drivers, std::string_view driver_name,
                    const ReplaySink& sink, PortEnd end) {
    const auto heard = [](const CaptureStep& step) { return step.kind == CaptureStep::Kind::from_device; };
    if (driver_name.empty() && std::none_of(capture.steps.begin(), capture.steps.end(), heard)) return {};
    const auto driver = choose(capture, drivers, driver_name);
    if (!driver) return driver.error();
    Replay{capture, **driver, sink}.run(end);
    return {};
}

}  // namespace dosario
