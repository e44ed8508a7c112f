// SPDX-License-Identifier: Apache-2.0
#include "host.hpp"

#include <algorithm>

namespace dosario::test {

std::vector<Step> start_up(std::string_view kind) {
    constexpr const char* k9600 = "80250000000008";
    const Step coding = out(0x21, 0x20, 0, 0, k9600), dtr = out(0x21, 0x22, 3, 0);
    if (kind == "cdc_acm" || kind == "cdc_acm_one") return {out(0x21, 0x20, 0, 0, k9600, false), dtr};
    if (kind == "ftdi")
        return {out(0x40, 0, 0, 0, "", false), out(0x40, 3, 0x4138, 0), out(0x40, 4, 8, 0), out(0x40, 1, 0x0303, 0)};
    // 12 MHz / 1250, port 1 in the low byte.
    if (kind == "ftdi_h")
        return {out(0x40, 0, 0, 1, "", false), out(0x40, 3, 1250, 0x0201), out(0x40, 4, 8, 1), out(0x40, 1, 0x0303, 1)};
    if (kind == "cp210x")
        return {out(0x41, 0x00, 1, 0), out(0x41, 0x1E, 0, 0, "80250000"), out(0x41, 0x03, 0x0800, 0, "", false),
                out(0x41, 0x07, 0x0303, 0)};
    if (kind == "ch341") {
        // 1532620800 / 9600 >> 3 = 19956; 0x10000 - 19956 = 0xB20C; three bits shifted once: 2.
        return {in(0xC0, 0x5F, 0, 0, 2, false),  out(0x40, 0xA1, 0, 0),
                out(0x40, 0x9A, 0x1312, 0xB282), out(0x40, 0x9A, 0x0F2C, 0x0008, "", false),
                out(0x40, 0x9A, 0x2518, 0x00C3), out(0x40, 0xA4, 0xFF9F, 0)};
    }
    if (kind == "pl2303_hxn") return {coding, dtr};
    if (kind == "pl2303") {
        return {in(0xC0, 1, 0x8484, 0, 1),
                out(0x40, 1, 0x0404, 0),
                in(0xC0, 1, 0x8484, 0, 1),
                in(0xC0, 1, 0x8383, 0, 1),
                in(0xC0, 1, 0x8484, 0, 1),
                out(0x40, 1, 0x0404, 1),
                in(0xC0, 1, 0x8484, 0, 1),
                in(0xC0, 1, 0x8383, 0, 1),
                out(0x40, 1, 0, 1),
                out(0x40, 1, 1, 0),
                out(0x40, 1, 2, 0x44),
                coding,
                dtr};
    }
    if (kind == "honeywell") return {out(0x21, 0x09, 0x03FE, 0, "fe01")};
    return {};
}

std::uint8_t endpoint_of(const SimulatedDevice& device) {
    std::uint8_t found = 0;
    for (const UsbInterface& one : device.description().interfaces)
        for (const UsbEndpoint& endpoint : one.endpoints)
            if (endpoint.in() && (found == 0 || !endpoint.interrupt)) found = endpoint.address;
    return found;
}

std::unique_ptr<SimulatedDevice> started(std::string_view words, std::size_t without) {
    auto device = plugged(words);
    REQUIRE(request(*device, kConfigure));
    const auto steps = start_up(words.substr(0, words.find(':')));
    for (std::size_t i = 0; i < steps.size(); ++i) {
        INFO("step " << i);
        if (i != without) REQUIRE(request(*device, steps[i]));
    }
    return device;
}

std::vector<Bytes> transfers(SimulatedDevice& device, std::size_t room) {
    std::vector<Bytes> all;
    for (;;) {
        UsbRead read = device.read(endpoint_of(device), room);
        if (read.outcome == Outcome::waits) return all;
        REQUIRE(read.outcome == Outcome::done);
        all.push_back(std::move(read.bytes));
    }
}

std::string text_from(SimulatedDevice& device, std::size_t room) {
    const bool ftdi = device.description().vendor == 0x0403;
    const std::size_t packet = device.description().find_endpoint(endpoint_of(device))->max_packet;
    std::string text;
    for (const Bytes& one : transfers(device, room)) {
        for (ByteView rest{one}; !rest.empty();) {
            ByteView part = rest.first(std::min(rest.size(), packet));
            rest = rest.subspan(part.size());
            if (ftdi) {
                REQUIRE(part.size() >= 2);
                part = part.subspan(2);
            }
            text += as_text(part);
        }
    }
    return text;
}

}  // namespace dosario::test
