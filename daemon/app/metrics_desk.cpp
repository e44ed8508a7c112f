// SPDX-License-Identifier: Apache-2.0
#include "app/metrics_desk.hpp"

#include "control/api.hpp"
#include "metrics/process.hpp"

#include <algorithm>

namespace dosario {
namespace {

/// Beside those of ledger_calls(). What else is asked for counts as one path, so that nobody makes series at will.
constexpr const char* kOtherPaths[] = {"/v1/readers",
                                       "/v1/readers/adopt",
                                       "/v1/readers/zone",
                                       "/v1/readers/record",
                                       "/v1/readers/listen",
                                       "/v1/readers/field",
                                       "/v1/readers/tag",
                                       "/v1/practice",
                                       "/v1/doctor",
                                       "/v1/ledger/verify",
                                       "/v1/ledger/snapshot",
                                       "/v1/ledger/rebuild",
                                       "/v1/ledger/progress",
                                       "/v1/backup",
                                       "/v1/backup/now",
                                       "/v1/report/moves",
                                       "/metrics"};

MetricLabels of(ScanSource source) { return {{"source", source == ScanSource::reader ? "reader" : "api"}}; }

MetricLabels labels_of(ScanSource source, std::string_view what) {
    MetricLabels labels = of(source);
    labels["what"] = what;
    return labels;
}

/// Told of from the start: an increase from nothing to 1 is none.
constexpr Failure kAlarming[] = {Failure::full, Failure::io, Failure::damaged, Failure::unavailable};

void read_uplink(Readings& readings, const std::optional<UplinkDesk::Contact>& contact, std::optional<double> lag,
                 std::optional<UtcTime> now) {
    std::optional<double> connected, silence, certificate;
    if (contact) {
        connected = contact->connected ? 1 : 0;
        silence = in_seconds(contact->silence);
        if (contact->certificate_ends && now) certificate = in_seconds(*contact->certificate_ends - *now);
    }
    readings.gauge("dosario_uplink_connected", "1 while entries flow to the collector.", connected);
    readings.gauge("dosario_uplink_silence_seconds",
                   "Since there was a connection to the collector, or since the start; 0 while connected.", silence);
    readings.gauge("dosario_uplink_lag_entries", "Entries of the ledger that the collector is not known to have.", lag);
    readings.gauge("dosario_uplink_certificate_seconds",
                   "How long the station's certificate is still good, by the time that decisions are made for.", certificate);
}

void read_backup(Readings& readings, const BackupState& state, UtcTime now) {
    std::optional<double> age, failing, good;
    if (state.last_good) age = in_seconds(now - *state.last_good);
    if (state.folders > 0) {
        failing = static_cast<double>(state.folders_failing);
        good = static_cast<double>(state.folders);
    }
    readings.gauge("dosario_backup_age_seconds", "Since the newest good backup was made, by this computer's clock.", age);
    readings.gauge("dosario_backup_folders", "Folders that backups are to be written to.", good);
    readings.gauge("dosario_backup_folders_failing", "Folders that the last attempt left without a backup.", failing);
}

/// Of the devices that are taken or should be: not of the keyboards and mice of the people.
void read_readers(Readings& readings, const v1::ReadersReply& all) {
    const char* const state = "dosario_reader_state";
    const char* const health = "dosario_reader_health";
    const char* const scans = "dosario_reader_scans_total";
    const char* const echoes = "dosario_reader_echoes_total";
    const char* const faults = "dosario_reader_faults_total";
    const char* const failures = "dosario_reader_failures_total";
    const char* const reconnects = "dosario_reader_reconnects_total";
    const char* const state_help = "Readers of this name that are in this state: open, opening, asleep or failed.";
    const char* const health_help = "Open readers of this name whose health is this: good, poor or silent.";
    const char* const scans_help = "Codes that the reader read since it was plugged in, echoes too.";
    const char* const echoes_help = "Codes that were the same gesture as the one before, since the reader was plugged in.";
    const char* const faults_help = "Reports of the reader that its driver did not understand, since it was plugged in.";
    const char* const failures_help = "Times that the reader could not be opened or went wrong, since the daemon started.";
    const char* const reconnects_help = "Times that the reader was plugged in again, since the daemon started.";
    readings.gauge(state, state_help, std::nullopt);
    readings.gauge(health, health_help, std::nullopt);
    readings.counter(scans, scans_help, std::nullopt);
    readings.counter(echoes, echoes_help, std::nullopt);
    readings.counter(faults, faults_help, std::nullopt);
    readings.counter(failures, failures_help, std::nullopt);
    readings.counter(reconnects, reconnects_help, std::nullopt);
    static constexpr std::string_view kTold[] = {"open", "opening", "asleep", "failed", "refused"};
    for (const v1::Reader& one : all.readers()) {
        if (std::ranges::find(kTold, one.state()) == std::end(kTold)) continue;
        const MetricLabels labels{{"reader", one.name()}, {"driver", one.driver()}};
        const auto with = [&labels](const char* name, const std::string& value) {
            MetricLabels more = labels;
            more[name] = value;
            return more;
        };
        readings.gauge(state, state_help, 1, with("state", one.state()));
        if (!one.health().empty()) readings.gauge(health, health_help, 1, with("health", one.health()));
        readings.counter(scans, scans_help, static_cast<double>(one.scans()), labels);
        readings.counter(echoes, echoes_help, static_cast<double>(one.echoes()), labels);
        const v1::FaultCounts& kinds = one.faults_by_kind();
        readings.counter(faults, faults_help, static_cast<double>(kinds.checksum()), with("kind", "checksum"));
        readings.counter(faults, faults_help, static_cast<double>(kinds.length()), with("kind", "length"));
        readings.counter(faults, faults_help, static_cast<double>(kinds.framing()), with("kind", "framing"));
        readings.counter(failures, failures_help, static_cast<double>(one.failures()), labels);
        readings.counter(reconnects, reconnects_help, static_cast<double>(one.reconnects()), labels);
    }
}

}  // namespace

struct MetricsDesk::Scrape {
    Readings readings;
    std::optional<UplinkDesk::Contact> contact;
    // By the ledger thread:
    std::optional<Seq> entries;
    std::optional<bool> read_only;
    std::optional<std::uint64_t> lag;
    std::optional<UtcTime> now;
};

MetricsDesk::MetricsDesk(boost::asio::io_context& context, const Clock& clock, std::string directory)
    : clock_(clock),
      directory_(std::move(directory)),
      started_at_(clock.wall()),
      paths_(std::begin(kOtherPaths), std::end(kOtherPaths)),
      scans_(metrics_.counters("dosario_scans_total", "Scans that came to be decided, from readers and from the API.")),
      answers_(metrics_.counters("dosario_answers_total", "Answers to scans, by their code or the word of the error.")),
      requests_(metrics_.counters("dosario_api_requests_total", "Calls of the API that were answered, by path and HTTP status.")),
      commits_(metrics_.histogram("dosario_commit_seconds", "From the first decision of a group that wrote to its durable end.",
                                  commit_bounds_s())),
      groups_(metrics_.histogram("dosario_commit_jobs", "Requests that shared one commit.", group_bounds())),
      ledger_question_(context) {
    for (const ApiRow& row : ledger_calls()) paths_.emplace(row.path);
    for (const ScanSource source : {ScanSource::reader, ScanSource::api}) {
        scans_.add(of(source), 0);
        for (const Failure failure : kAlarming) answers_.add(labels_of(source, failure_name(failure)), 0);
    }
}

void MetricsDesk::came(ScanSource source) { scans_.add(of(source)); }

void MetricsDesk::answered(ScanSource source, const ApiReply& reply) { answers_.add(labels_of(source, reply.what)); }

void MetricsDesk::committed(std::size_t jobs, std::chrono::nanoseconds took) {
    commits_.observe(std::chrono::duration<double>{took}.count());
    groups_.observe(static_cast<double>(jobs));
}

std::function<void(ApiReply)> MetricsDesk::counting(const std::string& path, std::function<void(ApiReply)> reply) {
    std::string label = paths_.contains(path) ? path : "other";
    return [this, label = std::move(label), reply = std::move(reply)](ApiReply given) {
        requests_.add({{"path", label}, {"status", std::to_string(given.status)}});
        reply(std::move(given));
    };
}

void MetricsDesk::scrape(LedgerThread& ledger, const UplinkDesk* uplink, const BackingUp& backing_up,
                         const v1::ReadersReply& readers, std::function<void(ApiReply)> reply) {
    auto scrape = std::make_shared<Scrape>();
    if (uplink != nullptr) scrape->contact = uplink->contact();
    Readings& readings = scrape->readings;
    readings.gauge("dosario_build_info", "Always 1; the label is the version of the daemon.", 1, {{"version", DOSARIO_VERSION}});
    read_process(readings, started_at_);
    read_readers(readings, readers);
    read_backup(readings, backing_up.state(), clock_.wall());
    readings.gauge("dosario_ledger_queue", "Requests that wait for the ledger thread.", static_cast<double>(ledger.waiting()));
    readings.gauge("dosario_ledger_long_work", "Long calls that wait for the ledger thread, or for their next slice.",
                   static_cast<double>(ledger.waiting_chores()));
    readings.gauge("dosario_wal_bytes", "Size of the write-ahead log of the ledger.", file_bytes(directory_ + "/ledger.db-wal"));
    readings.gauge("dosario_free_bytes", "Space left on the disk of the ledger.", free_bytes_of(directory_));
    auto look = [scrape, alone = uplink == nullptr](Service& service) {
        scrape->entries = service.ledger().head_seq();
        scrape->read_only = service.ledger().damage().has_value();
        scrape->now = service.believed_time();
        if (alone) return;
        if (const auto lag = service.ledger().unacknowledged()) scrape->lag = *lag;
    };
    ledger_question_.ask(ledger, std::move(look), [this, scrape, reply = std::move(reply)](bool answered) {
        const auto told = [answered](const auto& value) {
            return answered && value ? std::optional{static_cast<double>(*value)} : std::nullopt;
        };
        Readings& all = scrape->readings;
        all.gauge("dosario_ledger_answers", "1 when the ledger thread answered this scrape within two seconds.",
                  answered ? 1 : 0);
        all.gauge("dosario_ledger_entries", "Entries of the ledger.", told(scrape->entries));
        all.gauge("dosario_ledger_read_only", "1 when the ledger is damaged and nothing is saved.", told(scrape->read_only));
        read_uplink(all, scrape->contact, told(scrape->lag), answered ? scrape->now : std::nullopt);
        reply({200, metrics_.page(all), "", kMetricsContentType});
    });
}

}  // namespace dosario
