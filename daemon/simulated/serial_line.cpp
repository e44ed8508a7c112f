// SPDX-License-Identifier: Apache-2.0
#include "simulated/serial_line.hpp"

#include <bit>
#include <cmath>
#include <vector>

namespace dosario::simulated {
namespace {

bool parity_bit(Parity parity, unsigned value) {
    const bool odd_ones = std::popcount(value) % 2 == 1;
    switch (parity) {
        case Parity::none:
        case Parity::mark: return true;
        case Parity::odd: return !odd_ones;
        case Parity::even: return odd_ones;
        case Parity::space: return false;
    }
    return true;
}

/// Levels, one for each bit time of the sender, idle before and after.
std::vector<bool> levels_of(ByteView sent, const LineFormat& format) {
    std::vector<bool> levels{true};
    for (const std::byte byte : sent) {
        const unsigned value = std::to_integer<unsigned>(byte) & ((1u << format.data_bits) - 1);
        levels.push_back(false);
        for (unsigned bit = 0; bit < format.data_bits; ++bit) levels.push_back((value >> bit & 1) != 0);
        if (format.parity != Parity::none) levels.push_back(parity_bit(format.parity, value));
        levels.insert(levels.end(), format.stop_bits, true);
    }
    levels.push_back(true);
    return levels;
}

}  // namespace

SampledLine sample_line(ByteView sent, const LineFormat& sender, const LineFormat& receiver) {
    // Lengths in bit times of the sender.
    double bit = static_cast<double>(sender.baud) / static_cast<double>(receiver.baud);
    double slope = 0;  // edges are not vertical: a sample that is near one on the wrong side reads its neighbour
    if (std::abs(bit - 1) <= kToleratedError) {
        bit = 1;
    } else {
        slope = bit > 1 ? 0.2 : -0.2;
    }
    const std::vector<bool> levels = levels_of(sent, sender);
    const auto level_at = [&](double time) {
        const auto at = static_cast<std::size_t>(std::max(time, 0.0));
        return at >= levels.size() || levels[at];
    };
    const unsigned bits_before_stop = receiver.data_bits + (receiver.parity == Parity::none ? 0u : 1u);
    SampledLine line;
    for (std::size_t edge = 1; edge < levels.size();) {
        if (levels[edge] || !levels[edge - 1]) {
            ++edge;
            continue;
        }
        const auto sample = [&](unsigned number) { return level_at(static_cast<double>(edge) + (number + 0.5) * bit + slope); };
        unsigned value = 0;
        for (unsigned i = 0; i < receiver.data_bits; ++i) value |= (sample(1 + i) ? 1u : 0u) << i;
        if (sample(1 + bits_before_stop)) {
            line.bytes.push_back(static_cast<std::byte>(value));
        } else {
            line.framing_error = true;
        }
        // The next start bit is looked for from the middle of the stop bit on.
        const double stop_at = static_cast<double>(edge) + (bits_before_stop + 1.5) * bit;
        edge = std::max(edge + 1, static_cast<std::size_t>(stop_at));
    }
    return line;
}

}  // namespace dosario::simulated
