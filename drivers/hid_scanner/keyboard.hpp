// SPDX-License-Identifier: Apache-2.0
// A scanner that types: keyboard reports to scans. It reads usages, never a desktop's key map.
// It does not decide whether a keyboard is a scanner; hid_scanner.cpp and the claim policy do.
#pragma once

#include "hid_scanner/keyboard_layout.hpp"
#include "reader/queued_reader.hpp"
#include "reader/report_descriptor.hpp"

#include <memory>

namespace dosario {

/// Where modifiers and keys lie in the reports of one interface. The default is the boot protocol (HID 1.11, appendix B.1).
struct KeyboardReport {
    std::uint8_t report_id = 0;           ///< 0 = none
    std::vector<std::uint8_t> other_ids;  ///< further input reports of the interface; they type nothing
    std::size_t size = 8;                 ///< bytes, id included
    std::size_t modifiers_at = 0;
    std::size_t keys_at = 2;
    std::size_t key_slots = 6;
    bool boot = true;  ///< the device must be told to use the boot protocol
};

/// More simultaneous keys than any keyboard reports.
inline constexpr std::size_t kMostKeySlots = 32;

/// Nothing when the descriptor has no modifier byte and key array on whole bytes (a bitmap of keys is not read).
std::optional<KeyboardReport> keyboard_report(const ReportDescriptor& descriptor);

/// `number` is the interface's, for the requests to the device. `instead` are the reports that its descriptor declares: a device that is
/// told to use the boot protocol and goes on with those is read all the same.
std::unique_ptr<ReaderProtocol> make_keyboard(const KeyboardReport& report, std::uint8_t number, const ReaderSettings& settings,
                                              std::optional<KeyboardReport> instead = {});

}  // namespace dosario
