// SPDX-License-Identifier: Apache-2.0
// The driver's row. Nothing about a bridge chip says that such a reader is behind it: the configuration names this driver.
#include "chafon_uhf/chafon_reader.hpp"

namespace dosario {

extern const Driver k_chafon_uhf_driver;

namespace {

Match match(const UsbInterface& one) { return bridge_chip(one) ? Match::if_named : Match::no; }

std::unique_ptr<ReaderProtocol> make(const UsbInterface& one, const ReaderSettings& settings) {
    // Nothing is known of the interface (a capture without header): the bytes are the line's.
    const BridgeChip chip = bridge_chip(one).value_or(BridgeChip::cdc_acm);
    return make_serial_reader(chip, one, settings.line_rate != 0 ? settings.line_rate : chafon::kUsualRate,
                              make_chafon_reader(settings));
}

}  // namespace

const Driver k_chafon_uhf_driver = {"chafon_uhf", match, make, {}, nullptr, true};

}  // namespace dosario
