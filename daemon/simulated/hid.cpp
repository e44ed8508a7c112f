// SPDX-License-Identifier: Apache-2.0
#include "simulated/hid.hpp"

#include "simulated/little_endian.hpp"

namespace dosario::simulated {
namespace {

UsbDescription with_interface(UsbDescription description, Bytes report_descriptor, std::uint8_t subclass,
                              std::uint16_t report_size) {
    UsbInterface one;
    one.class_code = 3;
    one.subclass = one.protocol = subclass;
    one.report_descriptor = std::move(report_descriptor);
    one.endpoints = {{kHidEndpoint, true, report_size, 4}};
    description.interfaces = {std::move(one)};
    return description;
}

}  // namespace

HidDevice::HidDevice(UsbDescription description, Bytes report_descriptor, std::uint8_t subclass, std::uint16_t report_size)
    : SimulatedDevice(with_interface(std::move(description), std::move(report_descriptor), subclass, report_size)),
      has_boot_(subclass == 1) {}

std::optional<Bytes> HidDevice::requested(const UsbSetup& setup, ByteView out) {
    constexpr std::uint8_t kIn = 0xA1, kOut = 0x21;  // of the class, for the interface
    if (setup.index != 0) return std::nullopt;
    const auto type = static_cast<ReportType>(high(setup.value));
    const std::uint8_t id = low(setup.value);
    if (setup.request_type == kIn) {
        switch (setup.request) {
            case 0x01: return get_report(type, id);
            case 0x02: return bytes_of({idle_});
            case 0x03: return has_boot_ ? std::optional{bytes_of({protocol_})} : std::nullopt;
            default: return std::nullopt;
        }
    }
    if (setup.request_type != kOut) return std::nullopt;
    switch (setup.request) {
        case 0x09: return set_report(type, id, out) ? std::optional{Bytes{}} : std::nullopt;
        case 0x0A: idle_ = high(setup.value); return Bytes{};
        case 0x0B:
            if (!has_boot_ || setup.value > 1) return std::nullopt;
            protocol_ = low(setup.value);
            return Bytes{};
        default: return std::nullopt;
    }
}

}  // namespace dosario::simulated
