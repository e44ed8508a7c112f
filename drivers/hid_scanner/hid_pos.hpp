// SPDX-License-Identifier: Apache-2.0
// A scanner in HID POS mode (USB-IF HID Point of Sale Usage Tables 1.02, page 0x8C): scanned-data reports to scans.
#pragma once

#include "reader/queued_reader.hpp"
#include "reader/report_descriptor.hpp"

#include <memory>

namespace dosario {

inline constexpr HidUsage kBarcodeScanner{kBarcodeScannerPage, 0x02};
/// A scanned-data report of the scanners known today, its id included.
inline constexpr std::size_t kHidPosReportBytes = 64;

/// Where the parts of a scanned-data report lie; offsets in bytes, a report id included.
struct HidPosLayout {
    std::uint8_t report_id = 0x02;  ///< 0 = none
    std::size_t size = kHidPosReportBytes;
    std::size_t length_at = 1;
    std::optional<std::array<std::size_t, 3>> aim_at;
    std::size_t code_at = 2;
    std::size_t code_bytes = 56;  ///< room for content in one report
    std::size_t continued_at = 63;
    std::uint8_t continued_mask = 1;  ///< 0 = this device never continues
    /// Honeywell's, HHP's and Access-IS's: the AIM identifier right behind the length.
    bool is_honeywells() const;
    friend bool operator==(const HidPosLayout&, const HidPosLayout&) = default;
};

/// The layout a descriptor declares; nothing when it lacks the count or the content, or they are not whole bytes.
std::optional<HidPosLayout> hid_pos_layout(const ReportDescriptor& descriptor);

/// The layout by the first bytes, for devices whose descriptor is not known: `]` at offset 2 is Honeywell's, `]` at 3 after a
/// zero is Zebra's, anything else Newland's. Content that was typed with its own `]` by a Newland device is told from Honeywell's
/// by the three bytes at the end that would be zero.
HidPosLayout sniff_hid_pos_layout(ByteView report, std::uint16_t vid);

/// True for the vendors (Honeywell, Youjie) whose scanners send nothing before they are told to.
bool wants_switching_on(std::uint16_t vid);

/// `layout` and `other_ids` (further declared input reports) come from the descriptor; without them each scan is sniffed.
struct HidPosReports {
    std::optional<HidPosLayout> layout;
    std::vector<std::uint8_t> other_ids;
};

std::unique_ptr<ReaderProtocol> make_hid_pos(HidPosReports reports, const UsbInterface& interface,
                                             const ReaderSettings& settings);

}  // namespace dosario
