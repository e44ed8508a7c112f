// SPDX-License-Identifier: Apache-2.0
#include "collector/collector_metrics.hpp"

#include "collector/api.hpp"
#include "collector/queries.hpp"
#include "metrics/process.hpp"

#include <algorithm>

namespace dosario {
namespace {

using namespace std::chrono_literals;

/// Beside those of collector_calls(). What else is asked for counts as one path, so that nobody makes series at will.
constexpr const char* kOtherPaths[] = {"/v1/status", "/v1/verify", "/v1/rebuild", "/metrics"};

struct Silence {
    const char* label;
    Micros longer_than;
};
constexpr Silence kSilences[] = {{"1h", 1h}, {"1d", 24h}, {"7d", 24h * 7}};

/// One ledger that was here, by what the store has kept.
struct Seen {
    std::string station;
    LedgerId ledger{};
    UtcTime at{};
};

std::vector<Seen> seen_ledgers(Database& db) {
    std::vector<Seen> all;
    auto ledgers = db.query("SELECT station, ledger, last_seen_us FROM ledger");
    while (ledgers.row()) {
        Seen& one = all.emplace_back();
        one.station = ledgers.text(0);
        const ByteView id = ledgers.blob_view(1);
        std::copy_n(id.begin(), std::min(id.size(), one.ledger.size()), one.ledger.begin());
        one.at = UtcTime{Micros{ledgers.number(2)}};
    }
    return all;
}

void read_stations(Readings& readings, const std::vector<Seen>* ledgers, const UplinkServer& uplink, UtcTime now) {
    const char* const silent = "dosario_collector_stations_silent";
    const char* const silent_help = "Stations that were not heard for longer than this.";
    std::optional<double> known;
    readings.gauge(silent, silent_help, std::nullopt);
    if (ledgers != nullptr) {
        std::map<std::string_view, UtcTime> last;  // a station that began a new ledger is still one
        for (const Seen& one : *ledgers) {
            UtcTime& at = last.try_emplace(one.station, one.at).first->second;
            at = std::max({at, one.at, uplink.heard(one.ledger).value_or(one.at)});
        }
        known = static_cast<double>(last.size());
        for (const Silence& silence : kSilences) {
            const auto count = std::count_if(last.begin(), last.end(),
                                             [&](const auto& each) { return now - each.second > silence.longer_than; });
            readings.gauge(silent, silent_help, static_cast<double>(count), {{"longer_than", silence.label}});
        }
    }
    readings.gauge("dosario_collector_stations", "Stations that ever began a session.", known);
    readings.gauge("dosario_collector_stations_connected", "Stations that have a session now.",
                   static_cast<double>(uplink.connected()));
}

void read_counts(Readings& readings, const UplinkCounts& counts) {
    const auto count = [&readings](const char* name, const char* help, std::uint64_t value) {
        readings.counter(name, help, static_cast<double>(value));
    };
    count("dosario_collector_connections_total", "Connections that were accepted, before their handshake.", counts.accepted);
    count("dosario_collector_refused_handshakes_total",
          "Connections whose handshake failed: no certificate, a wrong one, no TLS.", counts.refused_handshakes);
    count("dosario_collector_sessions_total", "Sessions of stations that began.", counts.sessions);
    count("dosario_collector_received_entries_total", "Entries that were new, and are durable.", counts.entries);
    count("dosario_collector_repeated_entries_total", "Entries that came again and were here already.", counts.repeated);
    count("dosario_collector_broken_chains_total", "Entries whose hash does not follow from the one before.",
          counts.broken_chains);
    count("dosario_collector_fenced_total", "Sessions that lost their ledger to a newer one.", counts.fenced);
    count("dosario_collector_renewals_total", "Certificates that were issued to stations.", counts.renewals);
}

}  // namespace

struct CollectorMetrics::Scrape {
    Readings readings;
    // By the store's thread:
    std::optional<std::int64_t> entries;
    std::optional<std::uint64_t> lag;
    std::optional<std::int64_t> quarantined;
    std::vector<Seen> ledgers;
};

CollectorMetrics::CollectorMetrics(boost::asio::io_context& context, const Clock& clock, std::string directory)
    : clock_(clock),
      directory_(std::move(directory)),
      started_at_(clock.wall()),
      paths_(std::begin(kOtherPaths), std::end(kOtherPaths)),
      requests_(metrics_.counters("dosario_collector_api_requests_total",
                                  "Calls of the API that were answered, by path and HTTP status.")),
      commits_(metrics_.histogram("dosario_collector_commit_seconds",
                                  "From the beginning of a group that wrote to its durable end, over all stations.",
                                  commit_bounds_s())),
      groups_(metrics_.histogram("dosario_collector_commit_jobs", "Requests that shared one commit.", group_bounds())),
      store_question_(context) {
    for (const CollectorCall& row : collector_calls()) paths_.emplace(row.path);
}

StoreObserver CollectorMetrics::observer() {
    StoreObserver observer;
    observer.committed = [this](std::size_t jobs, std::chrono::nanoseconds took) {
        commits_.observe(std::chrono::duration<double>{took}.count());
        groups_.observe(static_cast<double>(jobs));
    };
    return observer;
}

std::function<void(ApiReply)> CollectorMetrics::counting(const std::string& path, std::function<void(ApiReply)> reply) {
    std::string label = paths_.contains(path) ? path : "other";
    return [this, label = std::move(label), reply = std::move(reply)](ApiReply given) {
        requests_.add({{"path", label}, {"status", std::to_string(given.status)}});
        reply(std::move(given));
    };
}

void CollectorMetrics::scrape(StoreThread& store, const UplinkServer& uplink, std::function<void(ApiReply)> reply) {
    auto scrape = std::make_shared<Scrape>();
    Readings& readings = scrape->readings;
    readings.gauge("dosario_collector_build_info", "Always 1; the label is the version of the collector.", 1,
                   {{"version", DOSARIO_VERSION}});
    read_process(readings, started_at_);
    read_counts(readings, uplink.counts());
    readings.gauge("dosario_collector_store_queue", "Requests that wait for the store's thread.",
                   static_cast<double>(store.waiting()));
    readings.gauge("dosario_collector_wal_bytes", "Size of the write-ahead log of the store.",
                   file_bytes(directory_ + "/collector.db-wal"));
    readings.gauge("dosario_collector_free_bytes", "Space left on the disk of the store.", free_bytes_of(directory_));
    auto look = [scrape](SqliteStore& one) {
        Database& db = one.database();
        if (const auto entries = db.number("SELECT coalesce(max(n), 0) FROM event")) scrape->entries = *entries;
        if (const auto lag = projection_lag(db)) scrape->lag = *lag;
        if (const auto aside = db.number("SELECT count(*) FROM quarantine")) scrape->quarantined = *aside;
        scrape->ledgers = seen_ledgers(db);
        (void)db.take_failure();  // what could not be read has no figure
    };
    store_question_.ask(store, std::move(look), [this, scrape, &uplink, reply = std::move(reply)](bool answered) {
        const auto told = [answered](const auto& value) {
            return answered && value ? std::optional{static_cast<double>(*value)} : std::nullopt;
        };
        Readings& all = scrape->readings;
        all.gauge("dosario_collector_store_answers", "1 when the store's thread answered this scrape within two seconds.",
                  answered ? 1 : 0);
        all.gauge("dosario_collector_entries", "Entries in the store.", told(scrape->entries));
        all.gauge("dosario_collector_projection_lag_entries", "Entries that stock, lots and doses do not count yet.",
                  told(scrape->lag));
        all.gauge("dosario_collector_quarantined_entries", "Entries that did not fold into the projections.",
                  told(scrape->quarantined));
        read_stations(all, answered ? &scrape->ledgers : nullptr, uplink, clock_.wall());
        reply({200, metrics_.page(all), "", kMetricsContentType});
    });
}

}  // namespace dosario
