// SPDX-License-Identifier: Apache-2.0
// Cards and tags of 13.56 MHz that can be laid on a simulated reader: what they are called, what they hold, what can be read and written.
// Written from the standards and the makers' data sheets, not from the drivers.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace dosario::simulated {

class HfCard {
public:
    enum class Family : std::uint8_t {
        type2,     ///< ISO/IEC 14443 A, pages of 4 bytes: NTAG, MIFARE Ultralight
        classic,   ///< MIFARE Classic: nothing without keys
        chip,      ///< ISO/IEC 14443-4
        vicinity,  ///< ISO/IEC 15693
        felica,
        contact,  ///< a chip card with contacts
    };

    /// `UID [kind=ntag213] [uri=https://...] [text=...] [ndef=HEX] [raw=HEX]`: UID in hexadecimal, most significant byte first. Values take
    /// `\xHH` for what cannot be typed; blanks are \x20. `raw` is the memory from the capability container on. Errors (invalid): what
    /// is wrong, and what there is.
    static Result<HfCard> parse(std::string_view words);

    Family family = Family::type2;
    Bytes uid;
    std::size_t block_size = 4;
    Bytes memory;  ///< all of it; of type2 with the pages that hold UID and lock bits

    std::size_t blocks() const { return memory.size() / block_size; }
    /// From a block on; of type2 the last pages are followed by the first, as in the chip. Nothing where there is no such block.
    std::optional<Bytes> read(std::size_t block, std::size_t size) const;
    /// One block. False: it is locked, there is none, or the content is not as long as a block.
    bool write(std::size_t block, ByteView content);
    /// SENS_RES and SEL_RES of ISO/IEC 14443 A.
    std::uint8_t sel_res() const;
    /// What a PC/SC reader says of it (PC/SC Part 3, 3.1.3.2.3).
    Bytes atr() const;
};

/// A URI record (NFC Forum URI RTD 1.0), a text record in English (Text RTD 1.0): each alone in its message.
Bytes uri_message(std::string_view uri);
Bytes text_message(std::string_view text);

}  // namespace dosario::simulated
