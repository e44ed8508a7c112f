// SPDX-License-Identifier: Apache-2.0
// Folds what one reader saw into scans: one gesture of a person each. For barcodes a read is a scan, but for the echo of a scanner
// that was held too long on one symbol, where that filter is switched on. (Tags, with their stable set, come with the pads.)
#pragma once

#include "reader/driver.hpp"

#include <optional>
#include <string>

namespace dosario {

/// One gesture of a person at one reader.
struct Scan {
    std::uint64_t number = 0;  ///< counts up for each reader
    std::string reader;
    std::string zone;  ///< where the reader stands, empty = nobody said
    GsHabit gs = GsHabit::unknown;
    BarcodeRead barcode;

    /// Everything the reader sent, the symbology identifier in front.
    std::string content() const { return std::string{barcode.aim.text()} + barcode.bytes; }
};

class ScanWindow {
public:
    /// `echo_ms`: the same content again within that time of the read before is one gesture; 0 = every read is a gesture, since
    /// two packs without serial look the same.
    ScanWindow(std::string reader, int echo_ms) : reader_(std::move(reader)), echo_(std::chrono::milliseconds{echo_ms}) {}

    /// Nothing when the read is an echo. Zone and GS are left to whoever knows the reader.
    std::optional<Scan> see(const BarcodeRead& read);

private:
    std::string reader_;
    Micros echo_;
    std::uint64_t number_ = 0;
    std::optional<BarcodeRead> last_;
};

}  // namespace dosario
