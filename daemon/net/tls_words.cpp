// SPDX-License-Identifier: Apache-2.0
#include "net/tls_words.hpp"

#include "crypto/x509.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <optional>

namespace dosario {
namespace {

using boost::system::error_code;

const char* other_side(const HandshakeCheck& check) { return check.on_station() ? "the collector" : "the station"; }

/// `2026-11-21 12:30 UTC`
std::string minute(UtcTime at) {
    std::string text = format_utc(at).substr(0, 16);
    text[10] = ' ';
    return text + " UTC";
}

bool from_ssl(const error_code& error) {
    return error.category() == boost::asio::error::get_ssl_category() &&
           ERR_GET_LIB(static_cast<unsigned long>(error.value())) == ERR_LIB_SSL;
}

int reason_of(const error_code& error) { return ERR_GET_REASON(static_cast<unsigned long>(error.value())); }

/// The alert that the other side sent (RFC 8446, 6), or nothing if it was not an alert.
std::optional<int> alert_in(const error_code& error) {
    if (!from_ssl(error) || reason_of(error) < SSL_AD_REASON_OFFSET) return std::nullopt;
    return reason_of(error) - SSL_AD_REASON_OFFSET;
}

/// What the alert means for a certificate of ours; empty if it is about something else.
std::string certificate_alert(int alert, bool on_station) {
    switch (alert) {
        case SSL_AD_CERTIFICATE_EXPIRED:
            return on_station
                       ? "it expired more than 90 days ago, too long even for a renewal; have a new one issued for this station"
                       : "it has expired by the station's clock; give this collector a new certificate";
        case SSL_AD_UNKNOWN_CA:
            return on_station
                       ? "the collector does not know the authority that signed it; have one issued by this collector, or let it "
                         "trust that authority too"
                       : "the station does not know the authority that signed it; give it the new authority's certificate";
        case SSL_AD_BAD_CERTIFICATE:
            return on_station
                       ? "by the collector's clock it is not valid yet, or it is damaged; compare the clocks, then have a new one issued"
                       : "by the station's clock it is not valid yet, or the station expects a collector of another name";
        case SSL_AD_UNSUPPORTED_CERTIFICATE:
            return on_station ? "it is not one of a station; have one issued for this station"
                              : "it is not one of a collector; issue a new one";
        case SSL_AD_CERTIFICATE_REVOKED: return "it was revoked; ask those who run the collector";
        case SSL_AD_CERTIFICATE_UNKNOWN: return "it could not be verified there; look in the log of the other side";
        case SSL_AD_CERTIFICATE_REQUIRED: return "none arrived there; have one issued for this station";
        default: return {};
    }
}

Error explain_alert(int alert, const HandshakeCheck& check, const std::string& place) {
    const std::string start = place + ": ";
    if (const std::string why = certificate_alert(alert, check.on_station()); !why.empty())
        return fail(Failure::refused, start + other_side(check) + " refused our certificate: " + why);
    if (alert == SSL_AD_NO_APPLICATION_PROTOCOL || alert == SSL_AD_PROTOCOL_VERSION)
        return fail(Failure::refused, start + other_side(check) + " does not speak our protocol (" +
                                          std::string{kUplinkProtocol} +
                                          " over TLS 1.3): one of the two programs is too old or another one; update it");
    const char* text = SSL_alert_desc_string_long(alert);
    return fail(Failure::unavailable,
                start + other_side(check) + " ended the connection (TLS alert: " + text + "); it is tried again");
}

std::string openssl_text(const error_code& error) {
    const char* text = ERR_reason_error_string(static_cast<unsigned long>(error.value()));
    return text == nullptr ? error.message() : text;
}

}  // namespace

std::string words_for_no_protocol() {
    return "it does not offer the protocol " + std::string{kUplinkProtocol} + ": it is another program, or of another version";
}

std::string why_not_trusted(int code, int depth, x509_st& leaf, const HandshakeCheck& check) {
    const char* whose = depth == 0 ? "it " : "its authority's certificate ";
    switch (code) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            if (depth > 0) return "the certificate of the authority that signed it has expired; a new authority is needed";
            return "it expired at " + minute(not_after(leaf)) +
                   (check.on_station() ? "; those who run the collector must give it a new one"
                                       : ", too long ago even for a renewal; issue a new one for the station");
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return whose + ("is not valid yet: here it is " + minute(check.judged_at)) +
                   (depth == 0 ? ", and it begins at " + minute(not_before(leaf)) : std::string{}) +
                   "; set the clock that is wrong";
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_CERT_CHAIN_TOO_LONG:
        case X509_V_ERR_CERT_SIGNATURE_FAILURE:
            return "it was not signed by an authority that is trusted here; if the authority was replaced, trust the new one too";
        case X509_V_ERR_INVALID_PURPOSE:
            return check.on_station() ? "it is not one of a collector" : "it is not one of a station";
        default: return std::string{whose} + "is not valid (" + X509_verify_cert_error_string(code) + ")";
    }
}

bool is_end(const error_code& error) {
    return error == boost::asio::error::eof || error == boost::asio::ssl::error::stream_truncated ||
           (from_ssl(error) && reason_of(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING);
}

Error explain_handshake(const error_code& error, const HandshakeCheck& check, const std::string& place) {
    const std::string start = place + ": ";
    const std::string who = other_side(check);
    if (from_ssl(error) && reason_of(error) == SSL_R_CERTIFICATE_VERIFY_FAILED)
        return fail(Failure::refused, start + who + "'s certificate is refused: " + check.refusal);
    if (!check.refusal.empty()) return fail(Failure::refused, start + who + " is refused: " + check.refusal);
    if (const auto alert = alert_in(error)) return explain_alert(*alert, check, place);
    if (is_end(error)) return fail(Failure::unavailable, start + who + " closed the connection in the middle of the handshake");
    if (!from_ssl(error))
        return fail(Failure::unavailable, start + "the connection was lost in the handshake (" + error.message() + ")");
    switch (reason_of(error)) {
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            return fail(Failure::refused, start + who + " is refused: it shows no certificate; issue one for it first");
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_VERSION_TOO_LOW:
            return fail(Failure::refused, start + who + " is refused: it is too old for TLS 1.3; update it");
        default:
            return fail(Failure::unavailable, start + "what answers there does not speak TLS as " + who + " does (" +
                                                  openssl_text(error) + "); check the address and the port");
    }
}

Error explain_stream(const error_code& error, const HandshakeCheck& check, const std::string& place) {
    if (const auto alert = alert_in(error)) return explain_alert(*alert, check, place);
    const std::string why = from_ssl(error) ? openssl_text(error) : error.message();
    return fail(Failure::unavailable, place + ": the connection was lost (" + why + ")");
}

}  // namespace dosario
