// SPDX-License-Identifier: Apache-2.0
// What the kernel already read from the devices, without touching them. Everything here may be missing (containers).
#pragma once

#include "base/bytes.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

struct libusb_device;

namespace dosario {

/// Where a device is on the bus. The kernel gives a re-plugged device another number.
struct UsbAddress {
    std::uint8_t bus = 0;
    std::uint8_t number = 0;
    friend auto operator<=>(const UsbAddress&, const UsbAddress&) = default;
};

/// `1-4.2`: bus, then the ports down to the device; empty for a root hub.
std::string sysfs_name(libusb_device* device);

/// An attribute such as `serial`, without its line end; nothing if it is not there.
std::optional<std::string> read_sysfs_text(const std::string& name, const char* attribute);

/// The report descriptor of an interface that the kernel's HID driver holds; empty if it holds none or the file is not there.
Bytes read_sysfs_report_descriptor(const std::string& name, int configuration, int interface);

/// All devices the kernel knows; nothing if sysfs cannot be read.
std::optional<std::set<UsbAddress>> list_sysfs_devices();

}  // namespace dosario
