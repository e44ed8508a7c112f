// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificates.hpp"
#include "crypto/x509.hpp"
#include "support/catch.hpp"
#include "support/forgery.hpp"
#include "support/result.hpp"

#include <algorithm>
#include <set>

using namespace dosario;
using namespace dosario::test;
using namespace std::chrono_literals;
using std::chrono::days;

namespace {

const UtcTime kNow = UtcTime{*parse_date("2026-11-21")} + 12h;
const CertificateName kStation{CertificateKind::station, "farmacia-7"};
const CertificateName kCollector{CertificateKind::collector, "central"};

const Credential& authority() {
    static const Credential made = must(make_authority("ministry", kNow));
    return made;
}

X509Ptr parsed(const std::string& pem) { return std::move(must(parse_certificates(pem)).front()); }

/// OpenSSL's own opinion of the chain, at that time and for that purpose.
int verify(const Credential& root, const std::string& leaf, int purpose, UtcTime at) {
    const std::unique_ptr<X509_STORE, OpensslDelete<X509_STORE_free>> store{X509_STORE_new()};
    const X509Ptr trusted = parsed(root.certificate);
    const X509Ptr asked = parsed(leaf);
    X509_STORE_add_cert(store.get(), trusted.get());
    const std::unique_ptr<X509_STORE_CTX, OpensslDelete<X509_STORE_CTX_free>> context{X509_STORE_CTX_new()};
    X509_STORE_CTX_init(context.get(), store.get(), asked.get(), nullptr);
    X509_STORE_CTX_set_purpose(context.get(), purpose);
    X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_X509_STRICT);
    X509_STORE_CTX_set_time(context.get(), 0, at.time_since_epoch() / std::chrono::seconds{1});
    X509_verify_cert(context.get());
    return X509_STORE_CTX_get_error(context.get());
}

}  // namespace

TEST_CASE("an authority issues certificates that a strict verifier takes, each for its own purpose", "[certificates]") {
    const Credential station = must(issue_certificate(authority(), kStation, kNow));
    const Credential collector = must(issue_certificate(authority(), kCollector, kNow));
    CHECK(verify(authority(), station.certificate, X509_PURPOSE_SSL_CLIENT, kNow) == X509_V_OK);
    CHECK(verify(authority(), collector.certificate, X509_PURPOSE_SSL_SERVER, kNow) == X509_V_OK);
    CHECK(verify(authority(), station.certificate, X509_PURPOSE_SSL_SERVER, kNow) == X509_V_ERR_INVALID_PURPOSE);
    CHECK(verify(authority(), collector.certificate, X509_PURPOSE_SSL_CLIENT, kNow) == X509_V_ERR_INVALID_PURPOSE);
    const Credential other = must(make_authority("ministry", kNow));
    CHECK(verify(other, station.certificate, X509_PURPOSE_SSL_CLIENT, kNow) != X509_V_OK);
}

TEST_CASE("a certificate says who, from when, until when", "[certificates]") {
    const CertificateInfo station = must(read_certificate(must(issue_certificate(authority(), kStation, kNow)).certificate));
    CHECK(station.kind == CertificateKind::station);
    CHECK(station.name == "farmacia-7");
    CHECK(station.not_before == kNow - kBackdating);
    CHECK(station.not_after == kNow + kCertificateLife);
    const CertificateInfo collector =
        must(read_certificate(must(issue_certificate(authority(), kCollector, kNow, 5s)).certificate));
    CHECK(collector.kind == CertificateKind::collector);
    CHECK(collector.name == "central");
    CHECK(collector.not_after == kNow + 5s);
}

TEST_CASE("serial numbers are 128 bits and never the same", "[certificates]") {
    std::set<std::string> seen;
    for (int i = 0; i < 50; ++i) {
        const CertificateInfo one = must(read_certificate(must(issue_certificate(authority(), kStation, kNow)).certificate));
        CHECK(one.serial.size() == 32);
        CHECK(std::all_of(one.serial.begin(), one.serial.end(),
                          [](char c) { return std::string{"0123456789abcdef"}.find(c) < 16; }));
        seen.insert(one.serial);
    }
    CHECK(seen.size() == 50);
}

