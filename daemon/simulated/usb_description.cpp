// SPDX-License-Identifier: Apache-2.0
#include "simulated/usb_description.hpp"

#include "simulated/little_endian.hpp"

#include <algorithm>

namespace dosario::simulated {
namespace {

// bDescriptorType (USB 2.0, table 9-5; the association: ECN of 2003; HID 1.11, 7.1).
enum : unsigned {
    kDevice = 1,
    kConfiguration = 2,
    kString = 3,
    kInterface = 4,
    kEndpoint = 5,
    kAssociation = 11,
    kHid = 0x21,
    kReport = 0x22
};

// The order of the strings; which of them exist is the device's own.
enum : std::uint8_t { kLanguages = 0, kManufacturerName = 1, kProductName = 2, kSerial = 3, kInterfaces = 4 };

unsigned index_of(const std::string& name, std::uint8_t index) { return name.empty() ? 0u : index; }

Bytes interface_descriptor(const UsbInterface& one) {
    const unsigned name = index_of(one.name, static_cast<std::uint8_t>(kInterfaces + one.number));
    Bytes bytes = bytes_of({9, kInterface, one.number, 0, static_cast<unsigned>(one.endpoints.size()), one.class_code,
                            one.subclass, one.protocol, name});
    append(bytes, one.class_descriptors);
    return bytes;
}

Bytes endpoint_descriptor(const UsbEndpoint& one) {
    return bytes_of(
        {7, kEndpoint, one.address, one.interrupt ? 3u : 2u, low(one.max_packet), high(one.max_packet), one.interval});
}

/// One code point of UTF-8 and how many bytes it took; what is not UTF-8 counts as Latin-1.
std::pair<char32_t, std::size_t> code_point(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::size_t size = byte(0) < 0x80 ? 1 : byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
    if (size == 1 || size > text.size() || byte(0) < 0xC0) return {byte(0), 1};
    char32_t value = byte(0) & (0x7Fu >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return {byte(0), 1};
        value = value << 6 | (byte(i) & 0x3Fu);
    }
    return {value, size};
}

void append_utf16(Bytes& bytes, char32_t value) {
    const auto unit = [&](char32_t one) {
        append(bytes, bytes_of({low(static_cast<std::uint16_t>(one)), high(static_cast<std::uint16_t>(one))}));
    };
    if (value < 0x10000) return unit(value);
    unit(0xD800 + ((value - 0x10000) >> 10));
    unit(0xDC00 + ((value - 0x10000) & 0x3FF));
}

}  // namespace

Bytes UsbDescription::device_descriptor() const {
    return bytes_of({18, kDevice, low(usb), high(usb), class_code, subclass, protocol, 64, low(vendor), high(vendor),
                     low(product), high(product), low(release), high(release), index_of(manufacturer_name, kManufacturerName),
                     index_of(product_name, kProductName), index_of(serial, kSerial), 1});
}

Bytes UsbDescription::configuration_descriptor() const {
    // Bus powered with remote wakeup (bit 5), 100 mA.
    Bytes bytes = bytes_of({9, kConfiguration, 0, 0, static_cast<unsigned>(interfaces.size()), 1, 0, 0xA0, 50});
    for (const UsbInterface& one : interfaces) {
        if (function && function->first == one.number)
            append(bytes, bytes_of({8, kAssociation, function->first, function->count, function->class_code, function->subclass,
                                    function->protocol, 0}));
        append(bytes, interface_descriptor(one));
        if (const auto hid = hid_descriptor(one.number)) append(bytes, *hid);
        for (const UsbEndpoint& endpoint : one.endpoints) append(bytes, endpoint_descriptor(endpoint));
    }
    bytes[2] = static_cast<std::byte>(bytes.size() & 0xFF);
    bytes[3] = static_cast<std::byte>(bytes.size() >> 8);
    return bytes;
}

std::optional<Bytes> UsbDescription::string_descriptor(std::uint8_t index) const {
    if (index == kLanguages) return bytes_of({4, kString, 0x09, 0x04});
    std::vector<const std::string*> texts{&manufacturer_name, &product_name, &serial};
    for (const UsbInterface& one : interfaces) texts.push_back(&one.name);
    if (index > texts.size() || texts[index - 1]->empty()) return std::nullopt;
    Bytes bytes = bytes_of({0, kString});
    constexpr std::size_t kLongest = 254;  // bLength is one byte, and units have two
    for (std::string_view rest = *texts[index - 1]; !rest.empty() && bytes.size() + 4 <= kLongest;) {
        const auto [value, size] = code_point(rest);
        append_utf16(bytes, value);
        rest.remove_prefix(size);
    }
    bytes[0] = static_cast<std::byte>(bytes.size());
    return bytes;
}

std::optional<Bytes> UsbDescription::hid_descriptor(std::uint8_t interface) const {
    const UsbInterface* const one = find_interface(interface);
    if (one == nullptr || one->report_descriptor.empty()) return std::nullopt;
    const auto size = static_cast<std::uint16_t>(one->report_descriptor.size());
    return bytes_of({9, kHid, 0x11, 0x01, 0, 1, kReport, low(size), high(size)});
}

const UsbInterface* UsbDescription::find_interface(std::uint8_t number) const {
    const auto found =
        std::find_if(interfaces.begin(), interfaces.end(), [&](const UsbInterface& one) { return one.number == number; });
    return found == interfaces.end() ? nullptr : &*found;
}

const UsbEndpoint* UsbDescription::find_endpoint(std::uint8_t address) const {
    for (const UsbInterface& one : interfaces)
        for (const UsbEndpoint& endpoint : one.endpoints)
            if (endpoint.address == address) return &endpoint;
    return nullptr;
}

}  // namespace dosario::simulated
