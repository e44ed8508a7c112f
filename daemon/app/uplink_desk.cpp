// SPDX-License-Identifier: Apache-2.0
#include "app/uplink_desk.hpp"

#include "app/machine_print.hpp"
#include "crypto/secret_file.hpp"
#include "net/waiting.hpp"
#include "system/log.hpp"

#include <boost/asio/post.hpp>

#include <unistd.h>

namespace dosario {

namespace asio = boost::asio;

namespace {

constexpr auto kAfterQueueFull = std::chrono::seconds{1};
constexpr auto kBetweenRenewals = std::chrono::hours{6};
constexpr int kMostNotices = 16;

UplinkEnd not_yet(const Error& error) {
    return {error.failure == Failure::refused ? UplinkEndReason::refused : UplinkEndReason::no_answer, error.message, {}};
}

/// From two thirds of its life on.
bool renewal_due(const CertificateInfo& own, UtcTime now) {
    return now >= own.not_before + (own.not_after - own.not_before) / 3 * 2;
}

}  // namespace

struct UplinkDesk::Start {
    LedgerTail tail;
    UtcTime at{};  ///< by the clock that decisions are made for
};

UplinkDesk::UplinkDesk(asio::io_context& context, const Clock& clock, Entropy& entropy, const Digest& digest,
                       LedgerThread& ledger, UplinkSettings settings, std::string build)
    : context_(context),
      clock_(clock),
      digest_(digest),
      ledger_(ledger),
      settings_(std::move(settings)),
      build_(std::move(build)),
      backoff_(entropy),
      timer_(context),
      parted_at_(clock.mono()) {
    status_.set_collector(settings_.place());
    status_.set_state("connecting");
}

void UplinkDesk::start() { asio::co_spawn(context_, run(), asio::detached); }

void UplinkDesk::grew(Seq head) {
    head_ = std::max(head_, head);
    if (call_) call_->grew(head);
}

void UplinkDesk::stop() {
    stopping_ = true;
    timer_.cancel();
    if (call_) call_->stop();
}

v1::UplinkStatus UplinkDesk::status() const {
    const std::lock_guard lock{mutex_};
    return status_;
}

void UplinkDesk::set_status(const std::function<void(v1::UplinkStatus&)>& change) {
    const std::lock_guard lock{mutex_};
    change(status_);
}

UplinkDesk::Contact UplinkDesk::contact() const {
    return {connected_, connected_ ? Micros{} : clock_.mono() - parted_at_, certificate_ends_};
}

asio::awaitable<void> UplinkDesk::run() {
    while (!stopping_) {
        set_status([](v1::UplinkStatus& status) { status.set_state("connecting"); });
        const UplinkEnd end = co_await attempt();
        call_.reset();
        if (std::exchange(connected_, false)) parted_at_ = clock_.mono();
        if (stopping_) co_return;
        expired_ = end.reason == UplinkEndReason::expired;
        report(end);
        co_await pause(backoff_.next(end.retry_after));
    }
}

asio::awaitable<void> UplinkDesk::pause(Micros time) {
    timer_.expires_after(time);
    const auto waited = co_await timer_.async_wait(kToken);
    (void)waited;
}

asio::awaitable<Result<UplinkDesk::Start>> UplinkDesk::ask_ledger() {
    struct Answer {
        explicit Answer(asio::io_context& context) : came(context, asio::steady_timer::time_point::max()) {}
        asio::steady_timer came;
        std::optional<Result<Start>> start;
    };
    auto answer = std::make_shared<Answer>(context_);
    auto read = [answer](Service& service) {
        auto tail = service.ledger().tail();
        answer->start = tail ? Result<Start>{Start{std::move(*tail), service.believed_time()}} : Result<Start>{tail.error()};
    };
    auto done = [answer, &context = context_](const std::optional<Error>& failure) {
        asio::post(context, [answer, failure] {
            if (failure) answer->start = Result<Start>{*failure};
            answer->came.cancel();
        });
    };
    if (!ledger_.post({std::move(read), std::move(done)})) co_return fail(Failure::unavailable, "the ledger has too much to do");
    const auto waited = co_await answer->came.async_wait(kToken);
    (void)waited;
    co_return std::move(*answer->start);
}

asio::awaitable<UplinkEnd> UplinkDesk::attempt() {
    auto start = co_await ask_ledger();
    if (stopping_) co_return UplinkEnd{};
    if (!start) co_return UplinkEnd{UplinkEndReason::ledger, start.error().message, kAfterQueueFull};
    // By the wall clock of a dead battery no certificate is valid yet, and by one that runs years ahead none is valid any more.
    const TimeSource now = [&clock = clock_, at = start->at, mono = clock_.mono()] { return at + (clock.mono() - mono); };
    auto tls = TlsContext::for_station({settings_.identity, settings_.identity, settings_.authorities}, settings_.name, now);
    if (!tls) co_return not_yet(tls.error());
    const CertificateInfo& own = (*tls)->own();
    certificate_ends_ = own.not_after;
    set_status([&](v1::UplinkStatus& status) { status.set_certificate_ends(format_utc(own.not_after)); });
    due_ = {};
    renewal_due_ = [own, now] { return renewal_due(own, now()); };
    if ((expired_ || renewal_due_()) && may_renew()) due_ = renewal(own, now());
    auto connection = co_await TlsConnection::connect(settings_.host, settings_.port, *tls);
    if (stopping_) co_return UplinkEnd{};
    if (!connection) co_return not_yet(connection.error());
    UplinkGreeting greeting{std::move(start->tail), {}, build_, due_.request};
    greeting.machine = machine_print(digest_, greeting.tail.ledger);
    call_ = std::make_shared<UplinkCall>(context_, clock_, ledger_, std::move(*connection), std::move(greeting), hooks());
    call_->grew(head_);
    co_return co_await call_->run();
}

UplinkCall::Hooks UplinkDesk::hooks() {
    UplinkCall::Hooks hooks;
    hooks.streaming = [this] {
        log(Level::info, "uplink_streaming", {{"collector", settings_.place()}});
        reported_.clear();
        connected_ = true;
        set_status([this](v1::UplinkStatus& status) {
            status.set_state("connected");
            status.set_last_contact(format_utc(clock_.wall()));
            status.clear_problem();
        });
    };
    hooks.heard = [this] {  // a line may hold for longer than a certificate
        if (due_.request.empty() && renewal_due_() && may_renew()) call_->stop();
    };
    hooks.progress = [this] {
        backoff_.succeeded();
        set_status([this](v1::UplinkStatus& status) { status.set_last_contact(format_utc(clock_.wall())); });
    };
    hooks.notice = [this](const std::string& text) { notice("the collector says: " + text); };
    hooks.renewed = [this](const std::string& certificate) { renewed(certificate); };
    return hooks;
}

UplinkDesk::Due UplinkDesk::renewal(const CertificateInfo& own, UtcTime now) const {
    auto request = make_request({own.kind, own.name});
    if (!request) {
        log(Level::error, "renewal_not_asked", {{"why", request.error().message}});
        return {};
    }
    log(Level::info, "renewal_asked",
        {{"days_left", std::to_string(std::chrono::floor<std::chrono::days>(own.not_after - now).count())}});
    return {own.name, std::move(request->key), std::move(request->request)};
}

void UplinkDesk::notice(const std::string& text) {
    set_status([&](v1::UplinkStatus& status) {
        const auto& notices = status.notices();
        if (std::find(notices.begin(), notices.end(), text) != notices.end()) return;
        log(Level::warning, "uplink_notice", {{"text", text}});
        if (notices.size() >= kMostNotices) status.mutable_notices()->DeleteSubrange(0, 1);
        status.add_notices(text);
    });
}

void UplinkDesk::renewed(const std::string& certificate) {
    std::string both = certificate + due_.key;
    auto kept = keep_identity(both);
    wipe(both);
    wipe(due_.key);
    // However it went: entries go on with what there is, and it is not renewed again and again.
    next_renewal_ = clock_.mono() + kBetweenRenewals;
    backoff_.succeeded();
    if (!kept) {
        log(Level::error, "renewed_certificate_not_kept", {{"why", kept.error().message}});
        return notice("the renewed certificate could not be kept: " + kept.error().message);
    }
    log(Level::info, "certificate_renewed", {{"until", format_utc(kept->not_after)}});
}

/// Tried on first, in a file beside: only what this program can use takes the place of what still works.
Result<CertificateInfo> UplinkDesk::keep_identity(const std::string& both) const {
    const std::string trial = settings_.identity + ".new";
    if (auto written = write_secret(trial, both); !written) return written.error();
    const auto tls = TlsContext::for_station({trial, trial, settings_.authorities}, settings_.name, [] { return UtcTime{}; });
    ::unlink(trial.c_str());
    if (!tls) return tls.error();
    if ((*tls)->own().name != due_.name) return fail(Failure::refused, "the collector sent a certificate of another name");
    if (auto written = write_secret(settings_.identity, both); !written) return written.error();
    return (*tls)->own();
}

void UplinkDesk::report(const UplinkEnd& end) {
    set_status([&](v1::UplinkStatus& status) {
        status.set_state("waiting");
        if (!end.why.empty()) status.set_problem(end.why);
    });
    if (end.why == reported_) return;
    reported_ = end.why;
    log(end.reason == UplinkEndReason::again ? Level::info : Level::warning, "uplink_interrupted",
        {{"collector", settings_.place()}, {"why", end.why}});
}

}  // namespace dosario