TEST_CASE("an authority is for 20 years and signs leaves only", "[certificates]") {
    const X509Ptr root = parsed(authority().certificate);
    CHECK(is_authority(*root));
    CHECK(X509_get_pathlen(root.get()) == 0);
    CHECK(X509_get_key_usage(root.get()) == (KU_KEY_CERT_SIGN | KU_CRL_SIGN));
    CHECK(not_after(*root) - not_before(*root) > days{20 * 365});
    CHECK(not_after(*root) - not_before(*root) < days{20 * 366});
    CHECK(says(error_of(read_certificate(authority().certificate)), "names nobody"));
}

TEST_CASE("times after 2049 and a clock of 1970 are kept", "[certificates]") {
    for (const char* day : {"1970-01-02", "2049-12-31", "2050-01-01", "2199-06-01"}) {
        const UtcTime now{*parse_date(day)};
        INFO(day);
        const Credential root = must(make_authority("root", now));
        const CertificateInfo leaf = must(read_certificate(must(issue_certificate(root, kStation, now)).certificate));
        CHECK(leaf.not_before == now - kBackdating);
        CHECK(leaf.not_after == now + kCertificateLife);
    }
    CHECK(make_authority("root", UtcTime{*make_date(9999, 1, 1)}).has_error());
}

TEST_CASE("a certificate never outlives its authority, and an authority that is over issues none", "[certificates]") {
    const UtcTime late = kNow + kAuthorityLife - days{10};
    const CertificateInfo leaf = must(read_certificate(must(issue_certificate(authority(), kStation, late)).certificate));
    CHECK(leaf.not_after == kNow + kAuthorityLife);
    CHECK(error_of(issue_certificate(authority(), kStation, kNow + kAuthorityLife + 1s)).failure == Failure::refused);
    CHECK(error_of(issue_certificate(authority(), kStation, kNow - 2h)).failure == Failure::refused);
    CHECK(error_of(issue_certificate(authority(), kStation, kNow, 0s)).failure == Failure::invalid);
}

TEST_CASE("names are few plain characters, at issue and when read", "[certificates]") {
    const std::string longest(64, 'a');
    CHECK(must(read_certificate(must(issue_certificate(authority(), {CertificateKind::station, longest}, kNow)).certificate))
              .name == longest);
    CHECK(must(read_certificate(must(issue_certificate(authority(), {CertificateKind::station, "a.b_c-9"}, kNow)).certificate))
              .name == "a.b_c-9");
    for (const std::string& odd : {std::string{}, longest + "a", std::string{"Farmacia"}, std::string{"a b"}, std::string{"a/b"},
                                   std::string{"a,URI:b"}, std::string{"\xc3\xb1"}, std::string{"a\0b", 3}, std::string{"a\n"}}) {
        INFO(odd);
        const CertificateName who{CertificateKind::station, odd};
        CHECK(error_of(issue_certificate(authority(), who, kNow)).failure == Failure::invalid);
        CHECK(error_of(make_request(who)).failure == Failure::invalid);
        CHECK(error_of(make_authority(odd, kNow)).failure == Failure::invalid);
        CHECK(check_certificate_name(odd).has_error());
    }
}

