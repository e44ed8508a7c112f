// SPDX-License-Identifier: Apache-2.0
// Enrolment: what an authority signs for a stranger, and what it refuses.
#include "crypto/certificates.hpp"
#include "crypto/x509.hpp"
#include "support/catch.hpp"
#include "support/forgery.hpp"
#include "support/result.hpp"

#include <random>

using namespace dosario;
using namespace dosario::test;
using namespace std::chrono_literals;

namespace {

const UtcTime kNow = UtcTime{*parse_date("2026-11-21")} + 12h;
const CertificateName kStation{CertificateKind::station, "farmacia-7"};

const Credential& authority() {
    static const Credential made = must(make_authority("ministry", kNow));
    return made;
}

Error refusal(const std::string& request, const CertificateName& who = kStation) {
    return error_of(sign_request(authority(), request, who, kNow));
}

}  // namespace

TEST_CASE("a request comes back as a certificate for the key that stayed at the station", "[certificates]") {
    const CertificateRequest asked = must(make_request(kStation));
    const std::string certificate = must(sign_request(authority(), asked.request, kStation, kNow, 1h));
    const CertificateInfo read = must(read_certificate(certificate));
    CHECK(read.name == "farmacia-7");
    CHECK(read.not_after == kNow + 1h);
    const auto parsed = must(parse_certificates(certificate));
    const KeyPtr key = must(parse_private_key(asked.key));
    CHECK(X509_check_private_key(parsed.front().get(), key.get()) == 1);
    CHECK(must(make_request(kStation)).key != asked.key);
}

TEST_CASE("a request for another name than the one that was authenticated is refused", "[certificates]") {
    const CertificateRequest asked = must(make_request({CertificateKind::station, "farmacia-8"}));
    const Error error = refusal(asked.request);
    CHECK(error.failure == Failure::refused);
    CHECK(says(error, "farmacia-8"));
    CHECK(says(error, "farmacia-7"));
    CHECK(says(refusal(must(make_request({CertificateKind::collector, "farmacia-7"})).request), "collector/farmacia-7"));
    CHECK(refusal(asked.request, {CertificateKind::station, "Not Allowed"}).failure == Failure::invalid);
}

TEST_CASE("a request has exactly one name", "[certificates]") {
    for (const char* names : {"", "URI:dosario:station/farmacia-7,URI:dosario:station/farmacia-8", "DNS:farmacia-7",
                              "URI:dosario:station/farmacia-7,DNS:farmacia-7"}) {
        INFO(names);
        CHECK(says(refusal(forge_request(names)), "one name"));
    }
}

TEST_CASE("a request's key is on P-256", "[certificates]") {
    CHECK(says(refusal(forge_request("URI:dosario:station/farmacia-7", "RSA")), "P-256"));
    CHECK(says(refusal(forge_request("URI:dosario:station/farmacia-7", "P-384")), "P-256"));
}

TEST_CASE("nothing but the public key is taken from a request", "[certificates]") {
    const std::string request = forge_request("URI:dosario:station/farmacia-7", "P-256", "critical,CA:TRUE");
    const std::string certificate = must(sign_request(authority(), request, kStation, kNow));
    CHECK(must(read_certificate(certificate)).name == "farmacia-7");
    const auto parsed = must(parse_certificates(certificate));
    CHECK_FALSE(is_authority(*parsed.front()));
    char subject[64] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(parsed.front().get()), NID_commonName, subject, sizeof subject);
    CHECK(std::string{subject} == "farmacia-7");
}

TEST_CASE("a request with any bit changed is refused", "[certificates]") {
    const std::string der = der_of(must(make_request(kStation)).request);
    for (std::size_t bit = 0; bit < der.size() * 8; ++bit) {
        std::string changed = der;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
        INFO("bit " << bit);
        CHECK(refusal(pem_of(changed, "CERTIFICATE REQUEST")).failure == Failure::refused);
    }
}

TEST_CASE("a request that is cut anywhere is refused", "[certificates]") {
    const std::string pem = must(make_request(kStation)).request;
    const std::string der = der_of(pem);
    for (std::size_t length = 1; length < der.size(); ++length)
        CHECK(refusal(pem_of(der.substr(0, length), "CERTIFICATE REQUEST")).failure == Failure::refused);
    for (std::size_t length = 0; length + 2 < pem.size(); ++length)
        CHECK(refusal(pem.substr(0, length)).failure == Failure::refused);
    CHECK(refusal(std::string(kLargestPem_bytes + 1, '-')).failure == Failure::refused);
    CHECK(refusal(pem_of(der, "CERTIFICATE")).failure == Failure::refused);
}

TEST_CASE("certificates that are cut, changed or noise are read without harm", "[certificates]") {
    const std::string pem = must(issue_certificate(authority(), kStation, kNow)).certificate;
    const std::string der = der_of(pem);
    for (std::size_t length = 1; length < der.size(); ++length)
        CHECK(read_certificate(pem_of(der.substr(0, length), "CERTIFICATE")).has_error());
    for (std::size_t length = 0; length + 2 < pem.size(); ++length) CHECK(read_certificate(pem.substr(0, length)).has_error());
    std::mt19937 random{7};
    for (int round = 0; round < 20'000; ++round) {
        std::string noise = round % 2 == 0 ? der : std::string(1 + random() % 200, '\0');
        if (round % 2 == 0) {
            for (int n = 0; n < 3; ++n) noise[random() % noise.size()] = static_cast<char>(random());
        } else {
            for (char& c : noise) c = static_cast<char>(random());
        }
        if (const auto read = read_certificate(pem_of(noise, "CERTIFICATE")); read.has_value()) {
            CHECK(check_certificate_name(read->name).has_value());
        }
    }
}
