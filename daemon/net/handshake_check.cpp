// SPDX-License-Identifier: Apache-2.0
#include "net/handshake_check.hpp"

#include "base/check.hpp"
#include "crypto/x509.hpp"
#include "net/tls_words.hpp"

#include <openssl/ssl.h>

#include <array>

namespace dosario {
namespace {

int own_index() {
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

HandshakeCheck& check_of(X509_STORE_CTX* store) {
    const auto* ssl = static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    HandshakeCheck* check = HandshakeCheck::of(ssl);
    DOSARIO_CHECK(check != nullptr);
    return *check;
}

/// OpenSSL asks about each mistake it finds: 1 forgives it. A station may be late with its renewal, or have been given a certificate by a
/// collector whose clock ran ahead.
int forgive(int good, X509_STORE_CTX* store) {
    if (good == 1) return 1;
    HandshakeCheck& check = check_of(store);
    if (check.on_station() || X509_STORE_CTX_get_error_depth(store) != 0) return 0;
    const int mistake = X509_STORE_CTX_get_error(store);
    const bool late =
        mistake == X509_V_ERR_CERT_HAS_EXPIRED && check.judged_at <= not_after(*X509_STORE_CTX_get0_cert(store)) + kRenewalGrace;
    if (!late && mistake != X509_V_ERR_CERT_NOT_YET_VALID) return 0;
    check.out_of_date = true;
    return 1;
}

/// X509_V_OK, or what to tell OpenSSL, which makes the alert of it.
int judge_leaf(HandshakeCheck& check, X509& leaf) {
    auto described = describe_certificate(leaf);
    if (!described) {
        check.refusal = described.error().message;
        return X509_V_ERR_INVALID_PURPOSE;
    }
    const CertificateKind wanted = check.on_station() ? CertificateKind::collector : CertificateKind::station;
    if (described->kind != wanted) {  // OpenSSL has asked for the use already, and use and name agree: a second lock
        check.refusal = "it is the certificate of a " + std::string{kind_text(described->kind)} + ", not of a " +
                        std::string{kind_text(wanted)};
        return X509_V_ERR_INVALID_PURPOSE;
    }
    const std::string& expected = check.context().expected_collector();
    if (check.on_station() && described->name != expected) {
        check.refusal = "this is not the collector that is expected: " + described->name + " instead of " + expected +
                        "; check the address, and the collector's name in the settings";
        return X509_V_ERR_HOSTNAME_MISMATCH;
    }
    check.peer = PeerIdentity{described->kind, described->name, described->serial, described->not_after, check.out_of_date};
    return X509_V_OK;
}

int verify(X509_STORE_CTX* store, void*) noexcept {
    HandshakeCheck& check = check_of(store);
    check.judged_at = check.context().now();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(check.judged_at.time_since_epoch()).count();
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(store), seconds);
    X509_STORE_CTX_set_verify_cb(store, forgive);
    X509* leaf = X509_STORE_CTX_get0_cert(store);
    if (X509_verify_cert(store) != 1) {
        check.refusal = why_not_trusted(X509_STORE_CTX_get_error(store), X509_STORE_CTX_get_error_depth(store), *leaf, check);
        return 0;
    }
    const int code = judge_leaf(check, *leaf);
    X509_STORE_CTX_set_error(store, code);
    return code == X509_V_OK ? 1 : 0;
}

bool has_extension(SSL* ssl, unsigned type) {
    const unsigned char* bytes = nullptr;
    std::size_t length = 0;
    return SSL_client_hello_get0_ext(ssl, type, &bytes, &length) == 1;
}

/// OpenSSL lets a client without ALPN pass, so it is caught before. One too old for TLS 1.3 goes on to be told that.
int greet(SSL* ssl, int* alert, void*) noexcept {
    if (has_extension(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation) ||
        !has_extension(ssl, TLSEXT_TYPE_supported_versions))
        return SSL_CLIENT_HELLO_SUCCESS;
    if (HandshakeCheck* check = HandshakeCheck::of(ssl)) check->refusal = words_for_no_protocol();
    *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
    return SSL_CLIENT_HELLO_ERROR;
}

int choose_protocol(SSL* ssl, const unsigned char** chosen, unsigned char* length, const unsigned char* offered, unsigned all,
                    void*) noexcept {
    for (unsigned i = 0; i < all; i += 1U + offered[i]) {
        if (i + 1U + offered[i] > all) break;
        const std::string_view one{reinterpret_cast<const char*>(offered) + i + 1, offered[i]};
        if (one != kUplinkProtocol) continue;
        *chosen = offered + i + 1;
        *length = offered[i];
        return SSL_TLSEXT_ERR_OK;
    }
    if (HandshakeCheck* check = HandshakeCheck::of(ssl)) check->refusal = words_for_no_protocol();
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

void HandshakeCheck::install(ssl_ctx_st& native) {
    std::array<unsigned char, 1 + kUplinkProtocol.size()> offer{};
    offer[0] = static_cast<unsigned char>(kUplinkProtocol.size());
    std::copy(kUplinkProtocol.begin(), kUplinkProtocol.end(), offer.begin() + 1);
    DOSARIO_CHECK(SSL_CTX_set_alpn_protos(&native, offer.data(), offer.size()) == 0);
    SSL_CTX_set_alpn_select_cb(&native, choose_protocol, nullptr);
    SSL_CTX_set_client_hello_cb(&native, greet, nullptr);
    SSL_CTX_set_cert_verify_callback(&native, verify, nullptr);
}

void HandshakeCheck::attach(ssl_st& ssl) { DOSARIO_CHECK(SSL_set_ex_data(&ssl, own_index(), this) == 1); }

HandshakeCheck* HandshakeCheck::of(const ssl_st* ssl) { return static_cast<HandshakeCheck*>(SSL_get_ex_data(ssl, own_index())); }

}  // namespace dosario
