// SPDX-License-Identifier: Apache-2.0
// USB/IP's messages as bytes (Linux, Documentation/usb/usbip_protocol, version 0x0111), as the exporting side needs them. What comes from
// the other side is not trusted.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "simulated/device.hpp"

#include <string>
#include <variant>

namespace dosario::simulated {

inline constexpr std::uint16_t kUsbipVersion = 0x0111;
inline constexpr std::size_t kUsbipHeader = 48;           ///< of every command and answer once a device was imported
inline constexpr std::size_t kUsbipBusId = 32;            ///< with the zero at its end
inline constexpr std::size_t kUsbipDevice = 312;          ///< one device in a list, without its interfaces
inline constexpr std::size_t kLargestTransfer = 1 << 20;  ///< bytes of one URB; Linux's own drivers ask for 16 KiB at a time

// -- before a device was imported --

struct ListRequest {};
struct ImportRequest {
    std::string bus_id;
};
using UsbipRequest = std::variant<ListRequest, ImportRequest>;

/// A message at the front of some bytes, and how many it took; 0 = it is not whole yet.
template <class Message>
struct Framed {
    std::size_t size = 0;
    Message message;
};

/// Errors (invalid): another version, an unknown request, a bus id without end.
Result<Framed<UsbipRequest>> parse_usbip_request(ByteView bytes);

/// Where an exported device stands: `1-3` is bus 1, device 3.
struct UsbipPlace {
    std::string bus_id;
    std::uint16_t bus = 1;
    std::uint16_t device = 0;
    /// What commands name the device by, and `attach` of the kernel.
    std::uint32_t device_id() const { return static_cast<std::uint32_t>(bus) << 16 | device; }
};

/// The number of a speed, also for the kernel's `attach` (usb/ch9.h: full 2, high 3).
unsigned usb_speed_number(UsbSpeed speed);

struct ListedDevice {
    UsbipPlace place;
    UsbDescription description;
};
Bytes usbip_list(const std::vector<ListedDevice>& devices);
/// The answer to an import; nothing = there is no such device, or it is imported already.
Bytes usbip_import(const ListedDevice* device);

// -- after it --

struct SubmitCommand {
    std::uint32_t number = 0;  ///< seqnum
    std::uint32_t device_id = 0;
    bool in = false;
    std::uint8_t endpoint = 0;
    std::uint32_t flags = 0;  ///< transfer_flags of an URB
    std::uint32_t room = 0;   ///< transfer_buffer_length
    UsbSetup setup;
    Bytes out;
};
struct UnlinkCommand {
    std::uint32_t number = 0;
    std::uint32_t victim = 0;
};
using UsbipCommand = std::variant<SubmitCommand, UnlinkCommand>;

/// Errors (invalid): an unknown command, a direction or an endpoint there is not, a transfer above kLargestTransfer, isochronous packets.
Result<Framed<UsbipCommand>> parse_usbip_command(ByteView bytes);

/// `status` is 0 or a negative errno of Linux. `actual` counts what was sent of an OUT transfer; of an IN transfer it is the size of `in`.
Bytes usbip_submitted(std::uint32_t number, std::int32_t status, std::size_t actual, ByteView in);
Bytes usbip_unlinked(std::uint32_t number, std::int32_t status);

}  // namespace dosario::simulated
