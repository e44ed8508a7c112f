// SPDX-License-Identifier: Apache-2.0
#include "crypto/openssl.hpp"

#include "base/check.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

namespace dosario {
namespace {

class OpensslDigest final : public Digest {
public:
    OpensslDigest() : context_(EVP_MD_CTX_new()), sha256_(EVP_MD_fetch(nullptr, "SHA256", nullptr)) {
        DOSARIO_CHECK(context_ != nullptr && sha256_ != nullptr);
    }
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

private:
    EVP_MD_CTX* context_;
    EVP_MD* sha256_;
};

class OpensslEntropy final : public Entropy {
public:
    void fill(std::span<std::byte> out) override {
        DOSARIO_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size())) == 1);
    }
};

}  // namespace

std::unique_ptr<Digest> make_digest() { return std::make_unique<OpensslDigest>(); }
std::unique_ptr<Entropy> make_entropy() { return std::make_unique<OpensslEntropy>(); }

}  // namespace dosario
