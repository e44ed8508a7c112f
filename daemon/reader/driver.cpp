// SPDX-License-Identifier: Apache-2.0
#include "reader/driver.hpp"

#include "reader/report_descriptor.hpp"

#include <algorithm>
#include <span>

namespace dosario {
namespace {

/// The letter of a maker; `aim` only where the letter alone says that the content is an element string.
struct CodeId {
    std::string_view letters;
    std::string_view aim;
};

// Longer ones first.
constexpr CodeId kZebraIds[] = {{"P00", ""}, {"P01", ""}, {"A", ""}, {"B", ""},    {"C", ""},    {"D", ""}, {"E", ""},
                                {"F", ""},   {"X", ""},   {"G", ""}, {"K", "]C1"}, {"R", "]e0"}, {"T", ""}};
constexpr CodeId kHoneywellIds[] = {{"c", ""},    {"d", ""},    {"D", ""},    {"E", ""},    {"j", ""},
                                    {"w", ""},    {"s", ""},    {"r", ""},    {"<", ""},    {"z", ""},
                                    {"I", "]C1"}, {"|", "]C1"}, {"y", "]e0"}, {"{", "]e0"}, {"}", "]e0"}};

std::span<const CodeId> ids_of(CodeIds whose) {
    switch (whose) {
        case CodeIds::none: return {};
        case CodeIds::zebra: return kZebraIds;
        case CodeIds::honeywell: return kHoneywellIds;
    }
    return {};
}

}  // namespace

std::string_view command_name(const ReaderCommand& command) {
    constexpr std::string_view kNames[] = {"inventory", "stop", "power", "read", "write", "lock", "read_blocks", "write_blocks"};
    static_assert(std::size(kNames) == std::variant_size_v<ReaderCommand>);
    return kNames[command.index()];
}

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

std::string_view layout_name(KeyboardLayout layout) {
    switch (layout) {
        case KeyboardLayout::us: return "us";
        case KeyboardLayout::es: return "es";
        case KeyboardLayout::latam: return "latam";
    }
    return "us";
}

std::optional<KeyboardLayout> layout_named(std::string_view name) {
    for (const auto layout : {KeyboardLayout::us, KeyboardLayout::es, KeyboardLayout::latam}) {
        if (layout_name(layout) == name) return layout;
    }
    return std::nullopt;
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

BarcodeRead make_barcode(std::string_view as_sent, MonoTime heard_at, CodeIds code_ids) {
    BarcodeRead read;
    read.heard_at = heard_at;
    const auto ids = ids_of(code_ids);
    const auto id = std::find_if(ids.begin(), ids.end(), [&](const CodeId& one) { return as_sent.starts_with(one.letters); });
    if (const auto aim = leading_aim(as_sent)) {
        read.aim = *aim;
        as_sent.remove_prefix(kAimLength);
    } else if (id != ids.end()) {
        read.aim = leading_aim(id->aim).value_or(Aim{});
        as_sent.remove_prefix(id->letters.size());
    }
    read.bytes = as_sent;
    return read;
}

}  // namespace dosario
