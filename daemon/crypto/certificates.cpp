// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificates.hpp"

#include "base/check.hpp"
#include "crypto/x509.hpp"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <optional>

namespace dosario {
namespace {

using RequestPtr = std::unique_ptr<X509_REQ, OpensslDelete<X509_REQ_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, OpensslDelete<X509_EXTENSION_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, OpensslDelete<BN_free>>;

void free_extensions(STACK_OF(X509_EXTENSION) * all) { sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free); }
using ExtensionsPtr = std::unique_ptr<STACK_OF(X509_EXTENSION), OpensslDelete<free_extensions>>;

constexpr std::size_t kSerial_bytes = 16;

KeyPtr new_key() {
    KeyPtr key{EVP_EC_gen("P-256")};
    DOSARIO_CHECK(key != nullptr);
    return key;
}

/// What `write` puts into a buffer; the buffer is wiped when it is freed.
template <class Write>
std::string to_pem(Write write) {
    const BioPtr bio{BIO_new(BIO_s_mem())};
    DOSARIO_CHECK(bio != nullptr && write(bio.get()) == 1);
    char* text = nullptr;
    const long length = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(length)};
}

std::string key_pem(EVP_PKEY* key) {
    return to_pem([key](BIO* bio) { return PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

std::string certificate_pem(X509* certificate) {
    return to_pem([certificate](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

ExtensionPtr make_extension(X509* issuer, X509* subject, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, subject, nullptr, nullptr, 0);
    ExtensionPtr extension{X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str())};
    DOSARIO_CHECK(extension != nullptr);
    return extension;
}

std::string uri_extension(const CertificateName& who) { return "URI:dosario:" + full_name(who); }

void set_common_name(X509_NAME* into, const std::string& text) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    DOSARIO_CHECK(X509_NAME_add_entry_by_txt(into, "CN", MBSTRING_ASC, bytes, static_cast<int>(text.size()), -1, 0) == 1);
}

struct Life {
    UtcTime from;
    UtcTime until;
};

bool set_time(ASN1_TIME* into, UtcTime at) {
    if (at >= UtcTime{std::chrono::sys_days{std::chrono::year{10000} / 1 / 1}}) return false;
    return ASN1_TIME_set(into, std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count()) != nullptr;
}

/// Everything but extensions and signature; nothing if the years do not fit X.509 (0 to 9999).
X509Ptr blank_certificate(EVP_PKEY* key, const Life& life) {
    X509Ptr certificate{X509_new()};
    std::array<unsigned char, kSerial_bytes> random;
    DOSARIO_CHECK(certificate != nullptr && RAND_bytes(random.data(), kSerial_bytes) == 1);
    random[0] = static_cast<unsigned char>((random[0] & 0x7F) | 0x40);  // positive, and always 32 digits
    const NumberPtr serial{BN_bin2bn(random.data(), kSerial_bytes, nullptr)};
    DOSARIO_CHECK(serial != nullptr && BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate.get())) != nullptr);
    DOSARIO_CHECK(X509_set_version(certificate.get(), X509_VERSION_3) == 1 && X509_set_pubkey(certificate.get(), key) == 1);
    if (!set_time(X509_getm_notBefore(certificate.get()), life.from) ||
        !set_time(X509_getm_notAfter(certificate.get()), life.until))
        return nullptr;
    return certificate;
}

struct Value {
    int nid;
    std::string text;
};

void finish(X509* certificate, X509* issuer, EVP_PKEY* issuer_key, const std::vector<Value>& values) {
    DOSARIO_CHECK(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1);
    for (const Value& one : values) {
        const ExtensionPtr extension = make_extension(issuer, certificate, one.nid, one.text);
        DOSARIO_CHECK(X509_add_ext(certificate, extension.get(), -1) == 1);
    }
    DOSARIO_CHECK(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
}

Error impossible_time() { return fail(Failure::invalid, "no certificate can have such dates: check this computer's clock"); }

struct OpenAuthority {
    X509Ptr certificate;
    KeyPtr key;
};

Result<OpenAuthority> open_authority(const Credential& authority, UtcTime now) {
    auto certificates = parse_certificates(authority.certificate);
    if (!certificates) return fail(Failure::invalid, "the authority's certificate: " + certificates.error().message);
    auto key = parse_private_key(authority.key);
    if (!key) return fail(Failure::invalid, "the authority's key: " + key.error().message);
    OpenAuthority open{std::move(certificates->front()), std::move(*key)};
    if (!is_authority(*open.certificate))
        return fail(Failure::invalid, "this certificate may not sign others: give the authority's own");
    if (X509_check_private_key(open.certificate.get(), open.key.get()) != 1)
        return fail(Failure::invalid,
                    "the authority's key is not the one of its certificate: give the pair that was made together");
    const UtcTime from = not_before(*open.certificate);
    const UtcTime until = not_after(*open.certificate);
    if (now < from || now > until)
        return fail(Failure::refused, "the authority is valid from " + format_utc(from) + " to " + format_utc(until) +
                                          " only: check the clock, or make a new authority");
    return open;
}

Result<std::string> sign_key(const OpenAuthority& authority, EVP_PKEY* key, const CertificateName& who, UtcTime now,
                             std::chrono::seconds life) {
    if (life <= std::chrono::seconds{0}) return fail(Failure::invalid, "a certificate needs a life of at least a second");
    const X509Ptr certificate =
        blank_certificate(key, {now - kBackdating, std::min(now + life, not_after(*authority.certificate))});
    if (certificate == nullptr) return impossible_time();
    set_common_name(X509_get_subject_name(certificate.get()), who.name);
    finish(certificate.get(), authority.certificate.get(), authority.key.get(),
           {{NID_basic_constraints, "critical,CA:FALSE"},
            {NID_key_usage, "critical,digitalSignature"},
            {NID_ext_key_usage, who.kind == CertificateKind::station ? "clientAuth" : "serverAuth"},
            {NID_subject_key_identifier, "hash"},
            {NID_authority_key_identifier, "keyid:always"},
            {NID_subject_alt_name, uri_extension(who)}});
    return certificate_pem(certificate.get());
}

Error no_request(const char* why) {
    return fail(Failure::refused, std::string{"the request for a certificate is refused: "} + why);
}

Result<CertificateName> name_asked_for(X509_REQ* request) {
    const ExtensionsPtr extensions{X509_REQ_get_extensions(request)};
    const GeneralNamesPtr names{
        static_cast<GENERAL_NAMES*>(X509V3_get_d2i(extensions.get(), NID_subject_alt_name, nullptr, nullptr))};
    return parse_alternative_names(names.get());
}

}  // namespace

std::string_view kind_text(CertificateKind kind) { return kind == CertificateKind::station ? "station" : "collector"; }

std::string full_name(const CertificateName& who) { return std::string{kind_text(who.kind)} + "/" + who.name; }

Result<void> check_certificate_name(std::string_view name) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    };
    if (name.empty() || name.size() > kLongestCertificateName || !std::all_of(name.begin(), name.end(), allowed))
        return fail(Failure::invalid, "a name has 1 to 64 characters of a-z, 0-9, dot, underscore and hyphen");
    return {};
}

