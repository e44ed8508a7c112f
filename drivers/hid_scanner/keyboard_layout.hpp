// SPDX-License-Identifier: Apache-2.0
// Which character a key stands for in the layout a scanner is set to. Characters are Latin-1, one byte each.
// Usages are those of page 0x07 (HID Usage Tables); differences between layouts follow the xkb symbols us, es and latam.
#pragma once

#include "reader/driver.hpp"

#include <cstdint>
#include <optional>

namespace dosario {

/// How a key is held. AltGr (right Alt) goes before Shift.
enum class KeyLevel { plain, shift, alt_gr };

struct TypedCharacter {
    char character = 0;
    /// A dead key. Its spacing character counts (`^`, not a waiting accent), and one blank directly after it is part of it:
    /// that is how a keyboard types the spacing character.
    bool dead = false;
};

/// Nothing for keys without a character at that level. Letters, digits, signs, blank, Tab, both Enter keys (`\r`) and the keypad.
std::optional<TypedCharacter> typed_character(KeyboardLayout layout, std::uint8_t usage, KeyLevel level);

/// The control character of Ctrl and that key (`Ctrl+A` is 0x01, `Ctrl+]` is GS). Usage 0x30 is GS in every layout, because
/// scanners press the key of the US layout; otherwise any level of the key may carry the letter or sign.
std::optional<char> control_character(KeyboardLayout layout, std::uint8_t usage, KeyLevel level);

}  // namespace dosario
