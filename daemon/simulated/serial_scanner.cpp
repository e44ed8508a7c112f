// SPDX-License-Identifier: Apache-2.0
#include "simulated/serial_scanner.hpp"

#include "simulated/pad_words.hpp"
#include "simulated/serial_line.hpp"

#include <algorithm>

namespace dosario::simulated {
namespace {

constexpr std::chrono::milliseconds kPadStep{1};

}  // namespace

SerialScanner::SerialScanner(UsbDescription description, const ScannerSettings& settings)
    : SimulatedDevice(std::move(description)), settings_(settings) {
    if (settings.pad.empty()) return;
    PadSettings pad;
    pad.family = settings.pad;
    pad.field.seed = settings.seed;
    pad_ = make_pad(pad);
}

std::optional<std::chrono::milliseconds> SerialScanner::idle_period() const {
    return pad_ ? std::optional{kPadStep} : std::nullopt;
}

/// What the pad has said by now goes over the line, if the chip listens.
void SerialScanner::idle() {
    if (!pad_) return;
    time_ += kPadStep;
    const Bytes said = pad_->say(time_);
    if (said.empty() || !configured() || !silent_until().empty() || !has_room(bytes_in(), said.size() + 1)) return;
    const auto chip = receiver();
    const SampledLine line = chip ? sample_line(said, settings_.line, *chip) : SampledLine{said, false};
    arrived(line.bytes, line.framing_error);
}

void SerialScanner::written(std::uint8_t, ByteView bytes) {
    if (!pad_ || !silent_until().empty()) return;
    const auto chip = receiver();
    pad_->hear(chip ? sample_line(bytes, *chip, settings_.line).bytes : Bytes{bytes.begin(), bytes.end()}, time_);
}

Result<std::string> SerialScanner::on_pad(std::string_view words) {
    return pad_ ? obey_on_pad(*pad_, words, time_) : SimulatedDevice::on_pad(words);
}

std::string_view SerialScanner::missing() const {
    const std::string_view what = chip_missing();
    return what.empty() && settings_.needs_dtr && !dtr ? "set DTR" : what;
}

Result<void> SerialScanner::scanned(std::string_view aim, std::string_view text) {
    if (pad_) return invalid("a pad has no trigger: put tags on it");
    std::string words = settings_.prefix;
    if (settings_.sends_aim) words += aim;
    words += text;
    words += settings_.suffix;
    // At worst every byte is a packet of its own, and each is followed by one of status.
    if (!has_room(bytes_in(), words.size() * 2)) return fail(Failure::full, "the scan is lost: the host does not read");
    const auto chip = receiver();
    SampledLine line{{as_bytes(words).begin(), as_bytes(words).end()}, false};
    if (chip) line = sample_line(as_bytes(words), settings_.line, *chip);
    const ByteView all{line.bytes};
    const std::size_t piece = settings_.piece == 0 ? all.size() : settings_.piece;
    for (std::size_t at = 0; at < all.size(); at += piece)
        arrived(all.subspan(at, std::min(piece, all.size() - at)), line.framing_error);
    return {};
}

}  // namespace dosario::simulated