Result<Credential> make_authority(const std::string& name, UtcTime now) {
    const ErrorQueueGuard guard;
    if (auto allowed = check_certificate_name(name); !allowed) return allowed.error();
    const KeyPtr key = new_key();
    const X509Ptr certificate = blank_certificate(key.get(), {now - kBackdating, now + kAuthorityLife});
    if (certificate == nullptr) return impossible_time();
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    set_common_name(subject, name);
    finish(certificate.get(), certificate.get(), key.get(),
           {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
            {NID_key_usage, "critical,keyCertSign,cRLSign"},
            {NID_subject_key_identifier, "hash"},
            {NID_authority_key_identifier, "keyid:always"}});
    return Credential{certificate_pem(certificate.get()), key_pem(key.get())};
}

Result<Credential> issue_certificate(const Credential& authority, const CertificateName& who, UtcTime now,
                                     std::chrono::seconds life) {
    const ErrorQueueGuard guard;
    if (auto allowed = check_certificate_name(who.name); !allowed) return allowed.error();
    auto open = open_authority(authority, now);
    if (!open) return open.error();
    const KeyPtr key = new_key();
    auto certificate = sign_key(*open, key.get(), who, now, life);
    if (!certificate) return certificate.error();
    return Credential{std::move(*certificate), key_pem(key.get())};
}

