// SPDX-License-Identifier: Apache-2.0
// What a scanner sent for the printed test codes, against what was printed: which of its settings to change. Pure. Findings are rows
// `scanner/CODE` of the words.
#pragma once

#include "doctor/checks.hpp"
#include "doctor/test_codes.hpp"
#include "reader/driver.hpp"

#include <optional>
#include <string>
#include <vector>

namespace dosario {

/// How a scanner reaches the daemon.
enum class ScannerWay : std::uint8_t { keyboard, hid_pos, serial };

std::string_view way_name(ScannerWay way);
ScannerWay parse_way(std::string_view name);

/// One code as it came.
struct HeardCode {
    std::string aim;       ///< empty: none was sent
    std::string content;   ///< without it
    unsigned reports = 0;  ///< of the device, 0 = not counted
};

/// All that was heard of one scanner. What did not come within its time is absent.
struct Heard {
    ScannerWay way = ScannerWay::keyboard;
    KeyboardLayout layout = KeyboardLayout::us;  ///< as configured
    std::string gs_substitutes;                  ///< as configured
    std::optional<HeardCode> gs, text, ean;
    std::vector<std::string> faults;  ///< of scans that could not be read
    bool others = false;              ///< something came that is no test code
};

/// What becomes of GS on the way.
struct GsTrust {
    enum class State : std::uint8_t { unknown, kept, lost, replaced } state = State::unknown;
    std::string sent;  ///< of replaced: what comes in its place
};

std::string_view gs_state_name(GsTrust::State state);

/// Of the content that came for the code `gs`. Unknown when its parts are not there, or its two separators became different things.
GsTrust judge_gs(std::string_view content);

/// In the order in which they are told; one that says what is well is `ok`.
std::vector<Finding> judge_scanner(const Heard& heard);

/// `text` as a scanner with the keyboard `scanner` types it and a driver with the layout `configured` reads it; nothing when that
/// driver would refuse it, or the layout has no key for it.
std::optional<std::string> typed_and_read(std::string_view text, KeyboardLayout scanner, KeyboardLayout configured);

}  // namespace dosario
