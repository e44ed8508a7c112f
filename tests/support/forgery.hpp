// SPDX-License-Identifier: Apache-2.0
// Certificates and requests as Dosario would never make them, for tests of what reads them.
#pragma once

#include "crypto/certificates.hpp"

#include <string>
#include <vector>

namespace dosario::test {

/// The extensions in OpenSSL's own notation; an empty one is left out. The rest is as it should be.
struct Forgery {
    std::string alternative_names = "URI:dosario:station/x";
    std::string extended_key_usage = "clientAuth";
    std::string key_usage = "critical,digitalSignature";
    std::string basic_constraints = "critical,CA:FALSE";
    std::string key = "P-256";  ///< or "P-384", "RSA"
};

Credential forge_certificate(const Credential& authority, const Forgery& what, UtcTime from, UtcTime until);

/// A request for these names with a key of this type, for the subject "somebody-else", and perhaps for basicConstraints too.
std::string forge_request(const std::string& alternative_names, const std::string& key = "P-256",
                          const std::string& basic_constraints = "");

/// The bytes inside the first block of PEM, and the way back.
std::string der_of(const std::string& pem);
std::string pem_of(const std::string& der, const std::string& label);

}  // namespace dosario::test
