// SPDX-License-Identifier: Apache-2.0
#include "simulated/pad.hpp"

#include <algorithm>

namespace dosario::simulated {
namespace {

using std::chrono::milliseconds;

constexpr PadTime kPieceGap = milliseconds{7};
constexpr PadTime kForgottenAfter = milliseconds{50};  // half a command of the host
constexpr std::size_t kMostDeeds = 100'000;

}  // namespace

void SimulatedPad::hear(ByteView bytes, PadTime now) {
    if (now < awake_at_) return;
    if (now - heard_at_ > kForgottenAfter) heard_.clear();
    heard_at_ = now;
    heard_.insert(heard_.end(), bytes.begin(), bytes.end());
    while (!heard_.empty() && now >= awake_at_) {
        const std::size_t size = obey(heard_, now);
        if (size == 0) break;
        heard_.erase(heard_.begin(), heard_.begin() + static_cast<std::ptrdiff_t>(std::min(size, heard_.size())));
    }
    if (now < awake_at_) heard_.clear();
}

std::optional<PadTime> SimulatedPad::next_due() {
    std::optional<PadTime> due = works_at();
    if (!said_.empty() && (!due || said_.front().at < *due)) due = said_.front().at;
    return due;
}

Bytes SimulatedPad::say(PadTime now) {
    for (auto at = works_at(); at && *at <= now; at = works_at()) work(*at);
    Bytes bytes;
    while (!said_.empty() && said_.front().at <= now) {
        Said& first = said_.front();
        bytes.insert(bytes.end(), first.bytes.begin(), first.bytes.end());
        waiting_ -= first.bytes.size();
        if (first.rest.empty()) {
            said_.pop_front();
            half_sent_ = false;
        } else {
            first = {first.at + kPieceGap, std::move(first.rest)};
            half_sent_ = true;
        }
    }
    return bytes;
}

void SimulatedPad::restart(PadTime now) {
    forget();
    heard_.clear();
    half_sent_ = false;
    awake_at_ = now + settings_.boots_in;
    // What is on the line already arrives; what it would have said later does not.
    std::erase_if(said_, [now](const Said& one) { return one.at > now; });
    waiting_ = 0;
    for (const Said& one : said_) waiting_ += one.bytes.size() + one.rest.size();
}

SimulatedPad::Fate SimulatedPad::fate_of(std::uint8_t command, PadTime now) {
    ++commands_heard;
    const PadFaults& faults = settings_.faults;
    if (field_.happens(faults.deaf)) return Fate::spoilt;
    if (field_.happens(faults.reboot)) {
        restart(now);
        return Fate::spoilt;
    }
    if (field_.happens(faults.refused)) {
        send(refusal(command), now + settings_.latency);
        return Fate::spoilt;
    }
    return field_.happens(faults.mute) ? Fate::mute : Fate::obeyed;
}

void SimulatedPad::send(Bytes frame, PadTime at, bool may_fail) {
    const PadFaults& faults = settings_.faults;
    if (may_fail && field_.happens(faults.late))
        at += PadTime{static_cast<std::int64_t>(field_.up_to(static_cast<std::size_t>(faults.late_by.count())))};
    if (may_fail && field_.happens(faults.doubled)) queue({at + PadTime{static_cast<std::int64_t>(field_.up_to(40'000))}, frame});
    if (!may_fail || !field_.happens(faults.split) || frame.size() < 2) return queue({at, std::move(frame)});
    const auto cut = static_cast<std::ptrdiff_t>(1 + field_.up_to(frame.size() - 2));
    queue({at, {frame.begin(), frame.begin() + cut}, {frame.begin() + cut, frame.end()}});
}

void SimulatedPad::queue(Said said) {
    const std::size_t size = said.bytes.size() + said.rest.size();
    if (waiting_ + size > kMostPadBytes) return;
    waiting_ += size;
    auto place =
        std::upper_bound(said_.begin(), said_.end(), said.at, [](PadTime time, const Said& one) { return time < one.at; });
    // What follows half a frame waits for its other half.
    if (place == said_.begin() && !said_.empty() && said_.front().rest.empty() && half_sent_) ++place;
    said_.insert(place, std::move(said));
}

void SimulatedPad::did(std::uint8_t command, PadTime at, Bytes epc) {
    if (deeds_.size() < kMostDeeds) deeds_.push_back({at, command, in_band(), std::move(epc)});
}

std::string_view pad_families() { return "m100 r200 chafon18 chafon288"; }

std::unique_ptr<SimulatedPad> make_pad(const PadSettings& settings) {
    if (settings.family == "m100" || settings.family == "r200") return make_m100_pad(settings);
    if (settings.family == "chafon18" || settings.family == "chafon288") return make_chafon_pad(settings);
    return nullptr;
}

}  // namespace dosario::simulated
