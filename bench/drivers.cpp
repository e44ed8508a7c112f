// SPDX-License-Identifier: Apache-2.0
// What a driver costs for each report, transfer or piece it is given: bench_drivers KIND N feeds N scans of a box's DataMatrix. Under callgrind the
// difference of two N is the cost of the scans alone.
#include "reader/driver.hpp"
#include "simulated/make.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

using namespace dosario;

constexpr const char* kCode =
    "0107791234567898172712311012AB\x1d"
    "21S0001";

struct Kind {
    const char* name;
    const char* simulated;
    const char* driver;
};
constexpr Kind kKinds[] = {{"keyboard", "keyboard", "hid_scanner"},
                           {"hidpos", "hidpos", "hid_scanner"},
                           {"cdc_acm", "cdc_acm", "serial_scanner"},
                           {"ftdi", "ftdi", "serial_scanner"}};

/// Of the interface that is read; the rest is what any driver needs to know.
UsbInterface interface_of(const simulated::UsbDescription& description, std::uint8_t& endpoint) {
    UsbInterface one;
    one.vid = description.vendor;
    one.pid = description.product;
    for (const simulated::UsbInterface& part : description.interfaces) {
        if (one.class_code == 0) {
            one.class_code = part.class_code;
            one.subclass = part.subclass;
            one.protocol = part.protocol;
            one.report_descriptor = part.report_descriptor;
        }
        for (const simulated::UsbEndpoint& each : part.endpoints) {
            if ((each.address & 0x80) == 0) continue;
            endpoint = each.address;
            one.bulk_in = part.class_code == kHidClass ? 0 : each.address;
            one.max_packet = each.max_packet;
            one.bulk_packet = each.max_packet;
        }
    }
    return one;
}

/// The transfers of one scan, as the simulated scanner sends them.
std::vector<Bytes> transfers_of(simulated::SimulatedDevice& device, std::uint8_t endpoint, std::size_t room,
                                ReaderProtocol& reader) {
    device.control({0x00, 0x09, 1, 0, 0}, {});
    reader.opened(MonoTime{});
    while (const auto write = reader.next_write()) {
        if (!write->setup) continue;
        const auto& s = *write->setup;
        const auto u16 = [&](std::size_t i) { return static_cast<std::uint16_t>(s[i] | s[i + 1] << 8); };
        device.control({s[0], s[1], u16(2), u16(4), u16(6)}, write->bytes);
    }
    if (const auto scanned = device.scan("]d2", kCode); scanned.has_error()) {
        std::fprintf(stderr, "%s\n", scanned.error().message.c_str());
        std::exit(1);
    }
    std::vector<Bytes> all;
    for (;;) {
        auto read = device.read(endpoint, room);
        if (read.outcome != simulated::UsbRead::Outcome::done) return all;
        all.push_back(std::move(read.bytes));
    }
}

int run(const Kind& kind, int scans) {
    auto made = simulated::make_simulated(*simulated::parse_scanner(kind.simulated));
    const std::unique_ptr<simulated::SimulatedDevice> device = std::move(*made);
    std::uint8_t endpoint = 0;
    const UsbInterface interface = interface_of(device->description(), endpoint);
    ReaderSettings settings;
    settings.settle_ms = 0;
    const auto reader = find_driver(kind.driver)->make(interface, settings);
    const std::vector<Bytes> transfers =
        transfers_of(*device, endpoint, interface.class_code == kHidClass ? interface.max_packet : 512, *reader);
    MonoTime now{std::chrono::seconds{10}};
    int heard = 0;
    for (int i = 0; i < scans; ++i) {
        for (const Bytes& one : transfers) {
            now += std::chrono::milliseconds{1};
            reader->receive(endpoint, one, now);
            while (const auto event = reader->next_event()) heard += std::holds_alternative<BarcodeRead>(*event);
        }
    }
    std::printf("%s: %d scans of %zu transfers, %d heard\n", kind.name, scans, transfers.size(), heard);
    return heard == scans ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    for (const Kind& kind : kKinds) {
        if (argc == 3 && std::strcmp(argv[1], kind.name) == 0) return run(kind, std::atoi(argv[2]));
    }
    std::fprintf(stderr, "usage: bench_drivers keyboard|hidpos|cdc_acm|ftdi SCANS\n");
    return 2;
}
