// SPDX-License-Identifier: Apache-2.0
// What a device says about its interfaces that could be of readers. Reads sysfs first; opens the device only for what sysfs does not know.
#pragma once

#include "reader/driver.hpp"
#include "usb/context.hpp"

#include <optional>
#include <vector>

namespace dosario {

/// The interfaces (alternate setting 0) of the configuration that is active which are HID, CDC-ACM, CCID, or a maker's own with a pair of
/// bulk endpoints; none if there are none. Whatever cannot be
/// read stays empty: a device without permission still appears, and open() says why it cannot be used. Blocking: at most some
/// control transfers of a second each. A kernel driver that had to leave for the report descriptor is put back before returning;
/// that is never done to a boot interface, which somebody may be typing on.
/// Nothing while no configuration is active: the kernel lists and tells of a device before it chooses one, and one that is not authorized
/// has none.
std::optional<std::vector<UsbInterface>> describe_interfaces(libusb_device* device);

}  // namespace dosario
