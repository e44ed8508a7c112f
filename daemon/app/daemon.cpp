// SPDX-License-Identifier: Apache-2.0
#include "app/daemon.hpp"

#include "app/answer_watch.hpp"
#include "app/api_token.hpp"
#include "app/backing_up.hpp"
#include "app/ledger_thread.hpp"
#include "ledger/damage_mark.hpp"
#include "system/log.hpp"
#include "system/service_manager.hpp"
#include "system/thread_watch.hpp"
#include "app/long_calls.hpp"
#include "app/metrics_desk.hpp"
#include "app/night_shift.hpp"
#include "app/night_tasks.hpp"
#include "app/reader_desk.hpp"
#include "app/reporting.hpp"
#include "app/uplink_desk.hpp"
#include "system/system_clock.hpp"
#include "http/http_server.hpp"
#include "http/json.hpp"
#include "crypto/openssl.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <csignal>

namespace dosario {
namespace {

namespace asio = boost::asio;

/// What is decided when the daemon is told to stop is still answered, for so long.
constexpr auto kLastAnswers = std::chrono::milliseconds{200};

/// What was asked may still be saved: asked again with the same id it is booked once.
ApiReply not_confirmed() {
    v1::ErrorReply reply;
    reply.set_error("not_confirmed");
    reply.set_message(
        "the disk is slow, and this is not confirmed yet: it may still be saved. Ask again with the same request id, or look at the "
        "last entries (dosario status), before repeating it");
    return {504, to_json(reply), "not_confirmed"};
}

class RunningDaemon final : public Daemon {
public:
    RunningDaemon(const Settings& settings, std::string directory) : settings_(settings), directory_(std::move(directory)) {}
    ~RunningDaemon() override { stop(); }

    Result<void> open();
    int run() override;

private:
    Result<void> open_ledger();
    Result<void> open_api();
    Result<void> open_readers();
    void open_uplink();
    void open_night();
    NightTask nightly_backup();
    void learn_later();
    void learn_now(bool all_is_back);
    void mark_damage(const std::string& what) const;
    v1::UplinkStatus uplink_at_rest() const;
    void stop();

    void answer(ApiCall call, std::function<void(ApiReply)> reply);
    void answer_by_ledger(const ApiRow& row, std::string body, std::function<void(ApiReply)> reply);
    void scanned(Scan scan);
    void back_up(BackingUp::Ended ended, const std::function<void(const Error&)>& refused);
    void adopted(std::string reader, std::string operator_badge, std::function<void(std::optional<Error>)> done);
    void publish(std::string event, std::string json);
    ApiReply say(What what) const;
    void tell_slow();

