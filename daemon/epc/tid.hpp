// SPDX-License-Identifier: Apache-2.0
// The TID bank of a Gen2 tag (Tag Data Standard 16): who made the chip, which chip, and the number that no other chip has. Bits from the
// begin of the bank:
//   00h E2h | 08h XTID 1, security 1, files 1, maker 9 | 14h model 12 | with the XTID bit: 20h header 16 | serial number
#pragma once

#include "base/bytes.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace dosario {

struct Tid {
    bool extended = false;  ///< an XTID header follows
    bool security = false;
    bool files = false;
    std::uint16_t maker = 0;      ///< mask designer identifier of GS1, 9 bits
    std::uint16_t model = 0;      ///< 12 bits, the maker's own numbering
    std::string_view maker_name;  ///< empty: not in our list
    std::string_view model_name;  ///< empty: not in our list
    /// The header's number of bits, 48 to 144; empty where the tag has none or the bytes end before it.
    ByteView serial;
};

/// From the begin of the bank, 4 bytes at least; nothing where the bank is of another class than E2h. Points into the bytes.
std::optional<Tid> read_tid(ByteView tid);

}  // namespace dosario
