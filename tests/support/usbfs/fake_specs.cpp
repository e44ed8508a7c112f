// SPDX-License-Identifier: Apache-2.0
// Descriptors of the pretended devices.
#include "support/hex.hpp"
#include "support/usbfs/fake_device.hpp"

#include <algorithm>

namespace dosario::test {
namespace {

constexpr std::uint8_t kProductIndex = 2;
constexpr std::uint8_t kSerialIndex = 3;

/// HID 1.11, appendix B.1.
Bytes keyboard_descriptor() {
    return hex(
        "05 01 09 06 a1 01 05 07 19 e0 29 e7 15 00 25 01 75 01 95 08 81 02 95 01 75 08 81 01 95 05 75 01"
        "05 08 19 01 29 05 91 02 95 01 75 03 91 01 95 06 75 08 15 00 25 65 05 07 19 00 29 65 81 00 c0");
}

/// HID 1.11, appendix B.2.
Bytes mouse_descriptor() {
    return hex(
        "05 01 09 02 a1 01 09 01 a1 00 05 09 19 01 29 03 15 00 25 01 95 03 75 01 81 02 95 01 75 05 81 01"
        "05 01 09 30 09 31 15 81 25 7f 75 08 95 02 81 06 c0 c0");
}

/// HID Point of Sale Usage Tables 1.02: id 2, byte count, one reserved byte, symbology identifier 1 to 3, 56 bytes of decoded data,
/// a vendor's symbology, data continued.
Bytes pos_descriptor() {
    return hex(
        "05 8c 09 02 a1 01 09 12 a1 02 85 02 15 00 26 ff 00 75 08 95 01 05 01 09 3b 81 02 81 03 05 8c"
        "09 fb 81 02 09 fc 81 02 09 fd 81 02 95 38 09 fe 82 02 01 95 01 06 66 ff 09 04 81 02"
        "05 8c 75 01 09 ff 81 02 75 07 81 03 c0 c0");
}

FakeSpec one_interface(std::uint16_t vid, std::uint16_t pid, std::string serial, std::string product, FakeInterface interface) {
    FakeSpec spec;
    spec.vid = vid;
    spec.pid = pid;
    spec.serial = std::move(serial);
    spec.product = std::move(product);
    spec.interfaces.push_back(std::move(interface));
    return spec;
}

FakeInterface boot_interface(std::uint8_t protocol, Bytes descriptor) {
    FakeInterface interface;
    interface.subclass = 1;
    interface.protocol = protocol;
    interface.report_descriptor = std::move(descriptor);
    interface.driver = "usbhid";
    interface.in_sysfs = true;
    return interface;
}

class Writer {
public:
    Writer& u8(unsigned value) {
        bytes.push_back(static_cast<std::byte>(value));
        return *this;
    }
    Writer& u16(std::size_t value) { return u8(value & 0xff).u8(value >> 8 & 0xff); }
    Bytes bytes;
};

void write_endpoint(Writer& to, std::uint8_t address, std::uint16_t max_packet) {
    if (address != 0) to.u8(7).u8(5).u8(address).u8(3).u16(max_packet).u8(10);
}

void write_interface(Writer& to, const FakeInterface& one) {
    const unsigned endpoints = (one.endpoint_in != 0 ? 1U : 0U) + (one.endpoint_out != 0 ? 1U : 0U);
    to.u8(9).u8(4).u8(one.number).u8(0).u8(endpoints).u8(one.class_code).u8(one.subclass).u8(one.protocol).u8(0);
    if (one.class_code == 3) to.u8(9).u8(0x21).u16(0x0111).u8(0).u8(1).u8(0x22).u16(one.report_descriptor.size());
    write_endpoint(to, one.endpoint_in, one.max_packet);
    write_endpoint(to, one.endpoint_out, one.max_packet);
}

}  // namespace

FakeSpec keyboard_spec(std::uint16_t vid, std::uint16_t pid, std::string serial) {
    return one_interface(vid, pid, std::move(serial), "Keyboard", boot_interface(1, keyboard_descriptor()));
}

FakeSpec mouse_spec(std::uint16_t vid, std::uint16_t pid, std::string serial) {
    return one_interface(vid, pid, std::move(serial), "Mouse", boot_interface(2, mouse_descriptor()));
}

FakeSpec pos_spec(std::uint16_t vid, std::uint16_t pid, std::string serial) {
    FakeInterface interface;
    interface.max_packet = 64;
    interface.report_descriptor = pos_descriptor();
    return one_interface(vid, pid, std::move(serial), "Scanner", std::move(interface));
}

Bytes usb_descriptors(const FakeSpec& spec) {
    if (!spec.descriptors.empty()) return spec.descriptors;
    Writer device;
    device.u8(18).u8(1).u16(0x0200).u8(0).u8(0).u8(0).u8(64).u16(spec.vid).u16(spec.pid).u16(0x0100);
    device.u8(0).u8(spec.product.empty() ? 0 : kProductIndex).u8(spec.serial.empty() ? 0 : kSerialIndex).u8(1);
    Writer interfaces;
    for (const FakeInterface& one : spec.interfaces) write_interface(interfaces, one);
    device.u8(9)
        .u8(2)
        .u16(9 + interfaces.bytes.size())
        .u8(static_cast<unsigned>(spec.interfaces.size()))
        .u8(1)
        .u8(0)
        .u8(0x80)
        .u8(50);
    device.bytes.insert(device.bytes.end(), interfaces.bytes.begin(), interfaces.bytes.end());
    return device.bytes;
}

/// The answer to a standard GET_DESCRIPTOR, empty where the device has none.
Bytes FakeDevice::get_descriptor(std::uint16_t value, std::uint16_t index) const {
    const unsigned type = value >> 8;
    if (type == 0x22) {
        const auto one = std::find_if(spec_.interfaces.begin(), spec_.interfaces.end(),
                                      [&](const FakeInterface& interface) { return interface.number == index; });
        return one == spec_.interfaces.end() ? Bytes{} : one->report_descriptor;
    }
    if (type != 3) return {};
    constexpr std::uint16_t kEnglish = 0x0409;
    Writer answer;
    if ((value & 0xff) == 0) return answer.u8(4).u8(3).u16(kEnglish).bytes;
    const std::string& text = (value & 0xff) == kSerialIndex ? spec_.serial : spec_.product;
    answer.u8(static_cast<unsigned>(2 + 2 * text.size())).u8(3);
    for (const char letter : text) answer.u16(static_cast<unsigned char>(letter));
    return answer.bytes;
}

}  // namespace dosario::test
