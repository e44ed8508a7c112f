// SPDX-License-Identifier: Apache-2.0
// A simulated device as the USB shell describes a real one (usb/device.cpp): what drivers look at to take it.
#pragma once

#include "reader/driver.hpp"
#include "simulated/usb_description.hpp"

#include <vector>

namespace dosario {

/// Those interfaces that could be of readers. `place` stands where a real device's port stands.
std::vector<UsbInterface> practice_interfaces(const simulated::UsbDescription& device, const std::string& place);

}  // namespace dosario
