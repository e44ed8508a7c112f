// SPDX-License-Identifier: Apache-2.0
// What one side of the uplink brings to every handshake: its certificate and key, the authorities it trusts, its clock. TLS 1.3
// (RFC 8446) with certificates on both sides and ALPN `dosario-uplink/1`, always; nothing is resumed, so who the other one is
// gets checked each time.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/certificates.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct ssl_ctx_st;

namespace dosario {

inline constexpr std::string_view kUplinkProtocol = "dosario-uplink/1";

/// A collector lets a station in with a certificate that expired at most this long ago, or is not valid yet, marked, so that it can
/// renew it.
inline constexpr auto kRenewalGrace = std::chrono::days{90};

/// Paths of PEM files.
struct TlsFiles {
    std::string certificate;
    std::string key;                       ///< private: others may not read it (read_secret)
    std::vector<std::string> authorities;  ///< at least one; each may hold several, and all are trusted (while one is replaced)
};

/// Asked in each handshake for the time by which certificates are judged. Where clocks can be dead this is the latest of the wall
/// clock, the last good entry and the day of the release: by the clock of 1970 no certificate is valid yet. Must not throw.
using TimeSource = std::function<UtcTime()>;

/// Who the other side is, by a certificate that was verified.
struct PeerIdentity {
    CertificateKind kind = CertificateKind::station;
    std::string name;
    std::string serial;  ///< of the certificate; nobody keeps a table of revoked ones yet
    UtcTime not_after;
    bool out_of_date = false;  ///< a station within kRenewalGrace, or before its time: only a renewal may be served
};

/// Immutable, so connections can share it. After a renewal make a new one; open connections keep theirs.
class TlsContext {
public:
    /// Connects as a station, to the collector of that name and no other. Errors name the file and what to do: not_found, refused
    /// (a key that others can read), invalid (not PEM, a key of another certificate, a certificate of another kind, no authority
    /// in a file), io. An own certificate that has expired is no error here: the collector decides.
    static Result<std::shared_ptr<const TlsContext>> for_station(const TlsFiles& files, std::string collector, TimeSource now);

    /// Accepts stations. Errors as for_station.
    static Result<std::shared_ptr<const TlsContext>> for_collector(const TlsFiles& files, TimeSource now);

    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    /// Of this side's certificate, to know when to renew it.
    const CertificateInfo& own() const { return own_; }
    /// Empty on a collector.
    const std::string& expected_collector() const { return expected_collector_; }
    /// Never before this side's own certificate was made: a dead clock does not shut out who was certified since.
    UtcTime now() const { return std::max<UtcTime>(now_(), own_.not_before + kBackdating); }
    /// Lives as long as this.
    ssl_ctx_st* native() const { return native_; }

private:
    TlsContext(std::string expected_collector, TimeSource now);
    static Result<std::shared_ptr<const TlsContext>> make(CertificateKind side, const TlsFiles& files, std::string collector,
                                                          TimeSource now);
    Result<void> load_own(CertificateKind side, const TlsFiles& files);
    Result<void> load_authorities(const std::vector<std::string>& paths);

    CertificateInfo own_;
    std::string expected_collector_;
    TimeSource now_;
    ssl_ctx_st* native_;
};

}  // namespace dosario
