// SPDX-License-Identifier: Apache-2.0
// What libusb's error codes mean to the person who must do something about them.
#pragma once

#include "base/result.hpp"
#include "reader/driver.hpp"

#include <string>
#include <string_view>

namespace dosario {

/// `05e0:2100 "Scanner" (serial A1, interface 0)`, without serial number `(port 1-4.2, interface 0)`: the words for one interface in every message.
std::string name_for_people(const UsbInterface& interface);

/// `code` is a libusb_error, `attempt` what was tried ("open", "take over", ...). not_found means that the device has left,
/// refused a missing permission (the message names the udev rule), unavailable another program (the message says what to close).
Error usb_error(int code, const UsbInterface& interface, std::string_view attempt);

}  // namespace dosario
