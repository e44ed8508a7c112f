// SPDX-License-Identifier: Apache-2.0
#include "reader/driver.hpp"

namespace dosario {

std::string reader_id(const UsbInterface& interface) {
    std::string id = hex4(interface.vid) + ':' + hex4(interface.pid) + ':';
    constexpr std::string_view kReserved = ":@\"\\";
    for (const char c : interface.serial) id += (c > ' ' && c < 0x7f && kReserved.find(c) == std::string_view::npos) ? c : '_';
    if (interface.serial.empty() && !interface.bus_path.empty()) id += '@' + interface.bus_path;
    return id + ':' + std::to_string(interface.number);
}

bool is_boot_keyboard(const UsbInterface& one) {
    constexpr std::uint8_t kKeyboard = 1;
    return one.class_code == kHidClass && one.subclass == kBootSubclass && one.protocol == kKeyboard;
}

bool is_boot_mouse(const UsbInterface& one) {
    constexpr std::uint8_t kMouse = 2;
    return one.class_code == kHidClass && one.subclass == kBootSubclass && one.protocol == kMouse;
}

std::optional<Aim> leading_aim(std::string_view text) {
    const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    if (text.size() < kAimLength || text[0] != ']' || !letter(text[1]) || !(letter(text[2]) || digit(text[2])))
        return std::nullopt;
    return Aim{{text[0], text[1], text[2]}};
}

BarcodeRead make_barcode(std::string_view as_sent, MonoTime heard_at) {
    BarcodeRead read;
    read.heard_at = heard_at;
    if (const auto aim = leading_aim(as_sent)) {
        read.aim = *aim;
        as_sent.remove_prefix(kAimLength);
    }
    read.bytes = as_sent;
    return read;
}

}  // namespace dosario
