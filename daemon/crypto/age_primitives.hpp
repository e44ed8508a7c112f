// SPDX-License-Identifier: Apache-2.0
// What the age format and sealing are made of, by OpenSSL: X25519, HKDF, HMAC, ChaCha20-Poly1305 and base64. Only they and the tests
// include this.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "crypto/secret_bytes.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace dosario {

using Key32 = SecretBytes<32>;
using PublicPoint = std::array<std::byte, 32>;

/// RFC 7748, section 5: the public point of a secret one.
PublicPoint x25519_public(const Key32& secret);
/// RFC 7748, section 6.1; nothing when the other side's point leads to zero.
std::optional<Key32> x25519_shared(const Key32& secret, const PublicPoint& other);
/// RFC 5869 with SHA-256, 32 bytes.
Key32 hkdf_sha256(ByteView secret, ByteView salt, std::string_view purpose);
/// RFC 2104 with SHA-256.
Sha256 hmac_sha256(const Key32& key, std::string_view text);
bool equal_in_constant_time(ByteView one, ByteView other);

inline constexpr std::size_t kAeadTag = 16;
using AeadNonce = std::array<std::byte, 12>;

/// ChaCha20-Poly1305 (RFC 8439, section 2.8) under one key, without associated data.
class Aead {
public:
    explicit Aead(const Key32& key);
    ~Aead();
    Aead(const Aead&) = delete;
    Aead& operator=(const Aead&) = delete;

    /// `sealed` has the size of `plain` and 16 bytes more.
    void seal(const AeadNonce& nonce, ByteView plain, std::span<std::byte> sealed);
    /// False when a bit of `sealed` is another than it was; then `plain` holds nothing. `plain` has 16 bytes less than `sealed`.
    bool open(const AeadNonce& nonce, ByteView sealed, std::span<std::byte> plain);

private:
    void* context_;
    Key32 key_;
};

/// RFC 4648, section 4, without padding.
std::string base64(ByteView bytes);
/// Only the one right spelling; nothing for anything else.
std::optional<Bytes> from_base64(std::string_view text);

}  // namespace dosario
