// SPDX-License-Identifier: Apache-2.0
// The collector's metrics: counts while it works, and answers GET /metrics. Nothing is told of single stations, of which there can be
// thousands: dosario-collector stations lists them. docs/metrics.md lists what is on the page.
#pragma once

#include "collector/store_thread.hpp"
#include "collector/uplink_server.hpp"
#include "http/api_reply.hpp"
#include "metrics/metrics.hpp"
#include "metrics/patient_question.hpp"

#include <set>

namespace dosario {

class CollectorMetrics {
public:
    /// `context` and `clock` outlive it; it outlives the store's thread. `directory`: of the store.
    CollectorMetrics(boost::asio::io_context& context, const Clock& clock, std::string directory);

    /// For the store's thread.
    StoreObserver observer();
    /// The same reply, counted when it is given.
    std::function<void(ApiReply)> counting(const std::string& path, std::function<void(ApiReply)> reply);

    /// Replies on the thread of `context`, where `uplink` lives.
    void scrape(StoreThread& store, const UplinkServer& uplink, std::function<void(ApiReply)> reply);

private:
    struct Scrape;

    const Clock& clock_;
    std::string directory_;
    UtcTime started_at_;
    std::set<std::string, std::less<>> paths_;  ///< that have a label of their own
    Metrics metrics_;
    Metrics::Counters requests_;
    Metrics::Histogram commits_;
    Metrics::Histogram groups_;
    PatientQuestion store_question_;
};

}  // namespace dosario