TEST_CASE("a certificate with another number of names, another name or another use is nobody's", "[certificates]") {
    struct Case {
        Forgery forgery;
        const char* word;
    };
    const std::string too_long = "URI:dosario:station/" + std::string(65, 'a');
    const Case cases[] = {
        {{.alternative_names = ""}, "names nobody"},
        {{.alternative_names = "URI:dosario:station/a,URI:dosario:station/b"}, "more than one name"},
        {{.alternative_names = "URI:dosario:station/a,DNS:a.example"}, "more than one name"},
        {{.alternative_names = "DNS:dosario"}, "no URI"},
        {{.alternative_names = "URI:https://dosario/station/a"}, "not one of Dosario"},
        {{.alternative_names = "URI:dosario:printer/a"}, "neither"},
        {{.alternative_names = "URI:dosario:station"}, "neither"},
        {{.alternative_names = "URI:dosario:station/"}, "1 to 64"},
        {{.alternative_names = "URI:dosario:station/A"}, "1 to 64"},
        {{.alternative_names = "URI:dosario:station/a/b"}, "1 to 64"},
        {{.alternative_names = too_long}, "1 to 64"},
        {{.extended_key_usage = "serverAuth"}, "may not be used"},
        {{.extended_key_usage = "clientAuth,serverAuth"}, "may not be used"},
        {{.extended_key_usage = ""}, "may not be used"},
        {{.alternative_names = "URI:dosario:collector/a"}, "may not be used"},
        {{.key_usage = ""}, "may not be used"},
        {{.key_usage = "critical,digitalSignature,keyCertSign"}, "may not be used"},
        {{.basic_constraints = "critical,CA:TRUE"}, "may not be used"},
    };
    for (const Case& one : cases) {
        INFO(one.forgery.alternative_names << " " << one.word);
        const Credential forged = forge_certificate(authority(), one.forgery, kNow, kNow + 24h);
        CHECK(says(error_of(read_certificate(forged.certificate)), one.word));
    }
    CHECK(must(read_certificate(forge_certificate(authority(), {}, kNow, kNow + 24h).certificate)).name == "x");
    CHECK(says(error_of(read_certificate(forge_certificate(authority(), {}, kNow, kNow - 24h).certificate)), "before it begins"));
}

TEST_CASE("an authority's pair must be one, and its secret is in no error", "[certificates]") {
    const Credential other = must(make_authority("other", kNow));
    const Credential leaf = must(issue_certificate(authority(), kStation, kNow));
    const Credential wrong[] = {{authority().certificate, other.key},
                                {authority().certificate, ""},
                                {authority().certificate, authority().certificate},
                                {authority().certificate, authority().key.substr(0, authority().key.size() / 2)},
                                {"", authority().key},
                                {authority().key, authority().key},
                                {leaf.certificate, leaf.key}};
    for (const Credential& pair : wrong) {
        const Error error = error_of(issue_certificate(pair, kStation, kNow));
        CHECK(error.failure == Failure::invalid);
        for (std::size_t at = 0; at + 16 <= authority().key.size(); at += 16)
            CHECK_FALSE(says(error, authority().key.substr(at, 16)));
    }
}

TEST_CASE("text that is no certificate is refused", "[certificates]") {
    const std::string pem = authority().certificate;
    const std::string odd[] = {"",
                               "hello",
                               "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
                               authority().key,
                               pem.substr(0, pem.size() / 2),
                               std::string(kLargestPem_bytes + 1, '\n')};
    for (const std::string& text : odd) CHECK(error_of(read_certificate(text)).failure == Failure::invalid);
    const std::string two = pem + "some words\n" + pem;
    CHECK(must(parse_certificates(two)).size() == 2);
    CHECK(parse_certificates(pem + pem.substr(0, pem.size() / 2)).has_error());
    std::string many;
    for (std::size_t i = 0; i <= kMostCertificates; ++i) many += pem;
    CHECK(parse_certificates(many).has_error());
}

TEST_CASE("of several authorities the end of the last one counts, and what is no authority is refused", "[certificates]") {
    const Credential older = must(make_authority("ministry", kNow - days{365}));
    const UtcTime ends = must(authority_ends_at(older.certificate + authority().certificate));
    CHECK(ends == must(authority_ends_at(authority().certificate)));
    CHECK(ends - must(authority_ends_at(older.certificate)) == days{365});
    const Credential station = must(issue_certificate(authority(), kStation, kNow));
    CHECK(error_of(authority_ends_at(authority().certificate + station.certificate)).failure == Failure::invalid);
    CHECK(error_of(authority_ends_at("")).failure == Failure::invalid);
}
