// SPDX-License-Identifier: Apache-2.0
// Beginning and end of the daemon.
#include "app/running_daemon.hpp"

#include "ledger/damage_mark.hpp"
#include "system/log.hpp"
#include "system/service_manager.hpp"

#include <csignal>

namespace dosario {

namespace {

/// What is decided when the daemon is told to stop is still answered, for so long.
constexpr auto kLastAnswers = std::chrono::milliseconds{200};

}  // namespace

Result<void> RunningDaemon::open() {
    if (auto opened = open_ledger(); !opened) return opened;
    open_uplink();
    if (auto opened = open_api(); !opened) return opened;
    open_night();
    return open_readers();
}

/// The next start only reads: a daemon that goes on with a damaged file, or ends by it again and again, helps nobody.
void RunningDaemon::mark_damage(const std::string& what) {
    const std::lock_guard lock{marking_};
    if (auto marked = write_damage_mark(directory_, {what, ""}); !marked)
        log(Level::error, "damage_not_marked", {{"why", marked.error().message}});
}

void RunningDaemon::stop() {
    learn_timer_.cancel();
    if (watch_) watch_->stop();
    answers_.stop();
    counts_.stop();
    untold_.stop();
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
    // Who asks twice is not heard any more: all is given back, and the program ends well.
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    log(Level::info, "stopped");
    return exit_code_;
}

Result<std::unique_ptr<Daemon>> Daemon::start(const Settings& settings, const std::string& directory) {
    auto daemon = std::make_unique<RunningDaemon>(settings, directory);
    if (auto opened = daemon->open(); !opened) return opened.error();
    return std::unique_ptr<Daemon>{std::move(daemon)};
}

}  // namespace dosario
