// SPDX-License-Identifier: Apache-2.0
#include "reader/driver.hpp"

#include "reader/report_descriptor.hpp"

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

std::string_view gs_habit_name(GsHabit habit) {
    switch (habit) {
        case GsHabit::unknown: return "unknown";
        case GsHabit::kept: return "kept";
        case GsHabit::lost: return "lost";
    }
    return "unknown";
}

GsHabit usual_gs_habit(const UsbInterface& interface) {
    constexpr HidUsage kKeyboardUsage{0x01, 0x06};
    constexpr std::uint16_t kBarcodeScannerPage = 0x8C;  // HID Point of Sale Usage Tables 1.02, 1
    if (interface.class_code != kHidClass) return GsHabit::kept;
    const auto descriptor = parse_report_descriptor(interface.report_descriptor);
    if (descriptor && descriptor->serves_page(kBarcodeScannerPage)) return GsHabit::kept;
    const bool types = is_boot_keyboard(interface) || (descriptor && descriptor->serves(kKeyboardUsage));
    return types || interface.report_descriptor.empty() ? GsHabit::unknown : GsHabit::kept;
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
