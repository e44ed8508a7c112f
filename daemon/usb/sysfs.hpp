// SPDX-License-Identifier: Apache-2.0
// What the kernel already read from the devices, without touching them. Everything here may be missing (containers).
#pragma once

#include "reader/driver.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

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

/// The kernel suspended the device to save power (Linux, Documentation/ABI/testing/sysfs-devices-power). False where that is not known.
bool is_suspended(const std::string& name);

/// Interfaces that no driver could read, and that a person may take for a reader: printers (class 07). They are not described over libusb;
/// numbers, strings and bus_path are filled. At most kMostShown.
std::vector<UsbInterface> list_unread_interfaces();
inline constexpr std::size_t kMostShown = 32;

/// Devices that are plugged in and may not be used: USBGuard or an administrator did not authorize them (sysfs `authorized`, Linux
/// Documentation/usb/authorization). Such a device has no interfaces; numbers, strings and bus_path are filled. At most kMostShown.
std::vector<UsbInterface> list_blocked_devices();

/// All devices the kernel knows; nothing if sysfs cannot be read.
std::optional<std::set<UsbAddress>> list_sysfs_devices();

}  // namespace dosario