    Settings settings_;
    std::string directory_;
    std::unique_ptr<Clock> clock_ = make_system_clock();
    std::unique_ptr<Digest> digest_ = make_digest();         ///< the ledger thread's: a digest is for one thread
    std::unique_ptr<Digest> uplink_digest_ = make_digest();  ///< this thread's
    std::unique_ptr<Entropy> entropy_ = make_entropy();
    asio::io_context context_{1};
    asio::signal_set signals_{context_, SIGINT, SIGTERM};
    asio::steady_timer learn_timer_{context_};
    std::set<std::string> adopted_readers_;
    MetricsDesk metrics_{context_, *clock_, directory_};
    AnswerWatch answers_{context_, *clock_, [this] { tell_slow(); }};
    ProgressBoard progress_;
    std::unique_ptr<Verifying> verifying_ = std::make_unique<Verifying>(make_digest(), progress_);
    std::unique_ptr<BackingUp> backing_up_;
    std::unique_ptr<Entropy> persons_entropy_ = make_entropy();
    std::unique_ptr<PersonTable> persons_;  ///< the ledger thread's
    std::unique_ptr<LedgerThread> ledger_;
    std::unique_ptr<Reporting> reporting_ =
        std::make_unique<Reporting>(directory_);  ///< asks the ledger thread, and ends before it
    std::optional<NightShift> night_;
    std::optional<UtcTime> verified_at_;  ///< as the start found it
    std::optional<ThreadWatch> watch_;
    std::unique_ptr<HttpServer> api_;
    std::unique_ptr<ReaderDesk> readers_;
    std::unique_ptr<UplinkDesk> uplink_;
    bool learns_later_ = false;  ///< the catalogue: the end of the ledger may still come back
    bool read_only_ = false;     ///< the ledger is damaged
    int exit_code_ = 0;
};

Result<void> RunningDaemon::open() {
    if (auto opened = open_ledger(); !opened) return opened;
    open_uplink();
    if (auto opened = open_api(); !opened) return opened;
    open_night();
    return open_readers();
}

Result<void> RunningDaemon::open_ledger() {
    const auto calendar = site_calendar(settings_.time_zone);
    if (!calendar) return calendar.error();
    backing_up_ = std::make_unique<BackingUp>(backup_plan(settings_, directory_, *clock_), make_digest(), make_entropy());
    LedgerOpening opening;
    opening.directory = directory_;
    opening.digest = digest_.get();
    opening.entropy = entropy_.get();
    opening.now = {clock_->wall(), clock_->mono(), false};
    opening.build = DOSARIO_VERSION;
    auto ledger = Ledger::open(opening);
    if (!ledger) return ledger.error();
    if (const auto& damage = (*ledger)->log_damage())
        log(Level::error, "log_damaged", {{"what", damage->words()}, {"mended", (*ledger)->log_was_mended() ? "yes" : "no"}});
    constexpr auto kFurthestEast = std::chrono::hours{14};  // there the day begins first
    UtcTime released_at = *parse_date(DOSARIO_RELEASED_ON);
    if (settings_.not_before) released_at = std::max(released_at, UtcTime{*settings_.not_before} - kFurthestEast);
    read_only_ = (*ledger)->damage().has_value();
    if (read_only_) log(Level::error, "ledger_only_read", {{"why", (*ledger)->damage()->message}});
    std::function<v1::UplinkStatus()> uplink;
    if (!settings_.uplink.host.empty()) uplink = [this] { return uplink_ == nullptr ? uplink_at_rest() : uplink_->status(); };
    // After a power cut or a failed disk all is checked in the first quiet ten minutes; the end was checked already.
    const auto verified = (*ledger)->upkeep(kVerified);
    if (!(*ledger)->was_left_open() && verified && *verified && (*verified)->good) verified_at_ = (*verified)->at;
    persons_ = std::make_unique<PersonTable>(directory_, settings_.persons.keep, *persons_entropy_);
    auto service = std::make_unique<Service>(
        **ledger, *clock_, *entropy_,
        ServiceSettings{settings_.station, settings_.site, DOSARIO_VERSION, directory_, settings_.language, settings_.rules,
                        *calendar, released_at, [this] { return ledger_ == nullptr ? std::size_t{0} : ledger_->waiting(); },
                        std::move(uplink), [this] { return answers_.last_slow(); }, settings_.least_free_mib << 20, nullptr,
                        persons_.get(), [this] { return backing_up_->warnings(); }});
    // The catalogue of the configuration becomes facts before the first scan. Where entries are missing the collector may have them: what
    // is written before it was asked would begin a branch without them.
    learns_later_ = (*ledger)->owes_branch() && !settings_.uplink.host.empty() && !read_only_;
    std::optional<Error> failure;
    const Job learn{[&](Service& counter) {
                        if (auto learnt = counter.learn(settings_.products); !learnt) failure = learnt.error();
                    },
                    [&](const std::optional<Error>& failed) {
                        if (failed) failure = failed;
                    }};
    if (!read_only_ && !learns_later_) run_group(*service, {&learn, 1});
    if (failure && failure->failure == Failure::damaged) mark_damage(failure->message);
    if (failure) return *failure;
    adopted_readers_ = service->adopted_readers();
    log(Level::info, "ledger_open", {{"ledger", to_hex((*ledger)->id())}, {"entries", std::to_string((*ledger)->head_seq())}});
    LedgerThread::Hooks hooks;
    hooks.fatal = [this](const Error& error) {
        log(Level::error, "disk_failed", {{"why", error.message}});
        if (error.failure == Failure::damaged) mark_damage(error.message);
        asio::post(context_, [this] {
            exit_code_ = 1;
            context_.stop();
        });
    };
    hooks.grew = [this, alone = settings_.uplink.host.empty()](Seq head) {
        if (alone) return;
        asio::post(context_, [this, head] {
            if (uplink_ != nullptr) uplink_->grew(head);
            if (learns_later_ && ledger_ != nullptr) learn_now(false);  // it may be told of the last group when all has ended
        });
    };
    hooks.committed = [this](std::size_t jobs, std::chrono::nanoseconds took) { metrics_.committed(jobs, took); };
    verifying_->on_report([this](const VerifyReport& report) {
        const auto fault =
            std::find_if(report.faults.begin(), report.faults.end(), [](const auto& one) { return one.of_history; });
        if (fault == report.faults.end()) return;
        log(Level::error, "ledger_damaged", {{"what", fault->what}});
        mark_damage((fault->seq == 0 ? "" : "entry " + std::to_string(fault->seq) + ": ") + fault->what);
    });
    ledger_ = std::make_unique<LedgerThread>(std::move(*ledger), std::move(service), std::move(hooks));
    return {};
}

/// The next start only reads: a daemon that goes on with a damaged file, or ends by it again and again, helps nobody.
void RunningDaemon::mark_damage(const std::string& what) const {
    if (auto marked = write_damage_mark(directory_, {what, ""}); !marked)
        log(Level::error, "damage_not_marked", {{"why", marked.error().message}});
}

/// Of a ledger that is only read nothing is sent: what is damaged would be.
v1::UplinkStatus RunningDaemon::uplink_at_rest() const {
    v1::UplinkStatus status;
    status.set_collector(settings_.uplink.place());
    status.set_state("waiting");
    status.set_problem("the ledger is damaged and only read: nothing is sent until it is mended");
    return status;
}

void RunningDaemon::open_uplink() {
    if (settings_.uplink.host.empty() || read_only_) return;
    UplinkSettings uplink = settings_.uplink;
    if (uplink.identity.empty()) uplink.identity = directory_ + "/station.pem";
    if (uplink.authorities.empty()) uplink.authorities.push_back(directory_ + "/ca.pem");
    uplink_ =
        std::make_unique<UplinkDesk>(context_, *clock_, *entropy_, *uplink_digest_, *ledger_, std::move(uplink), DOSARIO_VERSION);
    uplink_->start();
    if (learns_later_) learn_later();
}

/// When the collector has given back what was lost; or somebody scanned before that, and the branch is begun anyway.
void RunningDaemon::learn_later() {
    constexpr auto kBetweenLooks = std::chrono::milliseconds{500};
    if (!learns_later_ || ledger_ == nullptr) return;
    if (uplink_->status().state() == "connected") return learn_now(true);
    learn_timer_.expires_after(kBetweenLooks);
    learn_timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) learn_later();
    });
}

