// SPDX-License-Identifier: Apache-2.0
// The little of a host that the models' tests need: set-ups written out, and reading until nothing comes. What starts a bridge is written
// here from the makers' documents, apart from the drivers.
#pragma once

#include "simulated/make.hpp"
#include "support/hex.hpp"
#include "support/result.hpp"

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace dosario::test {

using namespace dosario::simulated;
using Outcome = UsbRead::Outcome;

/// One control transfer; `needed` = without it the scanner may not talk.
struct Step {
    UsbSetup setup;
    std::string data;  ///< hexadecimal, of an OUT request
    bool needed = true;
};
inline Step out(unsigned type, unsigned request, unsigned value, unsigned index, std::string data = "", bool needed = true) {
    const auto u8 = [](unsigned n) { return static_cast<std::uint8_t>(n); };
    const auto u16 = [](std::size_t n) { return static_cast<std::uint16_t>(n); };
    return {{u8(type), u8(request), u16(value), u16(index), u16(hex(data).size())}, data, needed};
}
inline Step in(unsigned type, unsigned request, unsigned value, unsigned index, std::uint16_t length, bool needed = true) {
    Step step = out(type, request, value, index, "", needed);
    step.setup.length = length;
    return step;
}
inline Step get_descriptor(unsigned type, unsigned index, std::uint16_t length, unsigned request_type = 0x80,
                           unsigned windex = 0) {
    return in(request_type, 6, type << 8 | index, windex, length);
}
inline const Step kConfigure = out(0x00, 0x09, 1, 0);

inline std::optional<Bytes> request(SimulatedDevice& device, const Step& step) {
    return device.control(step.setup, hex(step.data));
}

inline std::unique_ptr<SimulatedDevice> plugged(std::string_view words) {
    return must(make_simulated(must(parse_scanner(words))));
}

/// The steps that make each serial scanner talk, with its line at 9600 8N1.
std::vector<Step> start_up(std::string_view kind);
/// The endpoint of a scanner's bytes or reports, the first IN that is bulk, or else interrupt.
std::uint8_t endpoint_of(const SimulatedDevice& device);
/// Plugged in, configured, and all steps done but the one of that number.
std::unique_ptr<SimulatedDevice> started(std::string_view words, std::size_t without = SIZE_MAX);

/// Transfers of `room` bytes until nothing comes.
std::vector<Bytes> transfers(SimulatedDevice& device, std::size_t room = 512);
/// The text in them; of FTDI without the two bytes at the head of each packet.
std::string text_from(SimulatedDevice& device, std::size_t room = 512);

}  // namespace dosario::test
