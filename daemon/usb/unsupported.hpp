// SPDX-License-Identifier: Apache-2.0
// What is plugged in and not driven: which family it is, so that a person can be told why and what to do. Pure. What is said for each key
// in the three languages is control/reader_words.cpp.
#pragma once

#include "reader/driver.hpp"

#include <span>
#include <string_view>

namespace dosario {

enum class Unsupported : std::uint8_t {
    ibm_hand_held,  ///< Zebra, "IBM hand-held" or OPOS mode: another protocol on HID
    ibm_table_top,  ///< Zebra, "IBM table-top" mode
    snapi,          ///< Zebra's own protocol
    oem_mode,       ///< Datalogic, IBM (OEM) mode
    scanner_mode,   ///< of a maker of scanners, in a mode that no driver knows
    second_part,    ///< its device has another interface, which is driven
    tag_reader,     ///< chip card or NFC reader (CCID)
    printer,
    vendor_hid,     ///< HID with a protocol of its maker's own: many UHF readers, and much that reads nothing
    serial_bridge,  ///< a USB-serial chip or a modem that no driver took
    mouse,
    storage,
    wireless,  ///< Bluetooth and the like
    hub,
    other,
};
/// The key of the words, `snapi`.
std::string_view unsupported_name(Unsupported family);

/// The family of an interface that no driver takes. `device` are all interfaces of its device. VID:PID decide for modes that share a
/// class, else the descriptors do (USB-IF class codes; HID 1.11).
Unsupported unsupported_family(const UsbInterface& one, std::span<const UsbInterface> device,
                               std::span<const Driver* const> drivers);

}  // namespace dosario
