// SPDX-License-Identifier: Apache-2.0
#include "collector/collector.hpp"

#include "collector/api.hpp"
#include "collector/collector_metrics.hpp"
#include "collector/pki.hpp"
#include "collector/queries.hpp"
#include "collector/uplink_server.hpp"
#include "collector/verify.hpp"
#include "crypto/openssl.hpp"
#include "crypto/secret_file.hpp"
#include "http/http_server.hpp"
#include "http/json.hpp"
#include "system/log.hpp"
#include "system/service_manager.hpp"
#include "system/system_clock.hpp"
#include "system/thread_watch.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <sys/statvfs.h>

#include <csignal>

namespace dosario {
namespace {

namespace asio = boost::asio;

constexpr auto kLastAnswers = std::chrono::milliseconds{500};
constexpr std::size_t kEntriesVerifiedAtOnce = 500;
constexpr std::size_t kEntriesProjectedAtOnce = 512;
constexpr auto kBetweenRenewals = std::chrono::hours{1};
const UtcTime kReleasedOn = *parse_date(DOSARIO_RELEASED_ON);

/// Without the authority's key no station's certificate is renewed: that is said at the start, not when the first one asks.
void look_at_signer(const std::string& file) {
    if (file == "none") return;
    auto text = read_secret(file);
    if (text) return wipe(*text);
    log(Level::warning, "signer_not_usable",
        {{"why", text.error().message +
                     ". No certificate is renewed until then; where that is meant, say signer = \"none\" in [certificates]"}});
}

class RunningCollector final : public Collector {
public:
    RunningCollector(CollectorSettings settings, std::string directory)
        : settings_(std::move(settings)), directory_(std::move(directory)) {}
    ~RunningCollector() override { stop(); }

    Result<void> open();
    int run() override;

private:
    Result<std::shared_ptr<const TlsContext>> read_certificates();
    void use_certificates();
    bool renew_certificate();
    void keep_certificate();
    void answer(ApiCall call, std::function<void(ApiReply)> reply);
    void look(const CollectorCall& call, std::string body, std::function<void(ApiReply)> reply);
    void status(std::function<void(ApiReply)> reply);
    void stop();

    CollectorSettings settings_;
    std::string directory_;
    std::unique_ptr<Clock> clock_ = make_system_clock();
    std::unique_ptr<Digest> digest_ = make_digest();        ///< this thread's: a digest is for one thread
    std::unique_ptr<Digest> store_digest_ = make_digest();  ///< the store's thread's
    asio::io_context context_{1};
    asio::signal_set signals_{context_, SIGINT, SIGTERM, SIGHUP};
    asio::steady_timer renewal_{context_};
    CollectorMetrics metrics_{context_, *clock_, directory_};
    std::unique_ptr<StoreThread> store_;
    std::optional<ThreadWatch> watch_;
    std::unique_ptr<UplinkServer> uplink_;
    std::unique_ptr<HttpServer> api_;
    std::string name_;
    int exit_code_ = 0;
    bool stopped_ = false;
};

Result<std::shared_ptr<const TlsContext>> RunningCollector::read_certificates() {
    const PkiPaths paths = pki_paths(directory_);
    const std::string identity = settings_.identity.empty() ? paths.collector : settings_.identity;
    TlsFiles files{identity, identity, settings_.authorities};
    if (files.authorities.empty()) files.authorities.push_back(paths.ca);
    auto tls = TlsContext::for_collector(files, [this] { return std::max(clock_->wall(), kReleasedOn); });
    if (!tls && tls.error().failure == Failure::not_found)
        return fail(Failure::not_found,
                    tls.error().message + " (`dosario-collector --data " + directory_ + " pki init` makes certificates)");
    return tls;
}

/// From the next handshake on.
void RunningCollector::use_certificates() {
    if (auto tls = read_certificates()) {
        uplink_->use(std::move(*tls));
        log(Level::info, "certificates_read");
    } else {
        log(Level::error, "certificates_not_read", {{"why", tls.error().message}});
    }
}

/// The collector's own, when it is of the authority in the data directory. Not by a dead clock.
bool RunningCollector::renew_certificate() {
    if (!settings_.identity.empty() || clock_->wall() < kReleasedOn || !collector_renewal_due(directory_, clock_->wall()))
        return false;
    const auto until = renew_collector(directory_, clock_->wall());
    if (until)
        log(Level::info, "own_certificate_renewed", {{"until", format_utc(*until)}});
    else
        log(Level::error, "own_certificate_not_renewed", {{"why", until.error().message}});
    return until.has_value();
}

void RunningCollector::keep_certificate() {
    renewal_.expires_after(kBetweenRenewals);
    renewal_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        if (renew_certificate()) use_certificates();
        keep_certificate();
    });
}

