// SPDX-License-Identifier: Apache-2.0
// What is asked of the other side in a handshake, and what became of it. Internal to net; OpenSSL calls it back.
#pragma once

#include "net/tls_context.hpp"

#include <optional>
#include <string>

struct ssl_st;

namespace dosario {

/// One handshake's. Must live as long as the SSL that it is attached to.
class HandshakeCheck {
public:
    explicit HandshakeCheck(std::shared_ptr<const TlsContext> context) : context_(std::move(context)) {}

    /// Sets the callbacks of a context; each SSL made from it needs its own check before the handshake.
    static void install(ssl_ctx_st& native);
    void attach(ssl_st& ssl);
    /// Null for an SSL that has none.
    static HandshakeCheck* of(const ssl_st* ssl);

    const TlsContext& context() const { return *context_; }
    bool on_station() const { return context_->own().kind == CertificateKind::station; }

    std::optional<PeerIdentity> peer;  ///< set when its certificate is good
    std::string refusal;               ///< why this side refused the other, in words; empty if it did not
    UtcTime judged_at;                 ///< the time by which the certificate was judged
    bool out_of_date = false;

private:
    std::shared_ptr<const TlsContext> context_;
};

}  // namespace dosario
