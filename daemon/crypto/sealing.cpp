// SPDX-License-Identifier: Apache-2.0
#include "crypto/sealing.hpp"

#include "crypto/age_primitives.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::string_view kPurpose = "dosario sealed for one place";

}  // namespace

Bytes seal_for(const SecretBytes<32>& key, ByteView place, ByteView plain, Entropy& entropy) {
    AeadNonce nonce;
    entropy.fill(nonce);
    Bytes sealed(nonce.size() + plain.size() + kAeadTag);
    std::copy(nonce.begin(), nonce.end(), sealed.begin());
    Aead{hkdf_sha256(key.span(), place, kPurpose)}.seal(nonce, plain, std::span{sealed}.subspan(nonce.size()));
    return sealed;
}

std::optional<Bytes> open_sealed(const SecretBytes<32>& key, ByteView place, ByteView sealed) {
    AeadNonce nonce;
    if (sealed.size() < nonce.size() + kAeadTag) return std::nullopt;
    std::copy_n(sealed.begin(), nonce.size(), nonce.begin());
    Bytes plain(sealed.size() - nonce.size() - kAeadTag);
    if (!Aead{hkdf_sha256(key.span(), place, kPurpose)}.open(nonce, sealed.subspan(nonce.size()), plain)) return std::nullopt;
    return plain;
}

}  // namespace dosario