Result<CertificateRequest> make_request(const CertificateName& who) {
    const ErrorQueueGuard guard;
    if (auto allowed = check_certificate_name(who.name); !allowed) return allowed.error();
    const KeyPtr key = new_key();
    const RequestPtr request{X509_REQ_new()};
    DOSARIO_CHECK(request != nullptr && X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1);
    DOSARIO_CHECK(X509_REQ_set_pubkey(request.get(), key.get()) == 1);
    ExtensionPtr name = make_extension(nullptr, nullptr, NID_subject_alt_name, uri_extension(who));
    const ExtensionsPtr extensions{sk_X509_EXTENSION_new_null()};
    DOSARIO_CHECK(extensions != nullptr && sk_X509_EXTENSION_push(extensions.get(), name.release()) == 1);
    DOSARIO_CHECK(X509_REQ_add_extensions(request.get(), extensions.get()) == 1);
    DOSARIO_CHECK(X509_REQ_sign(request.get(), key.get(), EVP_sha256()) > 0);
    return CertificateRequest{to_pem([&request](BIO* bio) { return PEM_write_bio_X509_REQ(bio, request.get()); }),
                              key_pem(key.get())};
}

Result<std::string> sign_request(const Credential& authority, std::string_view request, const CertificateName& who, UtcTime now,
                                 std::chrono::seconds life) {
    const ErrorQueueGuard guard;
    if (auto allowed = check_certificate_name(who.name); !allowed) return allowed.error();
    if (request.size() > kLargestPem_bytes) return no_request("it is too large");
    const BioPtr bio = read_from(request);
    const RequestPtr read{PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr)};
    if (read == nullptr) return no_request("it is not in PEM form, or damaged");
    EVP_PKEY* key = X509_REQ_get0_pubkey(read.get());
    if (key == nullptr || !is_p256(*key)) return no_request("its key is not on the curve P-256");
    if (X509_REQ_verify(read.get(), key) != 1) return no_request("it is not signed with the key that it asks for");
    const auto asked = name_asked_for(read.get());
    if (!asked) return no_request("it does not carry one name of a station or collector");
    if (*asked != who)
        return fail(Failure::refused, "the request asks to be " + full_name(*asked) + ", but " + full_name(who) +
                                          " asks: everybody gets a certificate of the own name only");
    auto open = open_authority(authority, now);
    if (!open) return open.error();
    return sign_key(*open, key, who, now, life);
}

Result<CertificateInfo> read_certificate(std::string_view pem) {
    auto certificates = parse_certificates(pem);
    if (!certificates) return certificates.error();
    return describe_certificate(*certificates->front());
}

Result<UtcTime> authority_ends_at(std::string_view pem) {
    auto certificates = parse_certificates(pem);
    if (!certificates) return certificates.error();
    UtcTime last = UtcTime::min();
    for (const X509Ptr& one : *certificates) {
        if (!is_authority(*one))
            return fail(Failure::invalid, "it is no authority's certificate: ca.pem is wanted, as `pki init` made it");
        last = std::max(last, not_after(*one));
    }
    return last;
}

}  // namespace dosario
