// SPDX-License-Identifier: Apache-2.0
// The virtual host controller of this kernel (module vhci-hcd): gives one end of a pair of sockets to it, and a device is plugged in.
// Files in sysfs (Linux, drivers/usb/usbip):
//
//     status   a head, then a line for each port: hub (hs ss), port, state (004 = free), speed, device, socket, bus id
//     attach   "port socket device speed" plugs in; the number of the socket is that of the process that writes
//     detach   "port" unplugs
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>

namespace dosario {

inline constexpr const char* kVhciDirectory = "/sys/devices/platform/vhci_hcd.0";

/// Plugs in a device of full or high speed (usb/ch9.h: 2, 3), and says which port it got. Errors: not_found, there is no such controller;
/// refused, only root may; unavailable, no port is free. Each says what to do.
Result<unsigned> vhci_attach(const std::string& directory, int socket, std::uint32_t device_id, unsigned speed);

/// Errors: io. A port that is free already is no error: the kernel frees it when the socket ends.
Result<void> vhci_detach(const std::string& directory, unsigned port);

}  // namespace dosario