/// `all_is_back`: the collector was heard. Otherwise only if a scan has begun the branch.
void RunningDaemon::learn_now(bool all_is_back) {
    auto learnt = std::make_shared<bool>(false);
    auto failure = std::make_shared<std::optional<Error>>();
    Job job;
    job.decide = [this, all_is_back, learnt, failure](Service& counter) {
        if (!all_is_back && counter.ledger().owes_branch()) return;
        *learnt = true;
        if (auto done = counter.learn(settings_.products); !done) *failure = done.error();
    };
    job.answer = [this, learnt, failure](const std::optional<Error>& failed) {
        const auto& why = failed ? failed : *failure;
        if (why) log(Level::error, "catalogue_not_learnt", {{"why", why->message}});
        if (!*learnt) return;
        asio::post(context_, [this] { learns_later_ = false; });
    };
    (void)ledger_->post(std::move(job));
}

void RunningDaemon::open_night() {
    const auto hour = site_hour(settings_.time_zone);
    night_.emplace(
        context_, *clock_, hour ? *hour : [](UtcTime) { return 0; });
    if (!settings_.backup.directories.empty()) night_->add(nightly_backup());
    const NightHands hands{context_, *ledger_, *verifying_, *clock_};
    const int hour_of_work = settings_.backup.hour;
    night_->add(verify_task(hands, hour_of_work, verified_at_));
    if (settings_.persons.keep_days > 0) night_->add(forget_task(hands, hour_of_work, settings_.persons.keep_days));
    night_->add(tidy_task(hands, hour_of_work));
}

