// SPDX-License-Identifier: Apache-2.0
// Keeps the station connected to its collector, for ever: certificates, one call after the other, pauses in between. Whatever goes wrong
// here, the counter works on, and the ledger is what still has to be sent.
#pragma once

#include "app/ledger_thread.hpp"
#include "app/uplink_call.hpp"
#include "app/uplink_settings.hpp"
#include "dosario/v1/control.pb.h"
#include "uplink/backoff.hpp"

#include <mutex>

namespace dosario {

class UplinkDesk {
public:
    /// All references outlive it. `build`: this version, for the collector's people.
    UplinkDesk(boost::asio::io_context& context, const Clock& clock, Entropy& entropy, const Digest& digest, LedgerThread& ledger,
               UplinkSettings settings, std::string build);

    void start();
    /// The ledger has entries up to `head` now.
    void grew(Seq head);
    /// Closes the connection; what comes back later is ignored.
    void stop();
    /// Without the lag, which the ledger knows. Any thread may ask.
    v1::UplinkStatus status() const;

    struct Contact {
        bool connected = false;
        Micros silence{};  ///< since the last connection ended, or since the start; 0 while connected
        std::optional<UtcTime> certificate_ends;
    };
    /// For metrics; on the thread of `context`.
    Contact contact() const;

private:
    struct Start;  ///< what the ledger knows at the beginning of a call
    struct Due {   ///< a renewal that is under way
        std::string name;
        std::string key;
        std::string request;
    };

    boost::asio::awaitable<void> run();
    boost::asio::awaitable<UplinkEnd> attempt();
    boost::asio::awaitable<Result<Start>> ask_ledger();
    boost::asio::awaitable<void> pause(Micros time);
    UplinkCall::Hooks hooks();
    Due renewal(const CertificateInfo& own, UtcTime now) const;
    bool may_renew() const { return clock_.mono() >= next_renewal_; }
    void notice(const std::string& text);
    void renewed(const std::string& certificate);
    Result<CertificateInfo> keep_identity(const std::string& both) const;
    void set_status(const std::function<void(v1::UplinkStatus&)>& change);
    void report(const UplinkEnd& end);

    boost::asio::io_context& context_;
    const Clock& clock_;
    const Digest& digest_;
    LedgerThread& ledger_;
    UplinkSettings settings_;
    std::string build_;
    Backoff backoff_;
    boost::asio::steady_timer timer_;
    std::shared_ptr<UplinkCall> call_;
    Due due_;
    std::function<bool()> renewal_due_;  ///< of the certificate that the call was made with
    bool expired_ = false;               ///< says the collector, whatever our clock says
    MonoTime next_renewal_ = MonoTime::min();
    bool connected_ = false;
    MonoTime parted_at_{};  ///< the last connection ended, or this desk began
    std::optional<UtcTime> certificate_ends_;
    Seq head_ = 0;
    bool stopping_ = false;
    std::string reported_;  ///< the last end that was logged: the same one is not logged again and again
    mutable std::mutex mutex_;
    v1::UplinkStatus status_;
};

}  // namespace dosario
