// SPDX-License-Identifier: Apache-2.0
// What a reader of tags can be asked for, whatever its family. A scanner takes none of it.
#pragma once

#include "base/bytes.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <variant>

namespace dosario {

/// Memory banks of a UHF tag (EPC Gen2, 6.3.2.1), numbered as on the air.
enum class TagBank : std::uint8_t { reserved = 0, epc = 1, tid = 2, user = 3 };

/// Reads tags, one TagRead a sighting, until StopInventory; after each round a RoundEnded.
struct StartInventory {};
struct StopInventory {};

/// Conducted power. Refused where the country or the reader does not allow it; nothing is sent then.
struct SetPower {
    int cdbm = 0;  ///< hundredths of a dBm
};

/// Words of 16 bits from one bank of the tag with exactly that EPC. The answer's content are those words.
struct ReadTag {
    Bytes epc;
    TagBank bank = TagBank::tid;
    std::uint16_t first_word = 0;
    std::uint16_t words = 1;  ///< 1 to kMostTagWords
    std::uint32_t password = 0;
};

/// Writes whole words. The EPC bank's word 1 is the PC word: who writes an EPC of another length writes it too.
struct WriteTag {
    Bytes epc;
    TagBank bank = TagBank::user;
    std::uint16_t first_word = 0;
    Bytes content;  ///< an even number of bytes, 2 to 2 * kMostTagWords
    std::uint32_t password = 0;
};

/// What a lock does to one part of a tag's memory (EPC Gen2, 6.3.2.12.3.5).
enum class TagLock : std::uint8_t { leave, open, with_password, open_for_ever, closed_for_ever };

struct LockTag {
    Bytes epc;
    TagLock kill_password = TagLock::leave;
    TagLock access_password = TagLock::leave;
    TagLock epc_bank = TagLock::leave;
    TagLock tid_bank = TagLock::leave;
    TagLock user_bank = TagLock::leave;
    std::uint32_t password = 0;  ///< 0 is no password: a tag without one cannot be locked
};

inline constexpr std::uint16_t kMostTagWords = 32;

/// Whole blocks from the HF tag with exactly that UID, which lies on the reader: of 4 bytes with NFC Forum Type 2 (there they are called
/// pages), of 4 or 8 with ISO/IEC 15693. The answer's content are those blocks.
struct ReadBlocks {
    Bytes uid;
    std::uint16_t first_block = 0;
    std::uint16_t blocks = 1;  ///< 1 to kMostTagBlocks
};

/// Writes whole blocks, each read back: `ok` means that the tag holds them. What cannot be taken back (the lock bits of a Type 2 tag) is
/// never written.
struct WriteBlocks {
    Bytes uid;
    std::uint16_t first_block = 0;
    Bytes content;  ///< whole blocks of the tag, 1 to kMostTagBlocks
};

inline constexpr std::uint16_t kMostTagBlocks = 64;

using ReaderCommand = std::variant<StartInventory, StopInventory, SetPower, ReadTag, WriteTag, LockTag, ReadBlocks, WriteBlocks>;

/// `inventory`, `stop`, `power`, `read`, `write`, `lock`, `read_blocks`, `write_blocks`: the name in ReaderAnswer::command.
std::string_view command_name(const ReaderCommand& command);

}  // namespace dosario