NightTask RunningDaemon::nightly_backup() {
    NightTask task{"backup", settings_.backup.hour, [this] { return backing_up_->state().last_good; }, {}};
    task.begin = [this](const std::function<void(bool)>& ended) {
        back_up([this, ended](bool good) { asio::post(context_, [ended, good] { ended(good); }); },
                [ended](const Error&) { ended(false); });
    };
    return task;
}

void RunningDaemon::back_up(BackingUp::Ended ended, const std::function<void(const Error&)>& refused) {
    auto chore = backing_up_->begin(std::move(ended));
    if (!chore) return refused(chore.error());
    if (ledger_->post_chore(std::move(*chore))) return;
    const Error busy = fail(Failure::unavailable, "too much long work is waiting already: try again later");
    backing_up_->not_begun(busy);
    refused(busy);
}

Result<void> RunningDaemon::open_api() {
    api_ = std::make_unique<HttpServer>(
        context_, [this](ApiCall call, std::function<void(ApiReply)> reply) { answer(std::move(call), std::move(reply)); });
    if (auto listening = api_->listen_unix(directory_ + "/dosario.sock", settings_.group); !listening) return listening;
    std::string second = settings_.socket;
    if (second.empty() && !runtime_directory().empty()) second = runtime_directory() + "/dosario.sock";
    if (!second.empty()) {
        if (auto listening = api_->listen_unix(second, settings_.group); !listening) return listening;
    }
    if (settings_.tcp.address.empty()) return {};
    auto token = rotate_token(directory_ + "/api.token", *entropy_);
    if (!token) return token.error();
    const bool v6 = settings_.tcp.address.find(':') != std::string::npos;
    std::vector<std::string> hosts = settings_.tcp.hosts;
    hosts.push_back((v6 ? "[" + settings_.tcp.address + "]" : settings_.tcp.address) + ":" + std::to_string(settings_.tcp.port));
    return api_->listen_tcp({settings_.tcp.address, settings_.tcp.port, *token, hosts, settings_.tcp.origins});
}

Result<void> RunningDaemon::open_readers() {
    ReaderDesk::Hooks hooks;
    hooks.scanned = [this](Scan scan) { scanned(std::move(scan)); };
    hooks.adopted = [this](std::string reader, std::string badge, std::function<void(std::optional<Error>)> done) {
        adopted(std::move(reader), std::move(badge), std::move(done));
    };
    hooks.changed = [this] {
        if (readers_ != nullptr) api_->publish("readers", to_json(readers_->list()));
    };
    readers_ = std::make_unique<ReaderDesk>(context_, *clock_, settings_.readers, adopted_readers_, std::move(hooks));
    if (!settings_.usb) return {};
    if (auto started = readers_->start(); !started) {
        // The counter works without scanners (`dosario scan`), so this is said and not fatal.
        log(Level::error, "usb_failed", {{"why", started.error().message}});
    }
    return {};
}

void RunningDaemon::stop() {
    learn_timer_.cancel();
    if (watch_) watch_->stop();
    answers_.stop();
    if (readers_ != nullptr) readers_->stop();
    if (api_ != nullptr) api_->stop_listening();
    if (uplink_ != nullptr) uplink_->stop();
    if (verifying_ != nullptr) verifying_->break_off();
    if (backing_up_ != nullptr) backing_up_->break_off();
    reporting_.reset();
    if (night_) night_->stop();
    ledger_.reset();  // finishes what is queued and closes the file; its answers are on their way to the sessions
    verifying_.reset();
    backing_up_.reset();
    context_.restart();
    context_.run_for(kLastAnswers);
    if (api_ != nullptr) api_->stop();
    context_.restart();
    context_.poll();  // lets connections end
}

int RunningDaemon::run() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
        if (!error) context_.stop();
    });
    log(Level::info, "ready", {{"station", settings_.station}, {"socket", directory_ + "/dosario.sock"}});
    if (const auto period = watchdog_period())
        watch_.emplace(
            context_, [this](std::function<void()> alive) { ledger_->ask(std::move(alive)); }, *period);
    tell_ready("serving station " + settings_.station);
    context_.run();
    tell_stopping();
    stop();
    log(Level::info, "stopped");
    return exit_code_;
}

