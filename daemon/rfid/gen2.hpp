// SPDX-License-Identifier: Apache-2.0
// What readers of every family pass on from a UHF tag (EPC Gen2, ISO/IEC 18000-63): its CRC, its PC word, its errors, the bits of a lock.
// What an EPC means is not for here.
#pragma once

#include "reader/command.hpp"

#include <optional>

namespace dosario {

/// CRC-16 over PC and EPC as the tag computes it (EPC Gen2, annex F): polynomial 1021, preset FFFF, complemented.
std::uint16_t gen2_crc(ByteView pc_and_epc);

inline constexpr std::size_t kLongestEpc = 62;  ///< 31 words: the PC word counts no further

/// Bits 15 to 11 of the PC word: how long the EPC is, in bytes.
constexpr std::size_t epc_size(std::uint16_t pc) { return (static_cast<std::size_t>(pc) >> 11) * 2; }
/// A PC word of which nothing is known but the EPC's length.
constexpr std::uint16_t pc_for(std::size_t epc_bytes) { return static_cast<std::uint16_t>(epc_bytes / 2 << 11); }

/// The high byte first.
inline std::uint16_t be16(ByteView bytes, std::size_t at) {
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[at]) << 8 | std::to_integer<unsigned>(bytes[at + 1]));
}
void append_be16(Bytes& bytes, unsigned value);
void append_be32(Bytes& bytes, std::uint32_t value);
void append(Bytes& bytes, ByteView more);

/// What a tag that refuses says of it (EPC Gen2, annex I): "the memory is locked", ...
const char* tag_error_words(unsigned code);

/// The 20 bits of a lock: 10 of mask, 10 of action, in pairs for kill password, access password, EPC, TID and user (6.3.2.12.3.5).
std::uint32_t lock_bits(const LockTag& lock);

/// What is wrong with a command before anything is sent; empty = nothing.
std::string_view unfit(const ReadTag& read);
std::string_view unfit(const WriteTag& write);
std::string_view unfit(const LockTag& lock);

/// The EPC of the tag after this was written; nothing where that cannot be told.
std::optional<Bytes> epc_after(const WriteTag& write);
/// The access password after this was written.
std::uint32_t password_after(const WriteTag& write);

}  // namespace dosario
