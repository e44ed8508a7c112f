// SPDX-License-Identifier: Apache-2.0
#include "net/tls_context.hpp"

#include "base/check.hpp"
#include "crypto/secret_file.hpp"
#include "crypto/x509.hpp"
#include "net/handshake_check.hpp"

#include <openssl/ssl.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

namespace dosario {
namespace {

/// The other side's leaf and our authority: nothing stands between them (pathlen:0).
constexpr int kMostBetween = 0;

Error at(const std::string& path, const Error& error) { return fail(error.failure, path + ": " + error.message); }

Result<std::vector<X509Ptr>> read_certificates(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file.is_open()) {
        const int why = errno;
        return fail(why == ENOENT ? Failure::not_found : Failure::io,
                    "cannot read " + path + " (" + std::strerror(why) + "): check the path and its rights");
    }
    std::string pem(kLargestPem_bytes + 1, '\0');
    file.read(pem.data(), static_cast<std::streamsize>(pem.size()));
    pem.resize(static_cast<std::size_t>(file.gcount()));
    auto certificates = parse_certificates(pem);
    if (!certificates) return at(path, certificates.error());
    return certificates;
}

Result<KeyPtr> read_key(const std::string& path) {
    auto pem = read_secret(path);
    if (!pem) return pem.error();
    auto key = parse_private_key(*pem);
    wipe(*pem);
    if (!key) return at(path, key.error());
    return key;
}

SSL_CTX* new_native() {
    SSL_CTX* native = SSL_CTX_new(TLS_method());
    DOSARIO_CHECK(native != nullptr);
    DOSARIO_CHECK(SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION) == 1);
    DOSARIO_CHECK(SSL_CTX_set_max_proto_version(native, TLS1_3_VERSION) == 1);
    SSL_CTX_set_options(native, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    DOSARIO_CHECK(SSL_CTX_set_num_tickets(native, 0) == 1);
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(native, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_verify_depth(native, kMostBetween);
    return native;
}

}  // namespace

TlsContext::TlsContext(std::string expected_collector, TimeSource now)
    : expected_collector_(std::move(expected_collector)), now_(std::move(now)), native_(new_native()) {
    DOSARIO_CHECK(now_ != nullptr);
    HandshakeCheck::install(*native_);
}

TlsContext::~TlsContext() { SSL_CTX_free(native_); }

Result<std::shared_ptr<const TlsContext>> TlsContext::for_station(const TlsFiles& files, std::string collector, TimeSource now) {
    if (auto allowed = check_certificate_name(collector); !allowed)
        return fail(Failure::invalid, "the collector's name \"" + collector + "\": " + allowed.error().message);
    return make(CertificateKind::station, files, std::move(collector), std::move(now));
}

Result<std::shared_ptr<const TlsContext>> TlsContext::for_collector(const TlsFiles& files, TimeSource now) {
    return make(CertificateKind::collector, files, {}, std::move(now));
}

Result<std::shared_ptr<const TlsContext>> TlsContext::make(CertificateKind side, const TlsFiles& files, std::string collector,
                                                           TimeSource now) {
    const ErrorQueueGuard guard;
    std::shared_ptr<TlsContext> context{new TlsContext{std::move(collector), std::move(now)}};
    if (auto loaded = context->load_own(side, files); !loaded) return loaded.error();
    if (auto loaded = context->load_authorities(files.authorities); !loaded) return loaded.error();
    return std::shared_ptr<const TlsContext>{std::move(context)};
}

Result<void> TlsContext::load_own(CertificateKind side, const TlsFiles& files) {
    auto certificates = read_certificates(files.certificate);
    if (!certificates) return certificates.error();
    X509& own = *certificates->front();
    auto described = describe_certificate(own);
    if (!described) return at(files.certificate, described.error());
    if (described->kind != side)
        return fail(Failure::invalid, files.certificate + " is the certificate of a " + std::string{kind_text(described->kind)} +
                                          ", and this is a " + std::string{kind_text(side)} + ": name the right file");
    auto key = read_key(files.key);
    if (!key) return key.error();
    if (X509_check_private_key(&own, key->get()) != 1)
        return fail(Failure::invalid, "the key " + files.key + " is not the one of the certificate " + files.certificate +
                                          ": name the two files that were made together, or have a new one issued");
    if (SSL_CTX_use_certificate(native_, &own) != 1 || SSL_CTX_use_PrivateKey(native_, key->get()) != 1)
        return fail(Failure::invalid, files.certificate + " is too weak for this system's rules: have a new one issued");
    own_ = std::move(*described);
    return {};
}

Result<void> TlsContext::load_authorities(const std::vector<std::string>& paths) {
    if (paths.empty())
        return fail(Failure::invalid, "no authority is trusted: name at least one file with an authority's certificate");
    X509_STORE* store = SSL_CTX_get_cert_store(native_);
    for (const std::string& path : paths) {
        auto certificates = read_certificates(path);
        if (!certificates) return certificates.error();
        for (const X509Ptr& one : *certificates) {
            if (!is_authority(*one))
                return fail(Failure::invalid,
                            path + " holds a certificate that is no authority's: give the authority's own file");
            DOSARIO_CHECK(X509_STORE_add_cert(store, one.get()) == 1);
        }
    }
    return {};
}

}  // namespace dosario
