// SPDX-License-Identifier: Apache-2.0
// What a simulated device says of itself, and the descriptors that say it (USB 2.0, chapter 9.6). Written from the standards and not
// from the drivers, so that it checks them.
#pragma once

#include "base/bytes.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dosario::simulated {

struct UsbEndpoint {
    std::uint8_t address = 0;  ///< bit 7 set: IN (USB 2.0, 9.6.6)
    bool interrupt = false;    ///< otherwise bulk
    std::uint16_t max_packet = 64;
    std::uint8_t interval = 0;  ///< of an interrupt endpoint: frames of 1 ms, at high speed the exponent of microframes

    bool in() const { return (address & 0x80) != 0; }
};

struct UsbInterface {
    std::uint8_t number = 0;
    std::uint8_t class_code = 0xFF;
    std::uint8_t subclass = 0;
    std::uint8_t protocol = 0;
    Bytes
        class_descriptors;  ///< between the interface descriptor and its endpoints; a HID descriptor is made from the report descriptor
    Bytes report_descriptor;  ///< HID 1.11, 6.2.2; empty = not HID
    std::vector<UsbEndpoint> endpoints;
    std::string name;  ///< UTF-8; empty = the interface has no such string
};

/// Interfaces that are one function (Interface Association Descriptor, USB 2.0 ECN).
struct UsbFunction {
    std::uint8_t first = 0, count = 0;
    std::uint8_t class_code = 0, subclass = 0, protocol = 0;
};

enum class UsbSpeed : std::uint8_t { full, high };

struct UsbDescription {
    std::uint16_t vendor = 0;
    std::uint16_t product = 0;
    std::uint16_t release = 0x0100;  ///< bcdDevice
    std::uint16_t usb = 0x0200;      ///< bcdUSB
    UsbSpeed speed = UsbSpeed::full;
    std::uint8_t class_code = 0, subclass = 0, protocol = 0;
    std::string manufacturer_name, product_name, serial;  ///< UTF-8; empty = the device has no such string
    std::optional<UsbFunction> function;
    std::vector<UsbInterface> interfaces;

    /// 18 bytes (USB 2.0, 9.6.1).
    Bytes device_descriptor() const;
    /// All of it: configuration, association, interfaces, HID and class descriptors, endpoints (USB 2.0, 9.6.3 to 9.6.6).
    Bytes configuration_descriptor() const;
    /// Index 0 is the table of languages, US English only; nothing for a string the device does not have (USB 2.0, 9.6.7).
    std::optional<Bytes> string_descriptor(std::uint8_t index) const;
    /// The 9 bytes of HID 1.11, 6.2.1; nothing if the interface is none of HID.
    std::optional<Bytes> hid_descriptor(std::uint8_t interface) const;

    const UsbInterface* find_interface(std::uint8_t number) const;
    const UsbEndpoint* find_endpoint(std::uint8_t address) const;
};

}  // namespace dosario::simulated