void RunningDaemon::publish(std::string event, std::string json) {
    asio::post(context_, [this, event = std::move(event), json = std::move(json)] { api_->publish(event, json); });
}

/// An answer that no decision made.
ApiReply RunningDaemon::say(What what) const {
    Review review;
    review.what = what;
    review.sound = what == What::slow_disk ? Sound::notice : Sound::stop;
    v1::ScanReply reply;
    reply.set_sound(std::string{sound_name(review.sound)});
    reply.set_what(std::string{what_name(what)});
    reply.set_message(words_for(review, settings_.language).message);
    return {200, to_json(reply), reply.what()};
}

void RunningDaemon::tell_slow() {
    log(Level::warning, "disk_slow", {{"waiting", std::to_string(ledger_ == nullptr ? 0 : ledger_->waiting())}});
    api_->publish("answer", say(What::slow_disk).body);
}

// --- the API --------------------------------------------------------------------------------------------------------------------

void RunningDaemon::answer(ApiCall call, std::function<void(ApiReply)> reply) {
    reply = metrics_.counting(call.path, std::move(reply));
    if (ledger_ == nullptr)
        return reply(error_reply(fail(Failure::unavailable, "the daemon is stopping: nothing of this was saved")));
    if (call.path == "/metrics")
        return metrics_.scrape(*ledger_, uplink_.get(), *backing_up_, readers_->list(), std::move(reply));
    const bool writes = call.path == "/v1/scan" || call.path == "/v1/readers/adopt" || call.path == "/v1/ledger/snapshot" ||
                        call.path == "/v1/ledger/rebuild" || call.path == "/v1/backup/now" || call.path == "/v1/recall" ||
                        call.path.starts_with("/v1/persons/");
    if (call.method != "POST" && writes)
        return reply(error_reply(fail(Failure::invalid, "this call changes or writes something: POST it")));
    for (const ApiRow& row : ledger_calls()) {
        if (row.path == call.path) return answer_by_ledger(row, std::move(call.body), std::move(reply));
    }
    if (call.path == "/v1/report/moves") {
        v1::MovesRequest request;
        if (auto parsed = from_json(call.body, request); !parsed) return reply(error_reply(parsed.error()));
        return reporting_->begin(request, *ledger_, [reply](const Result<v1::MovesReply>& report) {
            reply(report ? ApiReply{200, to_json(*report)} : error_reply(report.error()));
        });
    }
    if (call.path == "/v1/backup") return reply({200, to_json(backing_up_->status())});
    if (call.path == "/v1/backup/now") {
        std::optional<Error> refused;
        back_up([](bool) {}, [&refused](const Error& error) { refused = error; });
        return reply(refused ? error_reply(*refused) : ApiReply{200, to_json(backing_up_->status())});
    }
    if (call.path == "/v1/ledger/progress") return reply({200, to_json(progress_.read())});
    if (call.path == "/v1/readers") return reply({200, to_json(readers_->list())});
    if (call.path == "/v1/readers/adopt") {
        v1::AdoptRequest request;
        if (auto parsed = from_json(call.body, request); !parsed) return reply(error_reply(parsed.error()));
        if (!request.operator_().empty()) {
            const auto badge = parse_badge(request.operator_());
            if (!badge) return reply(error_reply(fail(Failure::invalid, "a badge is DOSARIO.B. and 8 characters A-Z 0-9")));
            request.set_operator_(*badge);
        }
        return readers_->adopt(request, [reply](Result<v1::AdoptReply> adopted) {
            reply(adopted ? ApiReply{200, to_json(*adopted)} : error_reply(adopted.error()));
        });
    }
    if (auto chore = long_call(call.path, call.body, *verifying_, progress_, reply)) {
        if (!ledger_->post_chore(std::move(*chore)))
            reply(error_reply(fail(Failure::unavailable, "too much long work is waiting already: try again later")));
        return;
    }
    reply(error_reply(fail(
        Failure::not_found,
        "the API has no such path: api.md (docs/ in the sources, /usr/share/doc/dosario when installed) lists what it has")));
}

