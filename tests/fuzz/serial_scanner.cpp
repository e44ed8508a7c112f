// SPDX-License-Identifier: Apache-2.0
// Any bytes from a scanner on a serial line, behind each of the chips. The first byte chooses the chip, the second the settings; then come
// a length and a pause in front of each slice.
#include "reader/driver.hpp"
#include "serial/bridge.hpp"

#include <cstdlib>

namespace {

using namespace dosario;

struct Chip {
    std::uint16_t vid, pid;
    std::uint8_t class_code;
};
constexpr Chip kChips[] = {{0x05E0, 0x1701, kCommunicationsClass},
                           {0x0403, 0x6001, kVendorClass},
                           {0x10C4, 0xEA60, kVendorClass},
                           {0x1A86, 0x7523, kVendorClass},
                           {0x067B, 0x2303, kVendorClass}};

UsbInterface interface_of(unsigned choice) {
    const Chip& chip = kChips[choice % std::size(kChips)];
    UsbInterface one;
    one.vid = chip.vid;
    one.pid = chip.pid;
    one.class_code = chip.class_code;
    one.subclass = kAbstractControl;
    one.bulk_in = 0x81;
    one.bulk_packet = (choice & 0x80) != 0 ? 64 : 512;
    return one;
}

ReaderSettings settings_of(unsigned choice) {
    ReaderSettings settings;
    if ((choice & 1) != 0) settings.terminators = "\r";
    if ((choice & 2) != 0) settings.terminators = "";
    if ((choice & 4) != 0) settings.code_ids = CodeIds::zebra;
    if ((choice & 8) != 0) settings.gs_substitutes = "~";
    if ((choice & 16) != 0) settings.is_replayed = true;
    return settings;
}

void drain(ReaderProtocol& reader) {
    std::size_t events = 0;
    while (const auto event = reader.next_event()) {
        const auto* const read = std::get_if<BarcodeRead>(&*event);
        if (read != nullptr && (read->bytes.empty() || read->bytes.size() > kLongestBarcode)) std::abort();
        if (++events > 256) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    ByteView rest = std::as_bytes(std::span{data, size});
    const auto take = [&rest] {
        const auto value = std::to_integer<unsigned>(rest[0]);
        rest = rest.subspan(1);
        return value;
    };
    const unsigned chip = take();
    const UsbInterface interface = interface_of(chip);
    const auto reader = find_driver("serial_scanner")->make(interface, settings_of(take()));
    MonoTime now{};
    reader->opened(now);
    while (reader->next_write()) {
    }
    while (rest.size() >= 2) {
        const std::size_t wanted = take();
        now += std::chrono::milliseconds{take() * 4};
        const std::size_t length = std::min(wanted, rest.size());
        if (reader->next_wake() && *reader->next_wake() <= now) reader->wake(now);
        if (wanted == 0) reader->written(now);
        if (wanted == 3) reader->interrupted(now);
        reader->receive(length % 2 == 0 ? 0x81 : 0, rest.first(length), now);
        drain(*reader);
        rest = rest.subspan(length);
    }
    reader->closed(now, size % 2 == 0 ? PortEnd::unplugged : PortEnd::end_of_recording);
    drain(*reader);
    if (reader->next_wake()) std::abort();
    return 0;
}