Result<void> RunningCollector::open() {
    (void)renew_certificate();
    auto tls = read_certificates();
    if (!tls) return tls.error();
    name_ = (*tls)->own().name;
    auto store = SqliteStore::open(directory_, true);
    if (!store) return store.error();
    store_ = make_store_thread(std::move(*store), metrics_.observer(), [this](const Error& error) {
        log(Level::error, "disk_failed", {{"why", error.message}});
        asio::post(context_, [this] {
            exit_code_ = 1;
            context_.stop();
        });
    });
    const std::string signer = settings_.signer.empty() ? pki_paths(directory_).authority : settings_.signer;
    look_at_signer(signer);
    uplink_ = std::make_unique<UplinkServer>(
        context_, *clock_, *digest_, *store_,
        [this, signer](const std::string& request, const std::string& station) -> Result<std::string> {
            if (signer == "none")
                return fail(Failure::refused, "this collector renews no certificates: ask whoever issued yours");
            return renew_station(signer, request, station, clock_->wall());
        });
    if (auto listening = uplink_->listen(settings_.address, settings_.port, *tls); !listening) return listening;
    api_ = std::make_unique<HttpServer>(
        context_, [this](ApiCall call, std::function<void(ApiReply)> reply) { answer(std::move(call), std::move(reply)); });
    if (auto listening = api_->listen_unix(directory_ + "/collector.sock", settings_.group); !listening) return listening;
    std::string second = settings_.socket;
    if (second.empty() && !runtime_directory().empty()) second = runtime_directory() + "/collector.sock";
    if (!second.empty()) return api_->listen_unix(second, settings_.group);
    return {};
}

int RunningCollector::run() {
    std::function<void(const boost::system::error_code&, int)> signalled = [&](const boost::system::error_code& error,
                                                                               int number) {
        if (error) return;
        if (number != SIGHUP) return context_.stop();
        use_certificates();  // they were renewed, or an authority was added
        signals_.async_wait(signalled);
    };
    signals_.async_wait(signalled);
    keep_certificate();
    log(Level::info, "ready",
        {{"collector", name_}, {"port", std::to_string(uplink_->port())}, {"socket", directory_ + "/collector.sock"}});
    if (const auto period = watchdog_period())
        watch_.emplace(
            context_, [this](std::function<void()> alive) { store_->ask(std::move(alive)); }, *period);
    tell_ready("receiving on port " + std::to_string(uplink_->port()));
    context_.run();
    tell_stopping();
    stop();
    log(Level::info, "stopped");
    return exit_code_;
}

void RunningCollector::stop() {
    if (std::exchange(stopped_, true)) return;
    renewal_.cancel();
    if (watch_) watch_->stop();
    if (uplink_ != nullptr) uplink_->stop();
    if (api_ != nullptr) api_->stop_listening();
    context_.restart();
    context_.run_for(kLastAnswers);
    if (uplink_ != nullptr) uplink_->close();
    store_.reset();  // finishes what is queued and closes the file
    if (api_ != nullptr) api_->stop();
    context_.restart();
    context_.poll();
}

// --- the API ---------------------------------------------------------------------------------------------------------------------

void RunningCollector::answer(ApiCall call, std::function<void(ApiReply)> reply) {
    reply = metrics_.counting(call.path, std::move(reply));
    if (store_ == nullptr) return reply(error_reply(fail(Failure::unavailable, "the collector is stopping")));
    for (const CollectorCall& row : collector_calls()) {
        if (row.path == call.path) return look(row, std::move(call.body), std::move(reply));
    }
    if (call.path == "/metrics") return metrics_.scrape(*store_, *uplink_, std::move(reply));
    if (call.path == "/v1/status") return status(std::move(reply));
    if (call.path == "/v1/verify") {
        auto verifier = std::make_shared<std::unique_ptr<StoreVerifier>>();
        const bool posted = store_->post_chore([this, verifier, reply](SqliteStore& store) {
            if (*verifier == nullptr) *verifier = std::make_unique<StoreVerifier>(store.database(), *store_digest_);
            const auto more = (*verifier)->step(kEntriesVerifiedAtOnce);
            if (!more) return reply(error_reply(more.error())), false;
            if (!*more) reply({200, to_json((*verifier)->report())});
            return *more;
        });
        if (!posted) reply(error_reply(fail(Failure::unavailable, "too much long work is waiting already: try again later")));
        return;
    }
    if (call.path == "/v1/rebuild") {
        if (call.method != "POST") return reply(error_reply(fail(Failure::invalid, "this call changes something: POST it")));
        const bool posted = store_->post_chore([reply, entries = std::optional<std::uint64_t>{}](SqliteStore& store) mutable {
            if (!entries) {
                if (auto forgotten = store.forget_projections(); !forgotten) return reply(error_reply(forgotten.error())), false;
                const auto lag = projection_lag(store.database());
                entries = lag ? *lag : 0;
            }
            const auto more = store.project(kEntriesProjectedAtOnce);
            if (!more) return reply(error_reply(more.error())), false;
            if (*more) return true;
            v1::CollectorRebuildReply done;
            done.set_entries(*entries);
            reply({200, to_json(done)});
            return false;
        });
        if (!posted) reply(error_reply(fail(Failure::unavailable, "too much long work is waiting already: try again later")));
        return;
    }
    reply(error_reply(fail(
        Failure::not_found,
        "the API has no such path: collector.md (docs/ in the sources, /usr/share/doc/dosario when installed) lists what it has")));
}

