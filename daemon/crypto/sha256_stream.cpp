// SPDX-License-Identifier: Apache-2.0
#include "crypto/sha256_stream.hpp"

#include "base/check.hpp"

#include <openssl/evp.h>

namespace dosario {
namespace {

EVP_MD_CTX* context_of(void* pointer) { return static_cast<EVP_MD_CTX*>(pointer); }

}  // namespace

Sha256Stream::Sha256Stream() : context_(EVP_MD_CTX_new()) {
    DOSARIO_CHECK(context_ != nullptr && EVP_DigestInit_ex2(context_of(context_), EVP_sha256(), nullptr) == 1);
}
Sha256Stream::~Sha256Stream() { EVP_MD_CTX_free(context_of(context_)); }

void Sha256Stream::add(ByteView bytes) { DOSARIO_CHECK(EVP_DigestUpdate(context_of(context_), bytes.data(), bytes.size()) == 1); }

Sha256 Sha256Stream::finish() {
    Sha256 hash;
    DOSARIO_CHECK(EVP_DigestFinal_ex(context_of(context_), reinterpret_cast<unsigned char*>(hash.data()), nullptr) == 1);
    DOSARIO_CHECK(EVP_DigestInit_ex2(context_of(context_), EVP_sha256(), nullptr) == 1);
    return hash;
}

}  // namespace dosario
