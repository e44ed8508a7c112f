// SPDX-License-Identifier: Apache-2.0
// The EPC bank of a Gen2 tag (Tag Data Standard 9.3, 15). Bits from the begin of the bank, in words of 16:
//   00h CRC-16 | 10h length 5, user memory 1, XPC 1, toggle 1, attributes or AFI 8 | 20h EPC, filled to whole words | 210h XPC_W1
#pragma once

#include "epc/uri.hpp"

namespace dosario {

struct EpcBank {
    bool has_pc = false;  ///< the PC word is there: all but `crc16`, `xpc` and `epc` holds then
    std::uint8_t words = 0;
    bool user_memory = false;
    bool extended = false;               ///< XPC_W1 is in use
    bool toggle = false;                 ///< what follows is an application of ISO and no EPC
    std::uint8_t attributes = 0;         ///< with the toggle bit the AFI
    std::optional<std::uint16_t> crc16;  ///< over PC and the words; none where words are missing
    std::optional<std::uint16_t> xpc;    ///< where the bank was read so far
    ByteView epc;                        ///< the words; fewer where some are missing
    EpcReading reading;                  ///< offsets count hexadecimal digits from the PC word on

    EpcControl control() const { return {toggle ? std::uint8_t{0} : attributes, user_memory, xpc}; }
};

/// Reads memory from bit 10h on: the PC word, the EPC and whatever follows. (In the answer to an inventory XPC_W1 stands between PC and EPC:
/// such bytes are no memory.)
EpcBank read_epc_bank(ByteView from_pc, Date reference, CodeBuffer& buffer);

/// The raw URI of a bank whose words are there.
std::string make_raw_uri(const EpcBank& bank);

/// What to write from bit 10h on: PC word and EPC, 64 bytes at most.
Bytes make_epc_bank(const EpcMade& epc, const EpcControl& control = {});

/// CRC-16 of Gen2: polynomial 1021h, begun with FFFFh, inverted at the end (ISO/IEC 18000-63, annex F).
std::uint16_t epc_crc16(ByteView bytes);

}  // namespace dosario
