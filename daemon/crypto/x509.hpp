// SPDX-License-Identifier: Apache-2.0
// OpenSSL's objects with owners, and PEM into them. Only crypto and net include this; everybody else sees certificates.hpp.
#pragma once

#include "base/result.hpp"
#include "crypto/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string_view>
#include <vector>

namespace dosario {

template <auto kFree>
struct OpensslDelete {
    template <class T>
    void operator()(T* object) const {
        kFree(object);
    }
};

using BioPtr = std::unique_ptr<BIO, OpensslDelete<BIO_free_all>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpensslDelete<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, OpensslDelete<X509_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslDelete<GENERAL_NAMES_free>>;

/// OpenSSL keeps what went wrong in a queue of the thread, where a later call would find it: empties it on the way out.
class ErrorQueueGuard {
public:
    ErrorQueueGuard();
    ~ErrorQueueGuard();
    ErrorQueueGuard(const ErrorQueueGuard&) = delete;
    ErrorQueueGuard& operator=(const ErrorQueueGuard&) = delete;
};

/// A view, not a copy; the text must outlive it.
BioPtr read_from(std::string_view text);

/// Every certificate in the text, in order; at least one, at most kMostCertificates.
Result<std::vector<X509Ptr>> parse_certificates(std::string_view pem);

/// A private key without a passphrase. Never asks at the terminal, and says nothing of the key in its error.
Result<KeyPtr> parse_private_key(std::string_view pem);

/// A key on the curve P-256, named and not spelled out.
bool is_p256(const EVP_PKEY& key);

/// May sign other certificates.
bool is_authority(X509& certificate);

UtcTime not_before(const X509& certificate);
UtcTime not_after(const X509& certificate);

/// What read_certificate says of this one.
Result<CertificateInfo> describe_certificate(X509& certificate);

/// The station or collector that these names are: exactly one name, and it is a URI of ours. Null is an error like any other.
Result<CertificateName> parse_alternative_names(const GENERAL_NAMES* names);

}  // namespace dosario
