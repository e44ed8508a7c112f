// SPDX-License-Identifier: Apache-2.0
// What a driver costs for each report, transfer or piece it is given: bench_drivers KIND N feeds N scans of a box's DataMatrix, or (ccid) lays
// N tags down and takes them away. Under callgrind the difference of two N is the cost of the scans alone.
#include "reader/driver.hpp"
#include "simulated/ccid_reader.hpp"
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
    const char* name;  ///< of the simulated device, too
    const char* driver;
};
constexpr Kind kKinds[] = {{"keyboard", "hid_scanner"},  {"hidpos", "hid_scanner"},     {"honeywell", "hid_scanner"},
                           {"newland", "hid_scanner"},   {"cdc_acm", "serial_scanner"}, {"ftdi", "serial_scanner"},
                           {"cp210x", "serial_scanner"}, {"ch341", "serial_scanner"},   {"pl2303", "serial_scanner"}};

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
            if (!each.in() || (each.interrupt && part.class_code != kHidClass)) continue;
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
    auto made = simulated::make_simulated(*simulated::parse_scanner(kind.name));
    const std::unique_ptr<simulated::SimulatedDevice> device = std::move(*made);
    std::uint8_t endpoint = 0;
    const UsbInterface interface = interface_of(device->description(), endpoint);
    ReaderSettings settings;
    settings.is_replayed = true;
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

/// A contactless reader, a tag that is laid down and taken away: driver and simulated reader talk in steps of a millisecond.
class Field {
public:
    Field() {
        device_ = std::move(*simulated::make_simulated(*simulated::parse_scanner("ccid:model=acr1252u")));
        device_->control({0x00, 0x09, 1, 0, 0}, {});
        const simulated::UsbInterface& first = device_->description().interfaces.front();
        interface_.vid = device_->description().vendor;
        interface_.pid = device_->description().product;
        interface_.class_code = first.class_code;
        interface_.name = first.name;
        interface_.class_descriptor = first.class_descriptors;
        for (const simulated::UsbEndpoint& one : first.endpoints)
            (one.interrupt ? interface_.endpoint_in : one.in() ? interface_.bulk_in : interface_.bulk_out) = one.address;
        reader_ = find_driver("ccid")->make(interface_, {});
        reader_->opened(now_);
        pass(1000);
    }
    int lay_and_take() {
        heard_ = 0;
        device_->card_command("lay 04a2b3c4d5e680 uri=https://id.gs1.org/01/07791234567898/10/12AB/21/S0001");
        pass(1500);
        device_->card_command("take");
        pass(1500);
        return heard_;
    }

private:
    void pass(int milliseconds) {
        for (int i = 0; i < milliseconds; ++i) {
            now_ += std::chrono::milliseconds{1};
            if (i % 20 == 0) device_->idle();
            if (reader_->next_wake() && *reader_->next_wake() <= now_) reader_->wake(now_);
            while (auto write = reader_->next_write()) send(*write);
            for (const std::uint8_t endpoint : {interface_.bulk_in, interface_.endpoint_in}) {
                const simulated::UsbRead read = device_->read(endpoint, 512);
                if (read.outcome == simulated::UsbRead::Outcome::done && !read.bytes.empty())
                    reader_->receive(endpoint, read.bytes, now_);
            }
            while (const auto event = reader_->next_event()) heard_ += std::holds_alternative<CardRead>(*event);
        }
    }
    void send(const ReaderWrite& write) {
        if (!write.setup) return void(device_->write(write.endpoint, write.bytes));
        const auto& s = *write.setup;
        const auto u16 = [&](std::size_t i) { return static_cast<std::uint16_t>(s[i] | s[i + 1] << 8); };
        device_->control({s[0], s[1], u16(2), u16(4), u16(6)}, write.bytes);
    }

    std::unique_ptr<simulated::SimulatedDevice> device_;
    UsbInterface interface_;
    std::unique_ptr<ReaderProtocol> reader_;
    MonoTime now_{};
    int heard_ = 0;
};

int run_field(int tags) {
    Field field;
    int heard = 0;
    for (int i = 0; i < tags; ++i) heard += field.lay_and_take();
    std::printf("ccid: %d tags laid down and taken away, %d heard\n", tags, heard);
    return heard == tags ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    for (const Kind& kind : kKinds) {
        if (argc == 3 && std::strcmp(argv[1], kind.name) == 0) return run(kind, std::atoi(argv[2]));
    }
    if (argc == 3 && std::strcmp(argv[1], "ccid") == 0) return run_field(std::atoi(argv[2]));
    std::fprintf(stderr, "usage: bench_drivers KIND SCANS, where KIND is ccid");
    for (const Kind& kind : kKinds) std::fprintf(stderr, ", %s", kind.name);
    std::fprintf(stderr, "\n");
    return 2;
}
