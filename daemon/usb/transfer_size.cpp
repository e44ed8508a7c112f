// SPDX-License-Identifier: Apache-2.0
#include "usb/transfer_size.hpp"

#include "reader/report_descriptor.hpp"

#include <algorithm>

namespace dosario {
namespace {

/// The longest of CDC-ACM: SERIAL_STATE (USB CDC PSTN 1.2, 6.5.4). Those of CCID have two bytes for up to four slots (rev. 1.1, 6.3.1).
constexpr std::size_t kLongestNotice = 10;

std::size_t whole_packets(std::size_t bytes, std::size_t packet) {
    packet = std::max<std::size_t>(packet, 1);
    return std::max<std::size_t>((bytes + packet - 1) / packet, 1) * packet;
}

}  // namespace

/// A transfer ends with a short packet or when it is full. So it is as long as the longest report, in whole packets: a shorter
/// buffer would split a report of several packets, a longer one would wait for the next report, a part of a packet would overflow.
/// A serial line has no reports: one packet. With more, a scan that ends with a full packet would wait for the next one: many devices
/// send no empty packet after it. An FTDI chip whose EEPROM was never written declares packets of 0 bytes and sends 64.
std::size_t transfer_size(const UsbInterface& interface) {
    constexpr std::size_t kFullSpeedPacket = 64;
    if (interface.bulk_in != 0) return interface.bulk_packet != 0 ? interface.bulk_packet : kFullSpeedPacket;
    return whole_packets(read_report_descriptor(interface.report_descriptor).longest_report(), interface.max_packet);
}

bool has_notices(const UsbInterface& interface) {
    const bool class_has_them = interface.class_code == kCommunicationsClass || interface.class_code == kSmartCardClass;
    return class_has_them && interface.bulk_in != 0 && interface.endpoint_in != 0;
}

std::size_t notice_size(const UsbInterface& interface) { return whole_packets(kLongestNotice, interface.max_packet); }

}  // namespace dosario
