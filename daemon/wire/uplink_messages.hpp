// SPDX-License-Identifier: Apache-2.0
// Entries and ids as the fields of dosario.v1.Envelope (proto/dosario/v1/uplink.proto), and the numbers both ends hold to.
#pragma once

#include "base/result.hpp"
#include "wire/chain.hpp"
#include "wire/frames.hpp"

#include "dosario/v1/uplink.pb.h"

#include <algorithm>
#include <vector>

namespace dosario {

inline constexpr std::uint32_t kUplinkVersion = 1;
inline constexpr std::size_t kMostEntriesInBatch = 256;
inline constexpr std::size_t kMostBytesInBatch = 64 * 1024;  ///< of bodies; one larger entry goes alone
inline constexpr std::size_t kMostHashesAsked = 64;
inline constexpr std::size_t kMostBranches = 256;

void put(v1::UplinkEntry& out, const Entry& entry);
/// Nothing when an id or a hash has the wrong length, or a number does not fit.
std::optional<Entry> entry_of(const v1::UplinkEntry& in);
/// Nothing when one of them is broken, when they do not follow each other without a gap, or when there are too many.
std::optional<std::vector<Entry>> entries_of(const google::protobuf::RepeatedPtrField<v1::UplinkEntry>& in);

/// Bytes of exactly this length, nothing for any other.
template <class Array>
std::optional<Array> exactly(const std::string& bytes) {
    Array out;
    if (bytes.size() != out.size()) return std::nullopt;
    std::copy_n(as_bytes(bytes).begin(), out.size(), out.begin());
    return out;
}

inline std::string text_of(ByteView bytes) { return std::string{as_text(bytes)}; }

/// A message as a frame behind what `out` holds.
void append_message(Bytes& out, const v1::Envelope& message);

/// What one connection hears: frames, then envelopes.
class MessageReader {
public:
    void feed(ByteView bytes) { frames_.feed(bytes); }
    /// At most so long, in bytes.
    void allow(std::size_t largest) { frames_.allow(largest); }
    /// The next message; nothing when more bytes are wanted; an Error when what came is none (then the connection is lost).
    Result<std::optional<v1::Envelope>> next();

private:
    FrameReader frames_;
};

}  // namespace dosario
