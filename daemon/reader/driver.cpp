// SPDX-License-Identifier: Apache-2.0
#include "reader/driver.hpp"

#include <cstdio>

namespace dosario {

std::string reader_id(const UsbInterface& interface) {
    char head[16];
    std::snprintf(head, sizeof head, "%04x:%04x:", interface.vid, interface.pid);
    std::string id = head;
    constexpr std::string_view kReserved = ":@\"\\";
    for (const char c : interface.serial) id += (c > ' ' && c < 0x7f && kReserved.find(c) == std::string_view::npos) ? c : '_';
    if (interface.serial.empty() && !interface.bus_path.empty()) id += '@' + interface.bus_path;
    return id + ':' + std::to_string(interface.number);
}

BarcodeRead make_barcode(std::string_view as_sent, MonoTime heard_at) {
    const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    BarcodeRead read;
    read.heard_at = heard_at;
    if (as_sent.size() >= 3 && as_sent[0] == ']' && letter(as_sent[1]) && (letter(as_sent[2]) || digit(as_sent[2]))) {
        read.aim.chars = {as_sent[0], as_sent[1], as_sent[2]};
        as_sent.remove_prefix(3);
    }
    read.bytes = as_sent;
    return read;
}

}  // namespace dosario
