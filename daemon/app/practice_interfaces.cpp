// SPDX-License-Identifier: Apache-2.0
#include "app/practice_interfaces.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::uint8_t kDataClass = 0x0A;  // of CDC: where the bulk endpoints of a serial port are

const simulated::UsbEndpoint* endpoint_of(const simulated::UsbInterface& one, bool interrupt, bool in) {
    const auto found =
        std::ranges::find_if(one.endpoints, [&](const auto& end) { return end.interrupt == interrupt && end.in() == in; });
    return found == one.endpoints.end() ? nullptr : &*found;
}

/// False if there is no pair of bulk endpoints.
bool fill_bulk(UsbInterface& into, const simulated::UsbInterface& from) {
    const auto* const in = endpoint_of(from, false, true);
    const auto* const out = endpoint_of(from, false, false);
    if (in == nullptr || out == nullptr) return false;
    into.data_number = from.number;
    into.bulk_in = in->address;
    into.bulk_packet = in->max_packet;
    into.bulk_out = out->address;
    return true;
}

bool fill_serial_port(UsbInterface& into, const simulated::UsbDescription& device, const simulated::UsbInterface& from) {
    const auto data = std::ranges::find(device.interfaces, kDataClass, &simulated::UsbInterface::class_code);
    return fill_bulk(into, data == device.interfaces.end() ? from : *data);
}

/// The class descriptor of CCID (rev. 1.1, 5.1).
Bytes ccid_descriptor(const simulated::UsbInterface& from) {
    constexpr std::size_t kSize = 54;
    const Bytes& all = from.class_descriptors;
    return all.size() >= kSize && all[1] == std::byte{0x21} ? Bytes{all.begin(), all.begin() + kSize} : Bytes{};
}

bool could_be_reader(UsbInterface& into, const simulated::UsbDescription& device, const simulated::UsbInterface& from) {
    if (into.class_code == kHidClass) return true;
    if (into.class_code == kCommunicationsClass) return into.subclass == kAbstractControl && fill_serial_port(into, device, from);
    return (into.class_code == kVendorClass || into.class_code == kSmartCardClass) && fill_bulk(into, from);
}

}  // namespace

std::vector<UsbInterface> practice_interfaces(const simulated::UsbDescription& device, const std::string& place) {
    std::vector<UsbInterface> found;
    for (const simulated::UsbInterface& from : device.interfaces) {
        UsbInterface one;
        one.vid = device.vendor;
        one.pid = device.product;
        one.device_class = device.class_code;
        one.control_packet = 64;
        one.serial = device.serial;
        one.product = device.product_name;
        one.bus_path = place;
        one.number = one.data_number = from.number;
        one.class_code = from.class_code;
        one.subclass = from.subclass;
        one.protocol = from.protocol;
        one.name = from.name;
        one.report_descriptor = from.report_descriptor;
        if (const auto* const in = endpoint_of(from, true, true)) {
            one.endpoint_in = in->address;
            one.max_packet = in->max_packet;
        }
        if (!could_be_reader(one, device, from)) continue;
        if (one.class_code == kSmartCardClass) one.class_descriptor = ccid_descriptor(from);
        found.push_back(std::move(one));
    }
    return found;
}

}  // namespace dosario
