// SPDX-License-Identifier: Apache-2.0
// A few bytes sealed by a site's key, each for one place: what is moved to another place, or changed by a bit, does not open there.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "crypto/secret_bytes.hpp"

#include <optional>

namespace dosario {

/// ChaCha20-Poly1305 (RFC 8439, section 2.8) by a key of its own for each `place`, derived from `key` by HKDF-SHA-256 (RFC 5869) with `place` as salt.
/// The result is the nonce of 12 bytes, then the sealed bytes, then the tag of 16.
Bytes seal_for(const SecretBytes<32>& key, ByteView place, ByteView plain, Entropy& entropy);

/// The bytes again; nothing when key, place or a bit is another one. The caller wipes them.
std::optional<Bytes> open_sealed(const SecretBytes<32>& key, ByteView place, ByteView sealed);

}  // namespace dosario
