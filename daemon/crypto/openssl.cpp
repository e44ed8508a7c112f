// SPDX-License-Identifier: Apache-2.0
#include "crypto/openssl.hpp"

#include "base/check.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

namespace dosario {
namespace {

/// HMAC-SHA-256 under one key. OpenSSL wipes its copy of the key when the context goes.
class OpensslMac {
public:
    OpensslMac(unsigned key_number, std::span<const std::byte, 32> key) : key_number_(key_number) {
        EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
        DOSARIO_CHECK(hmac != nullptr);
        context_.reset(EVP_MAC_CTX_new(hmac));
        EVP_MAC_free(hmac);  // the context holds it too
        char sha256[] = "SHA256";
        const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
                                         OSSL_PARAM_construct_end()};
        const auto* bytes = reinterpret_cast<const unsigned char*>(key.data());
        DOSARIO_CHECK(context_ != nullptr && EVP_MAC_init(context_.get(), bytes, key.size(), parameters) == 1);
    }

    Digest::Keyed operator()(std::span<const std::span<const std::byte>> parts) const {
        Digest::Keyed keyed{key_number_, {}};
        std::size_t size = 0;
        DOSARIO_CHECK(EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1);  // the same key again
        for (const auto part : parts) {
            const auto* bytes = reinterpret_cast<const unsigned char*>(part.data());
            DOSARIO_CHECK(EVP_MAC_update(context_.get(), bytes, part.size()) == 1);
        }
        auto* mac = reinterpret_cast<unsigned char*>(keyed.mac.data());
        DOSARIO_CHECK(EVP_MAC_final(context_.get(), mac, &size, keyed.mac.size()) == 1 && size == keyed.mac.size());
        return keyed;
    }

private:
    struct Free {
        void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
    };
    unsigned key_number_;
    std::unique_ptr<EVP_MAC_CTX, Free> context_;
};

class OpensslDigest final : public Digest {
public:
    OpensslDigest() : context_(EVP_MD_CTX_new()), sha256_(EVP_MD_fetch(nullptr, "SHA256", nullptr)) {
        DOSARIO_CHECK(context_ != nullptr && sha256_ != nullptr);
    }
    OpensslDigest(unsigned key_number, std::span<const std::byte, 32> key) : OpensslDigest() { mac_.emplace(key_number, key); }
    ~OpensslDigest() override {
        EVP_MD_CTX_free(context_);
        EVP_MD_free(sha256_);
    }
    OpensslDigest(const OpensslDigest&) = delete;
    OpensslDigest& operator=(const OpensslDigest&) = delete;

    Sha256 sha256(std::span<const std::span<const std::byte>> parts) const override {
        Sha256 hash;
        DOSARIO_CHECK(EVP_DigestInit_ex2(context_, sha256_, nullptr) == 1);
        for (const auto part : parts) DOSARIO_CHECK(EVP_DigestUpdate(context_, part.data(), part.size()) == 1);
        DOSARIO_CHECK(EVP_DigestFinal_ex(context_, reinterpret_cast<unsigned char*>(hash.data()), nullptr) == 1);
        return hash;
    }

    std::optional<Keyed> keyed(std::span<const std::span<const std::byte>> parts) const override {
        if (!mac_) return std::nullopt;
        return (*mac_)(parts);
    }

private:
    EVP_MD_CTX* context_;
    EVP_MD* sha256_;
    std::optional<OpensslMac> mac_;
};

class OpensslEntropy final : public Entropy {
public:
    void fill(std::span<std::byte> out) override {
        DOSARIO_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size())) == 1);
    }
};

}  // namespace

std::unique_ptr<Digest> make_digest() { return std::make_unique<OpensslDigest>(); }
std::unique_ptr<Digest> make_digest(unsigned key_number, std::span<const std::byte, 32> key) {
    return std::make_unique<OpensslDigest>(key_number, key);
}
std::unique_ptr<Entropy> make_entropy() { return std::make_unique<OpensslEntropy>(); }

}  // namespace dosario
