// SPDX-License-Identifier: Apache-2.0
#include "support/forgery.hpp"

#include "base/check.hpp"
#include "crypto/x509.hpp"

#include <openssl/pem.h>

namespace dosario::test {
namespace {

KeyPtr make_key(const std::string& type) {
    KeyPtr key{type == "RSA" ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048})
                             : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", type.c_str())};
    DOSARIO_CHECK(key != nullptr);
    return key;
}

std::string text_of(BIO* bio) {
    char* text = nullptr;
    const long length = BIO_get_mem_data(bio, &text);
    return {text, static_cast<std::size_t>(length)};
}

X509_EXTENSION* make_extension(int nid, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    DOSARIO_CHECK(extension != nullptr);
    return extension;
}

void add(X509* certificate, int nid, const std::string& value) {
    if (value.empty()) return;
    X509_EXTENSION* extension = make_extension(nid, value);
    DOSARIO_CHECK(X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

}  // namespace

Credential forge_certificate(const Credential& authority, const Forgery& what, UtcTime from, UtcTime until) {
    auto issuers = parse_certificates(authority.certificate);
    auto issuer_key = parse_private_key(authority.key);
    DOSARIO_CHECK(issuers.has_value() && issuer_key.has_value());
    const KeyPtr key = make_key(what.key);
    const X509Ptr made{X509_new()};
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 7);
    X509_set_issuer_name(made.get(), X509_get_subject_name(issuers->front().get()));
    X509_set_pubkey(made.get(), key.get());
    ASN1_TIME_set(X509_getm_notBefore(made.get()), from.time_since_epoch() / std::chrono::seconds{1});
    ASN1_TIME_set(X509_getm_notAfter(made.get()), until.time_since_epoch() / std::chrono::seconds{1});
    add(made.get(), NID_subject_alt_name, what.alternative_names);
    add(made.get(), NID_ext_key_usage, what.extended_key_usage);
    add(made.get(), NID_key_usage, what.key_usage);
    add(made.get(), NID_basic_constraints, what.basic_constraints);
    DOSARIO_CHECK(X509_sign(made.get(), issuer_key->get(), EVP_sha256()) > 0);
    const BioPtr certificate{BIO_new(BIO_s_mem())};
    const BioPtr secret{BIO_new(BIO_s_mem())};
    DOSARIO_CHECK(PEM_write_bio_X509(certificate.get(), made.get()) == 1);
    DOSARIO_CHECK(PEM_write_bio_PKCS8PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
    return {text_of(certificate.get()), text_of(secret.get())};
}

std::string forge_request(const std::string& alternative_names, const std::string& key_type,
                          const std::string& basic_constraints) {
    const KeyPtr key = make_key(key_type);
    X509_REQ* request = X509_REQ_new();
    X509_REQ_set_pubkey(request, key.get());
    X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("somebody-else"), -1, -1, 0);
    STACK_OF(X509_EXTENSION)* extensions = sk_X509_EXTENSION_new_null();
    if (!alternative_names.empty()) sk_X509_EXTENSION_push(extensions, make_extension(NID_subject_alt_name, alternative_names));
    if (!basic_constraints.empty()) sk_X509_EXTENSION_push(extensions, make_extension(NID_basic_constraints, basic_constraints));
    X509_REQ_add_extensions(request, extensions);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    DOSARIO_CHECK(X509_REQ_sign(request, key.get(), EVP_sha256()) > 0);
    const BioPtr bio{BIO_new(BIO_s_mem())};
    PEM_write_bio_X509_REQ(bio.get(), request);
    X509_REQ_free(request);
    return text_of(bio.get());
}

std::string der_of(const std::string& pem) {
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* bytes = nullptr;
    long length = 0;
    DOSARIO_CHECK(PEM_read_bio(read_from(pem).get(), &name, &header, &bytes, &length) == 1);
    std::string der{reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length)};
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(bytes);
    return der;
}

std::string pem_of(const std::string& der, const std::string& label) {
    const BioPtr bio{BIO_new(BIO_s_mem())};
    const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
    DOSARIO_CHECK(PEM_write_bio(bio.get(), label.c_str(), "", bytes, static_cast<long>(der.size())) > 0);
    return text_of(bio.get());
}

}  // namespace dosario::test
