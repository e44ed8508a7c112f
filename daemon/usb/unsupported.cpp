// SPDX-License-Identifier: Apache-2.0
#include "usb/unsupported.hpp"

#include "reader/report_descriptor.hpp"
#include "reader/scanner_makers.hpp"

#include <algorithm>

namespace dosario {
namespace {

struct Mode {
    std::uint16_t vid;
    std::uint16_t pid;
    Unsupported family;
};

constexpr Mode kModes[] = {
    {kZebra, kZebraHandHeld, Unsupported::ibm_hand_held},
    {kZebra, kZebraTableTop, Unsupported::ibm_table_top},
    {kZebra, kZebraSnapi, Unsupported::snapi},
    {0x05F9, 0x1206, Unsupported::oem_mode},
    {0x05F9, 0x120C, Unsupported::oem_mode},
};

struct ClassRow {
    std::uint8_t class_code;
    Unsupported family;
};

/// USB-IF, Defined Class Codes.
constexpr ClassRow kClasses[] = {
    {0x02, Unsupported::serial_bridge}, {0x0A, Unsupported::serial_bridge}, {0x07, Unsupported::printer},
    {0x08, Unsupported::storage},       {0x09, Unsupported::hub},           {0x0B, Unsupported::tag_reader},
    {0xE0, Unsupported::wireless},
};

/// USB-serial chips, whose interfaces have no class of their own.
constexpr std::uint16_t kBridgeMakers[] = {0x0403, 0x10C4, 0x1A86, 0x067B};

constexpr std::uint16_t kFirstVendorPage = 0xFF00;  // HID Usage Tables: FF00 to FFFF are the makers'

bool makes_scanners(const UsbInterface& one, std::span<const Driver* const> drivers) {
    return std::ranges::any_of(drivers, [&one](const Driver* driver) {
        return std::ranges::any_of(driver->known, [&one](const Driver::Known& row) {
            return row.surely && row.vid == one.vid && (row.pid == 0 || row.pid == one.pid);
        });
    });
}

Unsupported family_of_hid(const UsbInterface& one) {
    const ReportDescriptor descriptor = read_report_descriptor(one.report_descriptor);
    if (is_boot_mouse(one) || descriptor.is_mouse()) return Unsupported::mouse;
    const bool own_protocol =
        !descriptor.applications.empty() &&
        std::ranges::all_of(descriptor.applications, [](const HidUsage& usage) { return usage.page >= kFirstVendorPage; });
    return own_protocol ? Unsupported::vendor_hid : Unsupported::other;
}

}  // namespace

std::string_view unsupported_name(Unsupported family) {
    switch (family) {
        case Unsupported::ibm_hand_held: return "ibm_hand_held";
        case Unsupported::ibm_table_top: return "ibm_table_top";
        case Unsupported::snapi: return "snapi";
        case Unsupported::oem_mode: return "oem_mode";
        case Unsupported::scanner_mode: return "scanner_mode";
        case Unsupported::second_part: return "second_part";
        case Unsupported::tag_reader: return "tag_reader";
        case Unsupported::printer: return "printer";
        case Unsupported::vendor_hid: return "vendor_hid";
        case Unsupported::serial_bridge: return "serial_bridge";
        case Unsupported::mouse: return "mouse";
        case Unsupported::storage: return "storage";
        case Unsupported::wireless: return "wireless";
        case Unsupported::hub: return "hub";
        case Unsupported::other: return "other";
    }
    return "other";
}

Unsupported unsupported_family(const UsbInterface& one, std::span<const UsbInterface> device,
                               std::span<const Driver* const> drivers) {
    for (const Mode& mode : kModes)
        if (mode.vid == one.vid && mode.pid == one.pid) return mode.family;
    const bool beside_driven = std::ranges::any_of(device, [&](const UsbInterface& other) {
        return other.number != one.number &&
               std::ranges::any_of(drivers, [&other](const Driver* driver) { return driver->match(other) == Match::yes; });
    });
    if (beside_driven) return Unsupported::second_part;
    for (const ClassRow& row : kClasses)
        if (row.class_code == one.class_code) return row.family;
    const Unsupported hid = one.class_code == kHidClass ? family_of_hid(one) : Unsupported::other;
    if (hid == Unsupported::mouse) return hid;
    if (makes_scanners(one, drivers)) return Unsupported::scanner_mode;
    const bool bridge = one.class_code == kVendorClass && std::ranges::find(kBridgeMakers, one.vid) != std::end(kBridgeMakers);
    return bridge ? Unsupported::serial_bridge : hid;
}

}  // namespace dosario
