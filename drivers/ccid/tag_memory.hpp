// SPDX-License-Identifier: Apache-2.0
// Where the NDEF message lies in a tag's memory (NFC Forum Type 2 Tag 1.2, Type 5 Tag 1.0): capability container, then TLVs. Pure: it
// looks at what has been read so far, and says how far to read on.
#pragma once

#include "ccid/card.hpp"

namespace dosario::ccid {

/// The capability container of a tag that holds NDEF.
struct Container {
    std::size_t size = 4;  ///< its own bytes, 4 or 8
    std::size_t area = 0;  ///< bytes behind it that hold TLVs
    bool readable = true;  ///< without a key
};

/// `memory` begins with the container: page 3 of Type 2, block 0 of Type 5; at least 8 bytes of Type 5, 4 of Type 2. Nothing where it is
/// none: the tag holds no NDEF.
std::optional<Container> read_container(Memory layout, ByteView memory);

struct NdefPlace {
    enum class What : std::uint8_t {
        further,  ///< `wanted` bytes from the container's first on must be known, more than there are
        found,    ///< `message` is whole
        none,     ///< the tag holds none, or an empty one
        broken,   ///< what is there contradicts itself; or it is longer than kLongestNdef
    };
    What what = What::none;
    std::size_t wanted = 0;
    Bytes message;
};

/// `memory` is what has been read so far, from the container's first byte on.
NdefPlace find_ndef(Memory layout, ByteView memory);

}  // namespace dosario::ccid