void RunningDaemon::answer_by_ledger(const ApiRow& row, std::string body, std::function<void(ApiReply)> reply) {
    auto answered = std::make_shared<ApiReply>();
    const bool scan = row.path == "/v1/scan";
    if (scan) metrics_.came(ScanSource::api);
    if (scan && night_) night_->worked();
    const auto call = answers_.begin([this, reply, scan] {
        const auto late = not_confirmed();
        if (scan) metrics_.answered(ScanSource::api, late);
        if (scan) api_->publish("answer", say(What::not_confirmed).body);
        reply(late);
    });
    Job job;
    auto counter = std::make_shared<Service*>(nullptr);
    job.decide = [&row, answered, counter, body = std::move(body)](Service& service) {
        *counter = &service;
        *answered = row.call(service, body);
    };
    job.answer = [this, &row, answered, counter, reply, scan, call](const std::optional<Error>& failure) {
        if (failure) *answered = error_reply(*failure);
        if (!failure && row.then != nullptr) {
            if (auto done = ((*counter)->*row.then)(); !done) *answered = error_reply(done.error());
        }
        const bool first = call->settle();
        if (scan && first) metrics_.answered(ScanSource::api, *answered);
        // One errand to the main thread for all of it: a second one would find it just woken, and quarrel with it over its queue.
        asio::post(context_, [this, answered, reply, scan, first] {
            if (scan && answered->status != 400) api_->publish("answer", answered->body);
            if (first) reply(std::move(*answered));
        });
    };
    if (!ledger_->post(std::move(job))) {
        call->settle();
        const auto full =
            error_reply(fail(Failure::unavailable,
                             "the disk is too slow and too much is waiting: nothing of this was saved, repeat it in a moment"));
        if (scan) metrics_.answered(ScanSource::api, full);
        reply(full);
    }
}

// --- the readers ----------------------------------------------------------------------------------------------------------------

void RunningDaemon::scanned(Scan scan) {
    metrics_.came(ScanSource::reader);
    if (night_) night_->worked();
    v1::ScanRequest request;
    request.set_content(scan.content());
    request.set_reader(scan.reader);
    auto answered = std::make_shared<ApiReply>();
    const auto call = answers_.begin([this] { api_->publish("answer", say(What::not_confirmed).body); });
    Job job;
    job.decide = [answered, request = std::move(request)](Service& service) {
        const auto reply = service.scan(request);
        *answered = reply ? ApiReply{200, to_json(*reply), reply->what()} : error_reply(reply.error());
    };
    job.answer = [this, answered, call](const std::optional<Error>& failure) {
        call->settle();
        if (failure) *answered = error_reply(*failure);
        metrics_.answered(ScanSource::reader, *answered);
        publish("answer", answered->body);
    };
    if (!ledger_->post(std::move(job))) {
        call->settle();
        const auto full =
            error_reply(fail(Failure::unavailable, "too much is waiting: this scan was not saved, repeat it in a moment"));
        log(Level::error, "scan_dropped", {{"reader", scan.reader}});
        metrics_.answered(ScanSource::reader, full);
        publish("answer", full.body);
    }
}

void RunningDaemon::adopted(std::string reader, std::string operator_badge, std::function<void(std::optional<Error>)> done) {
    auto failure = std::make_shared<std::optional<Error>>();
    Job job;
    job.decide = [failure, reader = std::move(reader), operator_badge = std::move(operator_badge)](Service& service) {
        if (auto kept = service.adopt(reader, operator_badge); !kept) *failure = kept.error();
    };
    job.answer = [this, failure, done](const std::optional<Error>& failed) {
        if (failed) *failure = failed;
        asio::post(context_, [failure, done] { done(*failure); });
    };
    if (!ledger_->post(std::move(job))) done(fail(Failure::unavailable, "too much is waiting: try again in a moment"));
}

}  // namespace

Result<std::unique_ptr<Daemon>> Daemon::start(const Settings& settings, const std::string& directory) {
    auto daemon = std::make_unique<RunningDaemon>(settings, directory);
    if (auto opened = daemon->open(); !opened) return opened.error();
    return std::unique_ptr<Daemon>{std::move(daemon)};
}

}  // namespace dosario
