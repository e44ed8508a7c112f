// SPDX-License-Identifier: Apache-2.0
// The driver's row: which serial lines have a scanner at their end. A maker of scanners says so by its number; behind a bridge chip, or at
// a serial port of anybody else, there may be anything: a person adopts it, or the configuration names this driver.
#include "serial_scanner/line_scanner.hpp"

#include "reader/scanner_makers.hpp"

namespace dosario {

extern const Driver k_serial_scanner_driver;

namespace {

constexpr auto kKnown = joined(kScannerMakers, kKnownBridges);

Match match(const UsbInterface& one) {
    const auto chip = bridge_chip(one);
    if (!chip) return Match::no;
    return *chip == BridgeChip::cdc_acm && is_in(kScannerMakers, one) ? Match::yes : Match::if_adopted;
}

std::unique_ptr<ReaderProtocol> make(const UsbInterface& one, const ReaderSettings& settings) {
    // Nothing is known of the interface (a capture without header): the bytes are the line's.
    const BridgeChip chip = bridge_chip(one).value_or(BridgeChip::cdc_acm);
    return make_serial_reader(chip, one, settings.line_rate != 0 ? settings.line_rate : kUsualRate, make_line_scanner(settings));
}

/// Letters, digits and signs, and how lines and frames begin and end.
bool could_begin_with(ByteView first) {
    return !first.empty() && std::all_of(first.begin(), first.end(), [](std::byte one) {
        const auto value = std::to_integer<unsigned char>(one);
        return (value >= 0x20 && value < 0x7F) || value == '\r' || value == '\n' || value == '\t' || value == 0x1D ||
               (value >= 0x01 && value <= 0x04);
    });
}

}  // namespace

const Driver k_serial_scanner_driver = {"serial_scanner", match, make, kKnown, could_begin_with};

}  // namespace dosario
