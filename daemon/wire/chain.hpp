// SPDX-License-Identifier: Apache-2.0
// The hash chain: every entry's hash covers all before it. Drawn here once; docs/ledger-format.md explains it.
//
//   hash = SHA-256( "dosario.event.1" | ledger_id 16 | previous hash 32 | header 52 | event_id 16 | body )
//
//   header, big-endian:  seq u64 | kind u32 | version u32 | boot u64 | mono_us i64 | wall_us i64 | clock u32 | body length u64
//
// The hash before the first entry is 32 zero bytes.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"

#include <array>
#include <cstdint>

namespace dosario {

using LedgerId = std::array<std::byte, 16>;
using BranchId = std::array<std::byte, 8>;
using EventId = std::array<std::byte, 16>;

/// The fixed part of an entry, as it is hashed and sent.
struct EntryHeader {
    std::uint64_t seq = 0;
    std::int32_t kind = 0;
    std::int32_t version = 0;
    std::int64_t boot = 0;
    std::int64_t mono_us = 0;
    std::int64_t wall_us = 0;
    std::int32_t clock = 0;  ///< 0 good, 1 suspect
};

/// An entry's body is at most this large: it fits into a frame of the uplink with its header.
inline constexpr std::size_t kLargestBody = 512 * 1024;

/// One entry as it is stored and sent.
struct Entry {
    EntryHeader header;
    EventId event_id{};
    Bytes body;
    Sha256 hash{};
};

Sha256 chain_hash(const Digest& digest, const LedgerId& ledger, const Sha256& previous, const EntryHeader& header,
                  const EventId& event, ByteView body);

/// True when the entry's hash follows from the one before it.
bool follows(const Digest& digest, const LedgerId& ledger, const Sha256& previous, const Entry& entry);

}  // namespace dosario
