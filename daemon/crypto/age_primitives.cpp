// SPDX-License-Identifier: Apache-2.0
#include "crypto/age_primitives.hpp"

#include "base/check.hpp"
#include "crypto/x509.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>

namespace dosario {
namespace {

const unsigned char* raw(ByteView bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* room(std::span<std::byte> bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

using ContextPtr = std::unique_ptr<EVP_PKEY_CTX, OpensslDelete<EVP_PKEY_CTX_free>>;

KeyPtr private_point(const Key32& secret) {
    KeyPtr key{EVP_PKEY_new_raw_private_key_ex(nullptr, "X25519", nullptr, raw(secret.span()), secret.span().size())};
    DOSARIO_CHECK(key != nullptr);
    return key;
}

OSSL_PARAM octets(const char* name, ByteView bytes) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<std::byte*>(bytes.data()), bytes.size());
}

EVP_CIPHER_CTX* context_of(void* pointer) { return static_cast<EVP_CIPHER_CTX*>(pointer); }

}  // namespace

void cleanse(std::span<std::byte> bytes) { OPENSSL_cleanse(bytes.data(), bytes.size()); }

PublicPoint x25519_public(const Key32& secret) {
    PublicPoint point;
    std::size_t size = point.size();
    const KeyPtr key = private_point(secret);
    DOSARIO_CHECK(EVP_PKEY_get_raw_public_key(key.get(), room(point), &size) == 1 && size == point.size());
    return point;
}

std::optional<Key32> x25519_shared(const Key32& secret, const PublicPoint& other) {
    const ErrorQueueGuard guard;
    const KeyPtr mine = private_point(secret);
    const KeyPtr theirs{EVP_PKEY_new_raw_public_key_ex(nullptr, "X25519", nullptr, raw(ByteView{other}), other.size())};
    DOSARIO_CHECK(theirs != nullptr);
    const ContextPtr context{EVP_PKEY_CTX_new_from_pkey(nullptr, mine.get(), nullptr)};
    DOSARIO_CHECK(context != nullptr && EVP_PKEY_derive_init(context.get()) == 1);
    Key32 shared;
    std::size_t size = shared.span().size();
    if (EVP_PKEY_derive_set_peer_ex(context.get(), theirs.get(), 0) != 1 ||
        EVP_PKEY_derive(context.get(), room(shared.span()), &size) != 1)
        return std::nullopt;
    const auto zero = [](std::byte byte) { return byte == std::byte{0}; };
    if (std::all_of(shared.span().begin(), shared.span().end(), zero)) return std::nullopt;
    return shared;
}

Key32 hkdf_sha256(ByteView secret, ByteView salt, std::string_view purpose) {
    EVP_KDF* const hkdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
    DOSARIO_CHECK(hkdf != nullptr);
    EVP_KDF_CTX* const context = EVP_KDF_CTX_new(hkdf);
    EVP_KDF_free(hkdf);
    DOSARIO_CHECK(context != nullptr);
    char sha256[] = "SHA256";
    std::vector<OSSL_PARAM> parameters{OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, sha256, 0),
                                       octets(OSSL_KDF_PARAM_KEY, secret), octets(OSSL_KDF_PARAM_INFO, as_bytes(purpose))};
    if (!salt.empty()) parameters.push_back(octets(OSSL_KDF_PARAM_SALT, salt));
    parameters.push_back(OSSL_PARAM_construct_end());
    Key32 key;
    const int derived = EVP_KDF_derive(context, room(key.span()), key.span().size(), parameters.data());
    EVP_KDF_CTX_free(context);
    DOSARIO_CHECK(derived == 1);
    return key;
}

Sha256 hmac_sha256(const Key32& key, std::string_view text) {
    Sha256 mac;
    std::size_t size = 0;
    DOSARIO_CHECK(EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key.span().data(), key.span().size(),
                            raw(as_bytes(text)), text.size(), room(mac), mac.size(), &size) != nullptr &&
                  size == mac.size());
    return mac;
}

bool equal_in_constant_time(ByteView one, ByteView other) {
    return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

Aead::Aead(const Key32& key) : context_(EVP_CIPHER_CTX_new()), key_(key) { DOSARIO_CHECK(context_ != nullptr); }
Aead::~Aead() { EVP_CIPHER_CTX_free(context_of(context_)); }

void Aead::seal(const AeadNonce& nonce, ByteView plain, std::span<std::byte> sealed) {
    DOSARIO_CHECK(sealed.size() == plain.size() + kAeadTag);
    EVP_CIPHER_CTX* const context = context_of(context_);
    int size = 0, last = 0;
    DOSARIO_CHECK(EVP_EncryptInit_ex2(context, EVP_chacha20_poly1305(), raw(key_.span()), raw(ByteView{nonce}), nullptr) == 1);
    if (!plain.empty())
        DOSARIO_CHECK(EVP_EncryptUpdate(context, room(sealed), &size, raw(plain), static_cast<int>(plain.size())) == 1);
    DOSARIO_CHECK(EVP_EncryptFinal_ex(context, room(sealed) + size, &last) == 1);
    DOSARIO_CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kAeadTag, room(sealed) + plain.size()) == 1);
}

bool Aead::open(const AeadNonce& nonce, ByteView sealed, std::span<std::byte> plain) {
    const ErrorQueueGuard guard;
    DOSARIO_CHECK(sealed.size() == plain.size() + kAeadTag);
    EVP_CIPHER_CTX* const context = context_of(context_);
    int size = 0, last = 0;
    std::array<std::byte, kAeadTag> tag;
    std::copy_n(sealed.end() - kAeadTag, kAeadTag, tag.begin());
    DOSARIO_CHECK(EVP_DecryptInit_ex2(context, EVP_chacha20_poly1305(), raw(key_.span()), raw(ByteView{nonce}), nullptr) == 1);
    DOSARIO_CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kAeadTag, tag.data()) == 1);
    if (!plain.empty())
        DOSARIO_CHECK(EVP_DecryptUpdate(context, room(plain), &size, raw(sealed), static_cast<int>(plain.size())) == 1);
    if (EVP_DecryptFinal_ex(context, room(plain) + size, &last) == 1) return true;
    cleanse(plain);
    return false;
}

std::string base64(ByteView bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL ends it with a zero
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), raw(bytes), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    while (text.ends_with('=')) text.pop_back();
    return text;
}

std::optional<Bytes> from_base64(std::string_view text) {
    const auto known = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    };
    if (text.size() % 4 == 1 || !std::all_of(text.begin(), text.end(), known)) return std::nullopt;
    std::string padded{text};
    padded.append((4 - text.size() % 4) % 4, '=');
    Bytes bytes(padded.size() / 4 * 3);
    if (EVP_DecodeBlock(room(bytes), raw(as_bytes(padded)), static_cast<int>(padded.size())) < 0) return std::nullopt;
    bytes.resize(text.size() * 3 / 4);
    if (base64(bytes) != text) return std::nullopt;  // bits that stand for nothing were set
    return bytes;
}

}  // namespace dosario
