// SPDX-License-Identifier: Apache-2.0
#include "wire/chain.hpp"

#include <boost/endian/buffers.hpp>

#include <cstring>

namespace dosario {
namespace {

struct WireHeader {
    boost::endian::big_uint64_buf_t seq;
    boost::endian::big_uint32_buf_t kind;
    boost::endian::big_uint32_buf_t version;
    boost::endian::big_uint64_buf_t boot;
    boost::endian::big_int64_buf_t mono_us;
    boost::endian::big_int64_buf_t wall_us;
    boost::endian::big_uint32_buf_t clock;
    boost::endian::big_uint64_buf_t body_length;
};
static_assert(sizeof(WireHeader) == 52);

}  // namespace

Sha256 chain_hash(const Digest& digest, const LedgerId& ledger, const Sha256& previous, const EntryHeader& header,
                  const EventId& event, ByteView body) {
    WireHeader wire;
    wire.seq = header.seq;
    wire.kind = static_cast<std::uint32_t>(header.kind);
    wire.version = static_cast<std::uint32_t>(header.version);
    wire.boot = static_cast<std::uint64_t>(header.boot);
    wire.mono_us = header.mono_us;
    wire.wall_us = header.wall_us;
    wire.clock = static_cast<std::uint32_t>(header.clock);
    wire.body_length = body.size();
    std::array<std::byte, sizeof wire> flat;
    std::memcpy(flat.data(), &wire, sizeof wire);
    const ByteView parts[] = {as_bytes("dosario.event.1"), ledger, previous, flat, event, body};
    return digest.sha256(parts);
}

bool follows(const Digest& digest, const LedgerId& ledger, const Sha256& previous, const Entry& entry) {
    return chain_hash(digest, ledger, previous, entry.header, entry.event_id, entry.body) == entry.hash;
}

}  // namespace dosario
