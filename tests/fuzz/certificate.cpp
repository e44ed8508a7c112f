// SPDX-License-Identifier: Apache-2.0
// Certificates and requests from a stranger: as text, as DER, and as good ones with a few bytes changed. What is read has an allowed name,
// and an authority signs nothing that was changed.
#include "base/check.hpp"
#include "support/forgery.hpp"

#include <cstdint>

using namespace dosario;
using namespace dosario::test;

namespace {

struct Good {
    UtcTime now = UtcTime{*parse_date("2026-11-21")};
    CertificateName who{CertificateKind::station, "farmacia-7"};
    Credential authority = *make_authority("root", now);
    std::string certificate = der_of(issue_certificate(authority, who, now)->certificate);
    std::string request = der_of(make_request(who)->request);
};

const Good& good() {
    static const Good made;
    return made;
}

void read(const std::string& pem) {
    if (const auto certificate = read_certificate(pem)) DOSARIO_CHECK(check_certificate_name(certificate->name).has_value());
}

void sign(const std::string& pem) { DOSARIO_CHECK(sign_request(good().authority, pem, good().who, good().now).has_error()); }

/// Three bytes of the input say where and what to change.
std::string changed(std::string der, const std::string& by) {
    for (std::size_t i = 0; i + 2 < by.size(); i += 3) {
        const auto at = static_cast<std::size_t>(static_cast<std::uint8_t>(by[i]) << 8 | static_cast<std::uint8_t>(by[i + 1]));
        der[at % der.size()] = by[i + 2];
    }
    return der;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string input{reinterpret_cast<const char*>(bytes), size};
    if (input.empty()) return 0;
    read(input);
    sign(input);
    read(pem_of(input, "CERTIFICATE"));
    sign(pem_of(input, "CERTIFICATE REQUEST"));
    read(pem_of(changed(good().certificate, input), "CERTIFICATE"));
    const std::string request = changed(good().request, input);
    if (request != good().request) sign(pem_of(request, "CERTIFICATE REQUEST"));
    return 0;
}
