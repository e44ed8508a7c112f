// SPDX-License-Identifier: Apache-2.0
// The daemon's metrics: counts while the counter works, and answers GET /metrics. What only the ledger thread knows is asked of it, with
// patience for two seconds: a page without it comes nevertheless, and says so. docs/metrics.md lists what is on it.
#pragma once

#include "app/backing_up.hpp"
#include "app/ledger_thread.hpp"
#include "app/uplink_desk.hpp"
#include "http/api_reply.hpp"
#include "metrics/metrics.hpp"
#include "metrics/patient_question.hpp"

#include <set>

namespace dosario {

/// Where a scan came from.
enum class ScanSource : std::uint8_t { reader, api };

class MetricsDesk {
public:
    /// `context` and `clock` outlive it; it outlives the ledger thread. `directory`: of the ledger.
    MetricsDesk(boost::asio::io_context& context, const Clock& clock, std::string directory);

    // Any thread.
    void came(ScanSource source);
    void answered(ScanSource source, const ApiReply& reply);
    void committed(std::size_t jobs, std::chrono::nanoseconds took);
    /// The same reply, counted when it is given.
    std::function<void(ApiReply)> counting(const std::string& path, std::function<void(ApiReply)> reply);

    /// Replies on the thread of `context`. `uplink` is null when this station works alone.
    void scrape(LedgerThread& ledger, const UplinkDesk* uplink, const BackingUp& backing_up, const v1::ReadersReply& readers,
                std::function<void(ApiReply)> reply);

private:
    struct Scrape;

    const Clock& clock_;
    std::string directory_;
    UtcTime started_at_;
    std::set<std::string, std::less<>> paths_;  ///< that have a label of their own
    Metrics metrics_;
    Metrics::Counters scans_;
    Metrics::Counters answers_;
    Metrics::Counters requests_;
    Metrics::Histogram commits_;
    Metrics::Histogram groups_;
    PatientQuestion ledger_question_;
};

}  // namespace dosario
