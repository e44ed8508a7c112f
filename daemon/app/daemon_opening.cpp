// SPDX-License-Identifier: Apache-2.0
// Puts the daemon together, from the ledger outwards.
#include "app/running_daemon.hpp"

#include "app/api_token.hpp"
#include "app/night_tasks.hpp"
#include "http/json.hpp"
#include "system/log.hpp"
#include "system/service_manager.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace dosario {

namespace asio = boost::asio;

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
                        persons_.get(), [this] { return warnings(); }});
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
    reader_settings_ = {settings_.readers, service->adopted_readers(), {}, settings_.language};
    if (auto zones = service->zones()) reader_settings_.zones = std::move(*zones);
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

std::vector<std::string> RunningDaemon::warnings() const {
    std::vector<std::string> all;
    if (!settings_.practice.empty())
        all.emplace_back(
            "this is a practice pharmacy: readers in [practice] of the configuration are simulated, and what they read is not there");
    for (std::string& one : backing_up_->warnings()) all.push_back(std::move(one));
    return all;
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
    uplink_ = std::make_unique<UplinkDesk>(context_, *clock_, *entropy_, *uplink_digest_, *ledger_,
                                           with_files(settings_.uplink, directory_), DOSARIO_VERSION);
    uplink_->start();
    if (learns_later_) learn_later();
}

/// When the collector has given back what was lost; or somebody scanned before that, and the branch is begun anyway.
void RunningDaemon::learn_later() {
    constexpr auto kBetweenLooks = std::chrono::milliseconds{500};
    learn_timer_.expires_after(kBetweenLooks);
    learn_timer_.async_wait([this](const boost::system::error_code& error) {
        if (error || !learns_later_ || ledger_ == nullptr) return;
        if (uplink_->status().state() == "connected") return learn_now(true);
        learn_later();
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
        if (failed) asio::post(context_, [this] { learn_later(); });
        if (!*learnt || failed) return;
        asio::post(context_, [this] { learns_later_ = false; });
    };
    if (!ledger_->post(std::move(job))) learn_later();
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
    hooks.tray = [this](SeenTray tray) { tray_seen(std::move(tray)); };
    hooks.damaged = [this](const std::string& reader, const std::string& zone) { read_damaged(reader, zone); };
    hooks.adopted = [this](const std::string& reader, const std::string& badge, ReaderDesk::Kept done) {
        keep_for_readers([reader, badge](Service& service) { return service.adopt(reader, badge); }, std::move(done));
    };
    hooks.zoned = [this](const std::string& reader, const std::string& zone, ReaderDesk::Kept done) {
        keep_for_readers([reader, zone](Service& service) { return service.keep_zone(reader, zone); }, std::move(done));
    };
    hooks.changed = [this] {
        if (readers_ != nullptr) api_->publish("readers", to_json(readers_->list()));
    };
    readers_ = std::make_unique<ReaderDesk>(context_, *clock_, reader_settings_, std::move(hooks));
    if (!settings_.practice.empty()) {
        log(Level::warning, "practice_readers", {{"readers", std::to_string(settings_.practice.size())}});
        readers_->practise(settings_.practice);
    }
    if (!settings_.usb) return {};
    if (auto started = readers_->start(); !started) {
        // The counter works without scanners (`dosario scan`), so this is said and not fatal.
        usb_problem_ = started.error().message;
        log(Level::error, "usb_failed", {{"why", usb_problem_}});
    }
    return {};
}

}  // namespace dosario
