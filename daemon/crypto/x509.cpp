// SPDX-License-Identifier: Apache-2.0
#include "crypto/x509.hpp"

#include "base/bytes.hpp"
#include "base/check.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <climits>

namespace dosario {
namespace {

constexpr std::string_view kUriScheme = "dosario:";
constexpr std::string_view kP256 = "prime256v1";

Error not_ours(const std::string& why) {
    return fail(Failure::invalid,
                "this is no certificate of a station or collector: " + why + "; have one issued by dosario-collector");
}

UtcTime to_utc(const ASN1_TIME* time) {
    struct tm parts {};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return UtcTime{};
    const std::chrono::year_month_day day{std::chrono::year{parts.tm_year + 1900},
                                          std::chrono::month{static_cast<unsigned>(parts.tm_mon + 1)},
                                          std::chrono::day{static_cast<unsigned>(parts.tm_mday)}};
    return UtcTime{std::chrono::sys_days{day}} + std::chrono::hours{parts.tm_hour} + std::chrono::minutes{parts.tm_min} +
           std::chrono::seconds{parts.tm_sec};
}

std::string serial_text(const X509& certificate) {
    const ASN1_INTEGER* serial = X509_get0_serialNumber(&certificate);
    const auto* bytes = reinterpret_cast<const std::byte*>(ASN1_STRING_get0_data(serial));
    return to_hex({bytes, static_cast<std::size_t>(ASN1_STRING_length(serial))});
}

/// Never asks anybody; the type is OpenSSL's.
int no_passphrase(char*, int, int, void*) { return -1; }

bool has_usage_of(X509& certificate, CertificateKind kind) {
    const std::uint32_t wanted = kind == CertificateKind::station ? XKU_SSL_CLIENT : XKU_SSL_SERVER;
    return X509_get_extended_key_usage(&certificate) == wanted && X509_get_key_usage(&certificate) == KU_DIGITAL_SIGNATURE &&
           (X509_get_extension_flags(&certificate) & EXFLAG_CA) == 0;
}

}  // namespace

ErrorQueueGuard::ErrorQueueGuard() { ERR_clear_error(); }
ErrorQueueGuard::~ErrorQueueGuard() { ERR_clear_error(); }

BioPtr read_from(std::string_view text) {
    DOSARIO_CHECK(text.size() <= INT_MAX);
    BioPtr bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
    DOSARIO_CHECK(bio != nullptr);
    return bio;
}

Result<std::vector<X509Ptr>> parse_certificates(std::string_view pem) {
    const ErrorQueueGuard guard;
    if (pem.size() > kLargestPem_bytes) return fail(Failure::invalid, "this is too large for a certificate in PEM form");
    const BioPtr bio = read_from(pem);
    std::vector<X509Ptr> all;
    while (X509Ptr one{PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)}) {
        if (all.size() == kMostCertificates) return fail(Failure::invalid, "there are more certificates than anybody needs");
        all.push_back(std::move(one));
    }
    const unsigned long why = ERR_peek_last_error();
    if (all.empty() || ERR_GET_LIB(why) != ERR_LIB_PEM || ERR_GET_REASON(why) != PEM_R_NO_START_LINE)
        return fail(Failure::invalid,
                    "there is no certificate in PEM form, or a damaged one: copy the file again from where it was made");
    return all;
}

Result<KeyPtr> parse_private_key(std::string_view pem) {
    const ErrorQueueGuard guard;
    if (pem.size() > kLargestPem_bytes) return fail(Failure::invalid, "this is too large for a private key in PEM form");
    const BioPtr bio = read_from(pem);
    KeyPtr key{PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr)};
    if (key == nullptr)
        return fail(
            Failure::invalid,
            "there is no private key in PEM form, or it is damaged or has a passphrase: give the key file as it was made");
    return key;
}

bool is_p256(const EVP_PKEY& key) {
    const ErrorQueueGuard guard;
    char group[64] = {};
    std::size_t length = 0;
    int spelled_out = 0;
    return EVP_PKEY_is_a(&key, "EC") == 1 && EVP_PKEY_get_group_name(&key, group, sizeof group, &length) == 1 &&
           std::string_view{group, length} == kP256 &&
           EVP_PKEY_get_int_param(&key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &spelled_out) == 1 && spelled_out == 0;
}

bool is_authority(X509& certificate) {
    const ErrorQueueGuard guard;
    return X509_check_ca(&certificate) == 1 && (X509_get_key_usage(&certificate) & KU_KEY_CERT_SIGN) != 0;
}

UtcTime not_before(const X509& certificate) { return to_utc(X509_get0_notBefore(&certificate)); }
UtcTime not_after(const X509& certificate) { return to_utc(X509_get0_notAfter(&certificate)); }

Result<CertificateName> parse_alternative_names(const GENERAL_NAMES* names) {
    if (names == nullptr || sk_GENERAL_NAME_num(names) == 0) return not_ours("it names nobody");
    if (sk_GENERAL_NAME_num(names) != 1) return not_ours("it has more than one name");
    const GENERAL_NAME* only = sk_GENERAL_NAME_value(names, 0);
    if (only->type != GEN_URI) return not_ours("its name is no URI");
    const ASN1_IA5STRING* text = only->d.uniformResourceIdentifier;
    std::string_view uri{reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                         static_cast<std::size_t>(ASN1_STRING_length(text))};
    if (!uri.starts_with(kUriScheme)) return not_ours("its name is not one of Dosario");
    uri.remove_prefix(kUriScheme.size());
    for (const CertificateKind kind : {CertificateKind::station, CertificateKind::collector}) {
        const std::string prefix = std::string{kind_text(kind)} + "/";
        if (!uri.starts_with(prefix)) continue;
        const std::string_view name = uri.substr(prefix.size());
        if (auto allowed = check_certificate_name(name); !allowed) return not_ours(allowed.error().message);
        return CertificateName{kind, std::string{name}};
    }
    return not_ours("its name is neither a station's nor a collector's");
}

Result<CertificateInfo> describe_certificate(X509& certificate) {
    const ErrorQueueGuard guard;
    const GeneralNamesPtr names{
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr))};
    auto who = parse_alternative_names(names.get());
    if (!who) return who.error();
    if (!has_usage_of(certificate, who->kind)) return not_ours("it may not be used by a " + std::string{kind_text(who->kind)});
    CertificateInfo info{who->kind, who->name, not_before(certificate), not_after(certificate), serial_text(certificate)};
    if (info.not_before > info.not_after) return not_ours("it ends before it begins");
    return info;
}

}  // namespace dosario
