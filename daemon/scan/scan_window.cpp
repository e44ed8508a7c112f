// SPDX-License-Identifier: Apache-2.0
#include "scan/scan_window.hpp"

namespace dosario {

std::optional<Scan> ScanWindow::see(const BarcodeRead& read) {
    const bool echo = last_ && last_->aim == read.aim && last_->bytes == read.bytes && read.heard_at - last_->heard_at < echo_;
    last_ = read;
    if (echo) return std::nullopt;
    Scan scan;
    scan.number = ++number_;
    scan.reader = reader_;
    scan.barcode = read;
    return scan;
}

}  // namespace dosario
