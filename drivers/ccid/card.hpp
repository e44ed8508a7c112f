// SPDX-License-Identifier: Apache-2.0
// What lies on the reader, by what the reader says of it: the ATR that it makes up for a contactless card (PC/SC Part 3, 3.1.3.2.3), or
// the target data of a PN532 (its user manual UM0701-02, 7.3.5).
#pragma once

#include "reader/events.hpp"

namespace dosario::ccid {

/// How a tag's memory is laid out, as far as it is read.
enum class Memory : std::uint8_t {
    none,   ///< there is nothing to be read without keys, or nobody here knows how
    type2,  ///< NFC Forum Type 2 Tag: NTAG, MIFARE Ultralight; pages of 4 bytes
    type5,  ///< NFC Forum Type 5 Tag: ISO/IEC 15693, ICODE, ST25TV; blocks of 4 or 8 bytes
};

struct Card {
    Bytes uid;  ///< most significant first
    CardKind kind = CardKind::unknown;
    Memory memory = Memory::none;
    std::size_t block_size = 0;  ///< bytes, 0 while unknown
    std::size_t chunk = 0;       ///< bytes that one command reads, whole blocks
    bool blank = false;          ///< its first byte begins no capability container
    bool by_air = false;         ///< the reader does not read its blocks, and hands commands of ISO/IEC 15693 on
};

/// What an ATR says.
struct AtrWords {
    enum class What : std::uint8_t {
        nothing_there,  ///< `3B 00`: so an ACR122U answers when no card lies on it
        contactless,
        contact,  ///< of a chip card with contacts, or of a SAM
    };
    What what = What::contact;
    CardKind kind = CardKind::unknown;
    Memory memory = Memory::none;
};
AtrWords read_atr(ByteView atr);

/// `uid` as a reader gave it for a card of that kind, most significant byte first; nothing where no such card has one like it. Readers
/// do not agree on the order for ISO/IEC 15693, whose UIDs begin with E0.
std::optional<Bytes> ordered_uid(CardKind kind, ByteView uid);

/// A contactless card with a chip (ISO/IEC 14443-4) says in its ATR neither A nor B: the length of its UID may.
CardKind kind_by_uid(CardKind kind, std::size_t uid_bytes);

}  // namespace dosario::ccid
