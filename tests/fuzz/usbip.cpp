// SPDX-License-Identifier: Apache-2.0
// Any bytes to the exporting side of USB/IP. The first byte chooses the scanner, the second whether it is imported already; then pieces, each
// after a byte that says how long it is (0: the rest), and 0xFF: a person scans.
#include "base/check.hpp"
#include "simulated/usbip_export.hpp"

#include <algorithm>

using namespace dosario;
using namespace dosario::simulated;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    ByteView rest = std::as_bytes(std::span{bytes, size});
    const auto byte = [&] {
        if (rest.empty()) return std::uint8_t{0};
        const auto first = std::to_integer<std::uint8_t>(rest[0]);
        rest = rest.subspan(1);
        return first;
    };
    UsbipDesk desk;
    ScannerSettings settings;
    settings.kind = scanner_kinds()[byte() % scanner_kinds().size()].name;
    settings.needs_dtr = false;
    DOSARIO_CHECK(desk.add("one", settings).has_value());
    UsbipSession session{desk};
    const bool imported = byte() % 2 == 0;
    if (imported) {
        DOSARIO_CHECK(session.take(*desk.find("one")));
        DOSARIO_CHECK(desk.find("one")->device->control({0x00, 0x09, 1, 0, 0}, {}).has_value());
    }
    while (!rest.empty() && !session.broken()) {
        const std::uint8_t length = byte();
        if (length == 0xFF) {
            if (session.scanner() != nullptr) {
                const bool sent = session.scanner()->device->scan("]d2", std::string(byte() * 8u, '7')).has_value();
                DOSARIO_CHECK(!sent || session.scanner()->device->silent_until().empty());
                session.scanner()->device->idle();
                session.serve();
            }
        } else {
            const ByteView piece = rest.first(length == 0 ? rest.size() : std::min<std::size_t>(length, rest.size()));
            rest = rest.subspan(piece.size());
            session.receive(piece);
        }
        if (length % 3 == 0) {
            // One answer above the bound at the most.
            while (true) {
                const Bytes said = session.next_write();
                DOSARIO_CHECK(said.size() <= kMostUnsent + kUsbipHeader + kLargestTransfer);
                if (said.empty()) break;
            }
            DOSARIO_CHECK(session.listens());
        }
    }
    return 0;
}
