// SPDX-License-Identifier: Apache-2.0
// All numbers have their high byte first, but the eight bytes of a set-up, which are as on USB. Before the import:
//
//     request     version (2)  code (2): 8005 list, 8003 import  status (4) 0 | import: bus id (32)
//     answer      version (2)  code (2): 0005, 0003              status (4) 0 or 1
//                 list: count (4), and of each: device, and for each interface class, subclass, protocol, 0
//                 import, if the status is 0: device
//     device      path (256)  bus id (32)  bus (4)  device (4)  speed (4)  vendor, product, release (2 each)
//                 class, subclass, protocol, configuration, configurations, interfaces (1 each)
//
// After it, 48 bytes and what a transfer carries:
//
//     submit      1  number  device  direction (1 = IN)  endpoint | flags  length  frame  packets  interval  setup (8) | OUT bytes
//     submitted   3  number  0       0                   0        | status actual  0      FFFFFFFF 0         0 (8)     | IN bytes
//     unlink      2  number  device  direction           endpoint | number of the submit  0 (24)
//     unlinked    4  number  0       0                   0        | status                0 (24)
#include "simulated/usbip_wire.hpp"

#include "simulated/little_endian.hpp"

#include <algorithm>

namespace dosario::simulated {
namespace {

enum : std::uint32_t { kSubmit = 1, kUnlink = 2, kSubmitted = 3, kUnlinked = 4 };
constexpr std::uint16_t kListCode = 0x8005, kListAnswer = 0x0005, kImportCode = 0x8003, kImportAnswer = 0x0003;
constexpr std::uint32_t kNotIsochronous = 0xFFFFFFFF;
constexpr std::size_t kRequestHead = 8, kPath = 256;

std::uint32_t u32_at(ByteView bytes, std::size_t from) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(bytes[from + i]);
    return value;
}
std::uint16_t u16_at(ByteView bytes, std::size_t from) {
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[from]) << 8 | std::to_integer<unsigned>(bytes[from + 1]));
}
std::uint16_t le16_at(ByteView bytes, std::size_t from) {
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[from + 1]) << 8 | std::to_integer<unsigned>(bytes[from]));
}

void add16(Bytes& to, std::uint16_t value) { append(to, bytes_of({high(value), low(value)})); }
void add32(Bytes& to, std::uint32_t value) {
    add16(to, static_cast<std::uint16_t>(value >> 16));
    add16(to, static_cast<std::uint16_t>(value & 0xFFFF));
}
/// Cut to leave a zero, filled up with zeros.
void add_text(Bytes& to, std::string_view text, std::size_t size) {
    const std::size_t end = to.size() + size;
    append(to, as_bytes(text.substr(0, size - 1)));
    to.resize(end);
}

Bytes answer_head(std::uint16_t code, std::uint32_t status) {
    Bytes bytes;
    add16(bytes, kUsbipVersion);
    add16(bytes, code);
    add32(bytes, status);
    return bytes;
}

void add_device(Bytes& to, const ListedDevice& one) {
    const UsbDescription& what = one.description;
    add_text(to, "/sys/devices/dosario-sim/" + one.place.bus_id, kPath);
    add_text(to, one.place.bus_id, kUsbipBusId);
    add32(to, one.place.bus);
    add32(to, one.place.device);
    add32(to, usb_speed_number(what.speed));
    add16(to, what.vendor);
    add16(to, what.product);
    add16(to, what.release);
    append(to, bytes_of({what.class_code, what.subclass, what.protocol, 0, 1, static_cast<unsigned>(what.interfaces.size())}));
}

Bytes command_head(std::uint32_t command, std::uint32_t number) {
    Bytes bytes;
    add32(bytes, command);
    add32(bytes, number);
    bytes.resize(20);
    return bytes;
}

Error broken(const char* what) {
    return fail(Failure::invalid, std::string{"the other side does not speak USB/IP 1.1.1: "} + what);
}

