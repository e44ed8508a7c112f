// SPDX-License-Identifier: Apache-2.0
// Three layouts share report id 2 (offsets with the id):
//              0    1        2      3 4 5         6..             61    62      63 bit 0
//   Honeywell  02   length   aim 1  aim 2 3  content 5 to 60      vendor ...    more follows
//   Zebra      02   length   00     aim 1 2 3     content 6 to 61       vendor  more follows
//   Newland    02   length   content 2 to 57                      reserved      more follows
#include "hid_scanner/hid_pos.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::uint16_t kNewland = 0x1EAB;
constexpr std::size_t kHoneywellAimAt = 2;
constexpr std::size_t kHoneywellCodeAt = 5;
constexpr std::size_t kZebraCodeAt = 6;
constexpr HidUsage kByteCount{0x01, 0x3B};
constexpr HidUsage kSymbology1{kBarcodeScannerPage, 0xFB};
constexpr HidUsage kSymbology2{kBarcodeScannerPage, 0xFC};
constexpr HidUsage kSymbology3{kBarcodeScannerPage, 0xFD};
constexpr HidUsage kDecoded{kBarcodeScannerPage, 0xFE};
constexpr HidUsage kContinued{kBarcodeScannerPage, 0xFF};
constexpr std::size_t kMostCountedBytes = 255;

HidPosLayout layout_with_aim(std::size_t aim_at, std::size_t code_at) {
    HidPosLayout layout;
    layout.aim_at = {aim_at, aim_at + 1, aim_at + 2};
    layout.code_at = code_at;
    return layout;
}

// Read as Honeywell's, content typed with its own AIM identifier would end three bytes early: in three zeros.
bool has_aim_inside_the_content(ByteView report) {
    const auto length = std::to_integer<std::size_t>(report[1]);
    if (length <= kAimLength || kHoneywellCodeAt + length > report.size()) return false;
    const ByteView tail = report.subspan(kHoneywellCodeAt + length - kAimLength, kAimLength);
    return std::all_of(tail.begin(), tail.end(), [](std::byte b) { return b == std::byte{0}; });
}

std::optional<std::array<std::size_t, 3>> aim_places(const ReportDescriptor& descriptor, std::uint8_t report_id) {
    std::array<std::size_t, 3> places{};
    std::size_t n = 0;
    for (const HidUsage usage : {kSymbology1, kSymbology2, kSymbology3}) {
        const auto place = descriptor.find_variable(usage);
        if (!place || !place->is_bytes() || place->report_id != report_id) return std::nullopt;
        places[n++] = place->byte_offset();
    }
    return places;
}

}  // namespace

std::optional<HidPosLayout> hid_pos_layout(const ReportDescriptor& descriptor) {
    const auto count = descriptor.find_variable(kByteCount);
    const auto code = descriptor.find_variable(kDecoded);
    if (!count || !code || !count->is_bytes() || !code->is_bytes() || count->report_id != code->report_id) return std::nullopt;
    HidPosLayout layout;
    layout.report_id = code->report_id;
    layout.size = descriptor.report_bytes(code->report_id).value_or(0);
    layout.length_at = count->byte_offset();
    layout.code_at = code->byte_offset();
    layout.code_bytes = std::min<std::size_t>(code->count, kMostCountedBytes);
    layout.aim_at = aim_places(descriptor, code->report_id);
    const auto more = descriptor.find_variable(kContinued);
    layout.continued_mask = 0;
    if (more && more->report_id == code->report_id) {
        layout.continued_at = more->bit_offset / 8;
        layout.continued_mask = static_cast<std::uint8_t>(1U << (more->bit_offset % 8));
    }
    return layout;
}

HidPosLayout sniff_hid_pos_layout(ByteView report, std::uint16_t vid) {
    constexpr std::byte kBracket{']'};
    if (vid == kNewland || report.size() < kHidPosReportBytes) return {};
    if (report[2] == kBracket && !has_aim_inside_the_content(report)) return layout_with_aim(kHoneywellAimAt, kHoneywellCodeAt);
    if (report[2] == std::byte{0} && report[3] == kBracket) return layout_with_aim(3, kZebraCodeAt);
    return {};
}

bool HidPosLayout::is_honeywells() const { return aim_at && aim_at->front() == kHoneywellAimAt; }

bool wants_switching_on(std::uint16_t vid) { return vid == 0x0C2E || vid == 0x23D0; }

}  // namespace dosario
