// SPDX-License-Identifier: Apache-2.0
#include "simulated/serial_scanner.hpp"

#include "simulated/serial_line.hpp"

#include <algorithm>

namespace dosario::simulated {

std::string_view SerialScanner::missing() const {
    const std::string_view what = chip_missing();
    return what.empty() && settings_.needs_dtr && !dtr ? "set DTR" : what;
}

Result<void> SerialScanner::scanned(std::string_view aim, std::string_view text) {
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
