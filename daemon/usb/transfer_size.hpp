// SPDX-License-Identifier: Apache-2.0
// How long the IN transfers of an interface are. For every host, libusb's and the practice pharmacy's.
#pragma once

#include "reader/driver.hpp"

namespace dosario {

/// Bytes of a transfer that reads reports, or what a serial line brings.
std::size_t transfer_size(const UsbInterface& interface);

/// CDC-ACM tells on an interrupt endpoint what happened to the line, CCID what to the slot: beside the bulk endpoints.
bool has_notices(const UsbInterface& interface);
/// Bytes of a transfer that reads those.
std::size_t notice_size(const UsbInterface& interface);

}  // namespace dosario
