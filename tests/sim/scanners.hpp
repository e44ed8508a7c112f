// SPDX-License-Identifier: Apache-2.0
// The scanners of the desk: the real driver of keyboard-like scanners and the real window of scans, in virtual time, fed with the reports that
// a scanner types. Only the USB bus is missing. A scanner is unplugged in the middle of a code and comes back.
#pragma once

#include "reader/driver.hpp"
#include "scan/scan_window.hpp"
#include "support/keyboard.hpp"
#include "support/manual_clock.hpp"

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace dosario::sim {

/// True if every character of it is in the table that types.
bool can_be_typed(std::string_view content);

class Scanner {
public:
    /// `number` says its serial number, its keyboard's layout, and how it sends GS.
    Scanner(unsigned number, test::ManualClock& clock);

    /// A person scans that. Nothing when it was unplugged after `unplugged_after` reports: half a code is no scan.
    std::optional<Scan> scan(const std::string& content, std::optional<std::size_t> unplugged_after = std::nullopt);
    /// How many reports that content takes.
    std::size_t reports(const std::string& content) const { return typed(content).size(); }
    void plug_in();

    /// Both at the same time, a report of one and a report of the other.
    static std::vector<Scan> scan_both(Scanner& one, const std::string& content, Scanner& other,
                                       const std::string& other_content);

private:
    std::vector<Bytes> typed(const std::string& content) const;
    void report(const Bytes& bytes);
    std::optional<Scan> heard();

    test::ManualClock& clock_;
    UsbInterface interface_;
    ReaderSettings settings_;
    test::GsForm gs_;
    std::unique_ptr<ReaderProtocol> core_;
    ScanWindow window_;
};

}  // namespace dosario::sim
