// SPDX-License-Identifier: Apache-2.0
// Which simulated scanners there are, and how one is made. Kinds and settings have names, as people and tests write them:
//
//     ftdi:baud=115200,suffix=crlf,serial=A1
#pragma once

#include "simulated/device.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace dosario::simulated {

enum class Parity : std::uint8_t { none, odd, even, mark, space };

/// How bytes go over the line between the scanner and its bridge.
struct LineFormat {
    std::uint32_t baud = 9600;
    std::uint8_t data_bits = 8;
    Parity parity = Parity::none;
    std::uint8_t stop_bits = 1;
};

/// How a scanner is set up by its own configuration codes. What a kind has no use for is not looked at.
struct ScannerSettings {
    std::string kind = "hidpos";
    std::uint16_t vendor = 0, product = 0;  ///< 0 = those of the kind
    std::string serial;                     ///< the device's serial number; empty = it has none
    std::string product_name;               ///< empty = that of the kind
    LineFormat line;                        ///< what the scanner itself sends with, behind a bridge
    std::string prefix;                     ///< before the code, of a serial scanner or a keyboard
    bool sends_aim = false;                 ///< the AIM identifier before the code, likewise
    std::string suffix = "\r";              ///< after the code, likewise
    bool needs_dtr = true;                  ///< a serial scanner that sends only while DTR is set
    bool sends_empty = true;  ///< a serial scanner whose last packet is full sends an empty one after it, as USB wants
    std::string model;        ///< of a reader of cards: which one; empty = one of nobody's
    std::string pad;          ///< a reader of tags of this family (pad.hpp) in the place of a serial scanner
    std::uint64_t seed = 1;   ///< of the pad's chance
    std::size_t piece = 0;    ///< a serial scanner's bytes come so many at a time; 0 = as many as a packet holds
};

/// A kind, for lists that people read.
struct ScannerKind {
    std::string_view name;
    std::string_view explanation;
};
std::span<const ScannerKind> scanner_kinds();

/// `KIND` or `KIND:name=value,name=value`: vid, pid (hexadecimal), serial, product, baud, line (`8N1`), suffix (cr lf crlf tab etx none), prefix
/// (none stx soh), aim (yes no), dtr (yes no), empty (yes no), piece, model (acr122u touchatag acr1252u
/// acr1552u poll, of `ccid`), pad (m100 r200 chafon18 chafon288), seed. Errors (invalid): an unknown kind, name or value; the message lists what there is.
Result<ScannerSettings> parse_scanner(std::string_view words);

/// A device just plugged in. Errors (invalid): there is no such kind.
Result<std::unique_ptr<SimulatedDevice>> make_simulated(const ScannerSettings& settings);

}  // namespace dosario::simulated
