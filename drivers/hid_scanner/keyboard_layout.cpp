// SPDX-License-Identifier: Apache-2.0
#include "hid_scanner/keyboard_layout.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <string_view>

namespace dosario {
namespace {

constexpr std::uint8_t kFirstLetter = 0x04;
constexpr std::uint8_t kLastLetter = 0x1D;
constexpr std::uint8_t kGsKey = 0x30;
constexpr std::uint8_t kFirstKeypad = 0x54;
constexpr std::string_view kKeypad = "/*-+\r1234567890.";  // 0x54 to 0x63

// Levels that are dead keys.
enum Dead : std::uint8_t { kNone = 0, kPlain = 1, kShift = 2, kAltGr = 4 };

// One key: plain, Shift, AltGr; 0 where there is no character.
struct Key {
    std::uint8_t usage;
    std::array<unsigned char, 3> characters;
    std::uint8_t dead = kNone;
};

// Keys that are the same in all three layouts.
constexpr Key kCommon[] = {
    {0x28, {'\r', '\r', '\r'}},
    {0x2B, {'\t', '\t', 0}},
    {0x2C, {' ', ' ', ' '}},
};

constexpr Key kUs[] = {
    {0x1E, {'1', '!', 0}},  {0x1F, {'2', '@', 0}}, {0x20, {'3', '#', 0}},  {0x21, {'4', '$', 0}}, {0x22, {'5', '%', 0}},
    {0x23, {'6', '^', 0}},  {0x24, {'7', '&', 0}}, {0x25, {'8', '*', 0}},  {0x26, {'9', '(', 0}}, {0x27, {'0', ')', 0}},
    {0x2D, {'-', '_', 0}},  {0x2E, {'=', '+', 0}}, {0x2F, {'[', '{', 0}},  {0x30, {']', '}', 0}}, {0x31, {'\\', '|', 0}},
    {0x32, {'\\', '|', 0}}, {0x33, {';', ':', 0}}, {0x34, {'\'', '"', 0}}, {0x35, {'`', '~', 0}}, {0x36, {',', '<', 0}},
    {0x37, {'.', '>', 0}},  {0x38, {'/', '?', 0}},
};

constexpr Key kEs[] = {
    {0x1E, {'1', '!', '|'}},
    {0x1F, {'2', '"', '@'}},
    {0x20, {'3', 0xB7, '#'}},
    {0x21, {'4', '$', '~'}},
    {0x22, {'5', '%', 0}},
    {0x23, {'6', '&', 0xAC}},
    {0x24, {'7', '/', '{'}},
    {0x25, {'8', '(', '['}},
    {0x26, {'9', ')', ']'}},
    {0x27, {'0', '=', '}'}},
    {0x2D, {'\'', '?', '\\'}},
    {0x2E, {0xA1, 0xBF, 0}},
    {0x2F, {'`', '^', '['}, kPlain | kShift},
    {0x30, {'+', '*', ']'}},
    {0x31, {0xE7, 0xC7, '}'}},
    {0x32, {0xE7, 0xC7, '}'}},
    {0x33, {0xF1, 0xD1, 0}},
    {0x34, {0xB4, 0xA8, '{'}, kPlain | kShift},
    {0x35, {0xBA, 0xAA, '\\'}},
    {0x36, {',', ';', 0}},
    {0x37, {'.', ':', 0}},
    {0x38, {'-', '_', 0}},
    {0x64, {'<', '>', 0}},
};

constexpr Key kLatam[] = {
    {0x1E, {'1', '!', '|'}},
    {0x1F, {'2', '"', '@'}},
    {0x20, {'3', '#', 0xB7}},
    {0x21, {'4', '$', '~'}},
    {0x22, {'5', '%', 0}},
    {0x23, {'6', '&', 0xAC}},
    {0x24, {'7', '/', '{'}},
    {0x25, {'8', '(', '['}},
    {0x26, {'9', ')', ']'}},
    {0x27, {'0', '=', '}'}},
    {0x2D, {'\'', '?', '\\'}},
    {0x2E, {0xBF, 0xA1, 0}},
    {0x2F, {0xB4, 0xA8, 0}, kPlain | kShift},
    {0x30, {'+', '*', '~'}},
    {0x31, {'}', ']', '`'}, kAltGr},
    {0x32, {'}', ']', '`'}, kAltGr},
    {0x33, {0xF1, 0xD1, '~'}},
    {0x34, {'{', '[', '^'}, kAltGr},
    {0x35, {'|', 0xB0, 0xAC}},
    {0x36, {',', ';', 0}},
    {0x37, {'.', ':', 0}},
    {0x38, {'-', '_', 0}},
    {0x64, {'<', '>', '\\'}},
};

std::span<const Key> keys_of(KeyboardLayout layout) {
    switch (layout) {
        case KeyboardLayout::us: return kUs;
        case KeyboardLayout::es: return kEs;
        case KeyboardLayout::latam: return kLatam;
    }
    return kUs;
}

std::optional<TypedCharacter> look_up(std::span<const Key> keys, std::uint8_t usage, KeyLevel level) {
    const auto key = std::find_if(keys.begin(), keys.end(), [usage](const Key& one) { return one.usage == usage; });
    if (key == keys.end()) return std::nullopt;
    const auto index = static_cast<std::size_t>(level);
    if (key->characters[index] == 0) return std::nullopt;
    return TypedCharacter{static_cast<char>(key->characters[index]), (key->dead & (1U << index)) != 0};
}

std::optional<TypedCharacter> letter(KeyboardLayout layout, std::uint8_t usage, KeyLevel level) {
    const auto index = usage - kFirstLetter;
    switch (level) {
        case KeyLevel::plain: return TypedCharacter{static_cast<char>('a' + index)};
        case KeyLevel::shift: return TypedCharacter{static_cast<char>('A' + index)};
        case KeyLevel::alt_gr: break;
    }
    constexpr int kQ = 'q' - 'a';
    if (layout != KeyboardLayout::us && index == kQ) return TypedCharacter{'@'};
    return std::nullopt;
}

// ASCII puts the control characters 0x40 below the capital letters and `[ \ ] ^ _`.
std::optional<char> control_of(char character) {
    if (character >= 'a' && character <= 'z') return static_cast<char>(character - 'a' + 1);
    if (character >= 'A' && character <= '_') return static_cast<char>(character - '@');
    return std::nullopt;
}

}  // namespace

std::optional<TypedCharacter> typed_character(KeyboardLayout layout, std::uint8_t usage, KeyLevel level) {
    if (usage >= kFirstLetter && usage <= kLastLetter) return letter(layout, usage, level);
    if (usage >= kFirstKeypad && usage < kFirstKeypad + kKeypad.size()) return TypedCharacter{kKeypad[usage - kFirstKeypad]};
    if (const auto common = look_up(kCommon, usage, level)) return common;
    return look_up(keys_of(layout), usage, level);
}

std::optional<char> control_character(KeyboardLayout layout, std::uint8_t usage, KeyLevel level) {
    if (usage == kGsKey) return '\x1D';
    for (const KeyLevel tried : {level, KeyLevel::plain, KeyLevel::alt_gr, KeyLevel::shift}) {
        const auto typed = typed_character(layout, usage, tried);
        if (typed && (typed->character == '\r' || typed->character == '\t')) return typed->character;
        const auto control = typed ? control_of(typed->character) : std::nullopt;
        if (control) return control;
    }
    return std::nullopt;
}

}  // namespace dosario
