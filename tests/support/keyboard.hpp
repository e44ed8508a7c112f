// SPDX-License-Identifier: Apache-2.0
// Types text as a scanner in keyboard mode does: boot reports in one layout. Its table is written by hand, apart from the
// decoder's; it knows letters, digits, GS, CR, Tab and the signs below, and stops the test on anything else.
#pragma once

#include "base/check.hpp"
#include "reader/driver.hpp"

#include <string_view>
#include <vector>

namespace dosario::test {

/// How the scanner is programmed to send GS.
enum class GsForm { ctrl_bracket, ctrl_shift_bracket, alt_keypad };

struct Press {
    std::uint8_t modifiers;
    std::uint8_t usage;
};

inline Bytes boot_report(std::uint8_t modifiers, std::initializer_list<std::uint8_t> keys = {}) {
    Bytes report(8);
    report[0] = static_cast<std::byte>(modifiers);
    std::size_t at = 2;
    for (const std::uint8_t key : keys) report[at++] = static_cast<std::byte>(key);
    return report;
}

inline constexpr std::uint8_t kLeftCtrl = 0x01, kLeftShift = 0x02, kLeftAlt = 0x04, kRightAlt = 0x40;
inline constexpr std::uint8_t kEnter = 0x28;

inline Press press_of(char c, KeyboardLayout layout) {
    const bool us = layout == KeyboardLayout::us;
    const bool es = layout == KeyboardLayout::es;
    if (c >= 'a' && c <= 'z') return {0, static_cast<std::uint8_t>(0x04 + c - 'a')};
    if (c >= 'A' && c <= 'Z') return {kLeftShift, static_cast<std::uint8_t>(0x04 + c - 'A')};
    if (c >= '1' && c <= '9') return {0, static_cast<std::uint8_t>(0x1E + c - '1')};
    switch (c) {
        case '0': return {0, 0x27};
        case ' ': return {0, 0x2C};
        case '\r': return {0, kEnter};
        case '\t': return {0, 0x2B};
        case '.': return {0, 0x37};
        case ',': return {0, 0x36};
        case ']': return us ? Press{0, 0x30} : es ? Press{kRightAlt, 0x30} : Press{kLeftShift, 0x31};
        case '-': return us ? Press{0, 0x2D} : Press{0, 0x38};
        case '_': return us ? Press{kLeftShift, 0x2D} : Press{kLeftShift, 0x38};
        case '/': return us ? Press{0, 0x38} : Press{kLeftShift, 0x24};
        case '(': return us ? Press{kLeftShift, 0x26} : Press{kLeftShift, 0x25};
        case ')': return us ? Press{kLeftShift, 0x27} : Press{kLeftShift, 0x26};
        case '%': return {kLeftShift, 0x22};
        case '&': return us ? Press{kLeftShift, 0x24} : Press{kLeftShift, 0x23};
        case '"': return us ? Press{kLeftShift, 0x34} : Press{kLeftShift, 0x1F};
        case '+': return us ? Press{kLeftShift, 0x2E} : Press{0, 0x30};
        case '~': return us ? Press{kLeftShift, 0x35} : Press{kRightAlt, 0x21};
        default: break;
    }
    DOSARIO_CHECK(!"a character the typing table does not know");
    return {};
}

/// All reports for the text, each key released before the next.
inline std::vector<Bytes> typed(std::string_view text, KeyboardLayout layout = KeyboardLayout::us,
                                GsForm form = GsForm::ctrl_bracket) {
    std::vector<Bytes> reports;
    for (const char c : text) {
        if (c == '\x1D' && form == GsForm::alt_keypad) {
            for (const std::uint8_t key : std::initializer_list<std::uint8_t>{0x62, 0x5A, 0x61}) {
                reports.push_back(boot_report(kLeftAlt, {key}));
                reports.push_back(boot_report(kLeftAlt));
            }
        } else if (c == '\x1D') {
            const auto shift = form == GsForm::ctrl_shift_bracket ? kLeftShift : std::uint8_t{0};
            reports.push_back(boot_report(static_cast<std::uint8_t>(kLeftCtrl | shift), {0x30}));
        } else {
            const Press press = press_of(c, layout);
            reports.push_back(boot_report(press.modifiers, {press.usage}));
        }
        reports.push_back(boot_report(0));
    }
    return reports;
}

}  // namespace dosario::test