Result<Framed<UsbipCommand>> parse_submit(ByteView bytes) {
    SubmitCommand command;
    command.number = u32_at(bytes, 4);
    command.device_id = u32_at(bytes, 8);
    const std::uint32_t direction = u32_at(bytes, 12), endpoint = u32_at(bytes, 16), packets = u32_at(bytes, 32);
    if (direction > 1) return broken("a direction that is neither in nor out");
    if (endpoint > 15) return broken("an endpoint above 15");
    if (packets != 0 && packets != kNotIsochronous) return broken("isochronous packets, which no scanner has");
    command.in = direction == 1;
    command.endpoint = static_cast<std::uint8_t>(endpoint);
    command.flags = u32_at(bytes, 20);
    command.room = u32_at(bytes, 24);
    if (command.room > kLargestTransfer) return broken("a transfer of more than a megabyte");
    command.setup = {std::to_integer<std::uint8_t>(bytes[40]), std::to_integer<std::uint8_t>(bytes[41]), le16_at(bytes, 42),
                     le16_at(bytes, 44), le16_at(bytes, 46)};
    const std::size_t size = kUsbipHeader + (command.in ? 0 : command.room);
    if (bytes.size() < size) return Framed<UsbipCommand>{};
    const ByteView out = bytes.subspan(kUsbipHeader, size - kUsbipHeader);
    command.out.assign(out.begin(), out.end());
    return Framed<UsbipCommand>{size, std::move(command)};
}

}  // namespace

unsigned usb_speed_number(UsbSpeed speed) { return speed == UsbSpeed::high ? 3 : 2; }

Result<Framed<UsbipRequest>> parse_usbip_request(ByteView bytes) {
    if (bytes.size() < kRequestHead) return Framed<UsbipRequest>{};
    if (u16_at(bytes, 0) != kUsbipVersion) return broken("another version");
    const std::uint16_t code = u16_at(bytes, 2);
    if (code == kListCode) return Framed<UsbipRequest>{kRequestHead, ListRequest{}};
    if (code != kImportCode) return broken("an unknown request");
    constexpr std::size_t kSize = kRequestHead + kUsbipBusId;
    if (bytes.size() < kSize) return Framed<UsbipRequest>{};
    const std::string_view bus_id = as_text(bytes.subspan(kRequestHead, kUsbipBusId));
    const std::size_t end = bus_id.find('\0');
    if (end == std::string_view::npos) return broken("a bus id without end");
    return Framed<UsbipRequest>{kSize, ImportRequest{std::string{bus_id.substr(0, end)}}};
}

Bytes usbip_list(const std::vector<ListedDevice>& devices) {
    Bytes bytes = answer_head(kListAnswer, 0);
    add32(bytes, static_cast<std::uint32_t>(devices.size()));
    for (const ListedDevice& one : devices) {
        add_device(bytes, one);
        for (const UsbInterface& interface : one.description.interfaces)
            append(bytes, bytes_of({interface.class_code, interface.subclass, interface.protocol, 0}));
    }
    return bytes;
}

Bytes usbip_import(const ListedDevice* device) {
    Bytes bytes = answer_head(kImportAnswer, device == nullptr ? 1 : 0);
    if (device != nullptr) add_device(bytes, *device);
    return bytes;
}

Result<Framed<UsbipCommand>> parse_usbip_command(ByteView bytes) {
    if (bytes.size() < kUsbipHeader) return Framed<UsbipCommand>{};
    switch (u32_at(bytes, 0)) {
        case kSubmit: return parse_submit(bytes);
        case kUnlink: return Framed<UsbipCommand>{kUsbipHeader, UnlinkCommand{u32_at(bytes, 4), u32_at(bytes, 20)}};
        default: return broken("an unknown command");
    }
}

Bytes usbip_submitted(std::uint32_t number, std::int32_t status, std::size_t actual, ByteView in) {
    Bytes bytes = command_head(kSubmitted, number);
    add32(bytes, static_cast<std::uint32_t>(status));
    add32(bytes, static_cast<std::uint32_t>(actual));
    add32(bytes, 0);
    add32(bytes, kNotIsochronous);
    bytes.resize(kUsbipHeader);
    append(bytes, in);
    return bytes;
}

Bytes usbip_unlinked(std::uint32_t number, std::int32_t status) {
    Bytes bytes = command_head(kUnlinked, number);
    add32(bytes, static_cast<std::uint32_t>(status));
    bytes.resize(kUsbipHeader);
    return bytes;
}

}  // namespace dosario::simulated
