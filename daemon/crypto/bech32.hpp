// SPDX-License-Identifier: Apache-2.0
// Bech32 (BIP 173): bytes as a text that people can copy, with a prefix that says what it is and a checksum that finds any four wrong
// characters. Without the limit of 90 characters.
#pragma once

#include "base/bytes.hpp"

#include <string>
#include <string_view>

namespace dosario {

/// Lower case. `prefix` is lower case, ASCII 33 to 126, not empty.
std::string bech32_encode(std::string_view prefix, ByteView bytes);

enum class Bech32Fault {
    none,
    mixed_case,  ///< upper and lower case in one text
    shape,       ///< no prefix, too short, or not a whole number of bytes
    character,   ///< one that Bech32 has not: 1, b, i, o or no letter or digit
    checksum,    ///< a character is wrong, or two are exchanged
};

struct Bech32Text {
    Bech32Fault fault = Bech32Fault::none;
    std::string prefix;     ///< lower case
    Bytes bytes;            ///< the caller wipes them if they are a secret
    std::size_t place = 0;  ///< of the character at fault, from 1
};

/// Takes one case or the other.
Bech32Text bech32_decode(std::string_view text);

}  // namespace dosario
