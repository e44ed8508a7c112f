// SPDX-License-Identifier: Apache-2.0
// The daemon that runs: what it is made of. daemon_opening.cpp puts it together, daemon_answers.cpp has what comes in and what is answered,
// daemon.cpp its beginning and end.
#pragma once

#include "app/answer_watch.hpp"
#include "app/backing_up.hpp"
#include "app/count_turn.hpp"
#include "app/daemon.hpp"
#include "app/ledger_thread.hpp"
#include "app/metrics_desk.hpp"
#include "app/night_shift.hpp"
#include "app/reader_desk.hpp"
#include "app/reporting.hpp"
#include "app/untold_trays.hpp"
#include "app/uplink_desk.hpp"
#include "app/verifying.hpp"
#include "control/api.hpp"
#include "crypto/openssl.hpp"
#include "http/http_server.hpp"
#include "system/system_clock.hpp"
#include "system/thread_watch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <mutex>
#include <set>

namespace dosario {

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
    std::vector<std::string> warnings() const;
    NightTask nightly_backup();
    void learn_later();
    void learn_now(bool all_is_back);
    void mark_damage(const std::string& what);
    v1::UplinkStatus uplink_at_rest() const;
    void stop();

    void answer(ApiCall call, std::function<void(ApiReply)> reply);
    void answer_by_ledger(const ApiRow& row, std::string body, std::function<void(ApiReply)> reply);
    void ask_ledger(const ApiRow& row, std::string body, std::function<void(ApiReply)> reply);
    void scanned(Scan scan);
    void tray_seen(SeenTray seen);
    void look_at_chips(const std::string& pad);
    Date today() const;
    void work_on_tag(const std::string& body, std::function<void(ApiReply)> reply);
    void work_on_tag(const v1::TagRequest& request, const std::function<void(ApiReply)>& reply);
    void practise(const std::string& body, std::function<void(ApiReply)> reply);
    using Labels = std::vector<std::string>;
    void find_labels(Labels codes, std::function<void(Result<Labels>)> found);
    void heard(v1::ScanRequest request);
    ApiReply reader_says(const char* what, const std::string& reader, const std::string& zone) const;
    ApiReply pad_reads(const v1::ScanRequest& request, ScanSource source);
    void read_damaged(const std::string& reader, const std::string& zone);
    void back_up(BackingUp::Ended ended, const std::function<void(const Error&)>& refused);
    void keep_for_readers(std::function<Result<void>(Service&)> keep, ReaderDesk::Kept done);
    void publish(std::string event, std::string json);
    ApiReply say(What what) const;
    void tell_slow();

    Settings settings_;
    std::string directory_;
    std::unique_ptr<Clock> clock_ = make_system_clock();
    std::unique_ptr<Digest> digest_ = make_digest();         ///< the ledger thread's: a digest is for one thread
    std::unique_ptr<Digest> uplink_digest_ = make_digest();  ///< this thread's
    std::unique_ptr<Entropy> entropy_ = make_entropy();
    boost::asio::io_context context_{1};
    boost::asio::signal_set signals_{context_, SIGINT, SIGTERM};
    boost::asio::steady_timer learn_timer_{context_};
    ReaderDeskSettings reader_settings_;  ///< as the start found them
    MetricsDesk metrics_{context_, *clock_, directory_};
    AnswerWatch answers_{context_, *clock_, [this] { tell_slow(); }};
    CountTurn counts_{context_, *clock_, [this](const std::string& zone) {
                          if (readers_ == nullptr || !readers_->is_unsure(zone)) return false;
                          readers_->cut_short(zone);
                          return true;
                      }};
    UntoldTrays untold_{context_, [this](const std::string& pad, const std::string& zone) {
                            if (readers_ != nullptr) tray_seen(readers_->lies_on(pad, zone));
                        }};
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
    std::string usb_problem_;    ///< why there are no readers at all; empty: USB works
    bool learns_later_ = false;  ///< the catalogue: the end of the ledger may still come back
    bool read_only_ = false;     ///< the ledger is damaged
    std::mutex marking_;         ///< damage is met on the ledger thread and by who verifies
    int exit_code_ = 0;
};

}  // namespace dosario