void RunningCollector::look(const CollectorCall& call, std::string body, std::function<void(ApiReply)> reply) {
    auto answered = std::make_shared<ApiReply>();
    const bool stations_too = call.path == "/v1/stations";
    StoreThread::Job job;
    job.decide = [&call, answered, body = std::move(body)](SqliteStore& store) {
        *answered = call.answer(store, body);
        // What this look could not read is no reason to refuse what stations send.
        if (const auto failure = store.database().take_failure()) *answered = error_reply(*failure);
    };
    job.answer = [this, answered, reply, stations_too](const std::optional<Error>& failure) {
        if (failure) *answered = error_reply(*failure);
        if (!stations_too || answered->status != 200) return reply(std::move(*answered));
        asio::post(context_, [this, answered, reply] {
            v1::StationsReply stations;
            if (from_json(answered->body, stations) && uplink_ != nullptr) {
                for (auto& line : *stations.mutable_stations()) {
                    const auto id = from_hex(line.ledger());
                    LedgerId ledger{};
                    if (!id || id->size() != ledger.size()) continue;
                    std::copy(id->begin(), id->end(), ledger.begin());
                    if (const auto heard = uplink_->heard(ledger)) {
                        line.set_connected(true);
                        line.set_last_seen(format_utc(*heard));
                    }
                }
                answered->body = to_json(stations);
            }
            reply(std::move(*answered));
        });
    };
    if (!store_->post(std::move(job)))
        reply(error_reply(fail(Failure::unavailable, "the store has too much to do: repeat it in a moment")));
}

void RunningCollector::status(std::function<void(ApiReply)> reply) {
    auto found = std::make_shared<v1::CollectorStatusReply>();
    found->set_version(DOSARIO_VERSION);
    found->set_collector(name_);
    found->set_connected(static_cast<std::uint32_t>(uplink_->connected()));
    struct statvfs space {};
    if (statvfs(directory_.c_str(), &space) == 0) found->set_free_bytes(std::uint64_t{space.f_bavail} * space.f_frsize);
    StoreThread::Job job;
    job.decide = [found](SqliteStore& store) {
        Database& db = store.database();
        const auto entries = db.number("SELECT coalesce(max(n), 0) FROM event");
        const auto lag = projection_lag(db);
        const auto aside = db.number("SELECT count(*) FROM quarantine");
        if (entries) found->set_entries(static_cast<std::uint64_t>(*entries));
        if (lag) found->set_lag(*lag);
        if (aside) found->set_quarantined(static_cast<std::uint64_t>(*aside));
        if (const auto failure = db.take_failure()) found->add_warnings(failure->message);
    };
    job.answer = [found, reply](const std::optional<Error>& failure) {
        if (failure) return reply(error_reply(*failure));
        if (found->quarantined() > 0)
            found->add_warnings(std::to_string(found->quarantined()) +
                                " entries are in quarantine: dosario-collector quarantine shows them");
        reply({200, to_json(*found)});
    };
    if (!store_->post(std::move(job)))
        reply(error_reply(fail(Failure::unavailable, "the store has too much to do: repeat it in a moment")));
}

}  // namespace

Result<std::unique_ptr<Collector>> Collector::start(const CollectorSettings& settings, const std::string& directory) {
    auto collector = std::make_unique<RunningCollector>(settings, directory);
    if (auto opened = collector->open(); !opened) return opened.error();
    return std::unique_ptr<Collector>{std::move(collector)};
}

}  // namespace dosario
