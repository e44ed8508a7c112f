// SPDX-License-Identifier: Apache-2.0
#include "app/uplink_call.hpp"

#include "base/overloaded.hpp"
#include "system/log.hpp"

#include <boost/asio/post.hpp>

namespace dosario {
namespace {

namespace asio = boost::asio;

constexpr auto kAskLedgerAgain = std::chrono::milliseconds{50};
/// What the collector has is noted at most so often: it is a hint for people, and a write to the disk.
constexpr auto kNoteEvery = std::chrono::seconds{1};

/// Writes that hold together in the group they are in.
Result<void> together(Service& service, const std::function<Result<void>()>& write) {
    Ledger& ledger = service.ledger();
    if (auto begun = ledger.savepoint(); !begun) return begun;
    auto written = write();
    auto ended = written ? ledger.keep() : ledger.undo();
    return !written ? written : ended;
}

std::string last_branch(const LedgerTail& tail) {
    return tail.branches.empty() ? std::string{} : to_hex(tail.branches.back().branch);
}

Result<UplinkCommand> tail_of(Service& service) {
    auto tail = service.ledger().tail();
    if (!tail) return tail.error();
    return UplinkCommand{TailRead{std::move(*tail)}};
}

Result<UplinkCommand> read_entries(Service& service, const ReadEntries& wish, const std::string& branch) {
    if (service.ledger().branch() != branch) return UplinkCommand{LedgerParted{}};
    auto entries = service.ledger().entries_after(wish.after, wish.limit, wish.bytes);
    if (!entries) return entries.error();
    return UplinkCommand{EntriesRead{std::move(*entries)}};
}

Result<UplinkCommand> read_hashes(Service& service, const ReadHashes& wish) {
    auto hashes = service.ledger().hashes_at(wish.seqs);
    if (!hashes) return hashes.error();
    return UplinkCommand{HashesRead{std::move(*hashes)}};
}

Result<UplinkCommand> fork_after(Service& service, const ForkAfter& wish) {
    auto forked = together(service, [&] { return service.ledger().fork_after(wish.seq, wish.why); });
    if (!forked) return forked.error();
    log(Level::warning, "history_parted", {{"after", std::to_string(wish.seq)}, {"why", wish.why}});
    return tail_of(service);
}

Result<UplinkCommand> restore_entries(Service& service, const RestoreEntries& wish) {
    auto restored = together(service, [&] { return service.restore(wish.entries); });
    if (restored) {
        log(Level::warning, "lost_tail_restored", {{"entries", std::to_string(wish.entries.size())}});
        return tail_of(service);
    }
    log(Level::warning, "lost_tail_not_restored", {{"why", restored.error().message}});
    const Failure why = restored.error().failure;
    const bool of_the_entries = why == Failure::refused || why == Failure::invalid || why == Failure::newer;
    return of_the_entries ? tail_of(service) : restored.error();  // a disk may take them another time
}

}  // namespace

UplinkCall::UplinkCall(asio::io_context& context, const Clock& clock, LedgerThread& ledger, TlsConnection::Ptr connection,
                       UplinkGreeting greeting, Hooks hooks)
    : context_(context),
      clock_(clock),
      ledger_(ledger),
      connection_(std::move(connection)),
      branch_(last_branch(greeting.tail)),
      session_(std::move(greeting)),
      pump_(context.get_executor(), clock, *connection_, session_, [this](UplinkEvent event) { handle(std::move(event)); }),
      hooks_(std::move(hooks)),
      again_(context),
      note_(context) {}

asio::awaitable<UplinkEnd> UplinkCall::run() {
    const auto self = shared_from_this();
    session_.opened(clock_.mono(), clock_.wall());
    const auto lost = co_await pump_.run();
    keep_acknowledged();
    leave();
    if (end_) co_return *end_;
    if (!lost) co_return UplinkEnd{UplinkEndReason::again, "the station ended the connection", {}};
    const bool refused = lost->failure == Failure::refused;
    co_return UplinkEnd{refused ? UplinkEndReason::refused : UplinkEndReason::no_answer, lost->message, {}};
}

void UplinkCall::stop() {
    keep_acknowledged();
    leave();
    pump_.stop();
}

void UplinkCall::leave() {
    over_ = true;
    again_.cancel();
    note_.cancel();
}

void UplinkCall::tell(UplinkCommand command) {
    if (over_) return;
    if (const auto* read = std::get_if<TailRead>(&command)) branch_ = last_branch(read->tail);
    session_.command(std::move(command), clock_.mono(), clock_.wall());
    pump_.poke();
}

void UplinkCall::handle(UplinkEvent event) {
    std::visit(Overloaded{
                   [&](const ReadEntries& wish) {
                       ask([wish, branch = branch_](Service& service) { return read_entries(service, wish, branch); });
                   },
                   [&](const ReadHashes& wish) { ask([wish](Service& service) { return read_hashes(service, wish); }); },
                   [&](const ForkAfter& wish) { ask([wish](Service& service) { return fork_after(service, wish); }); },
                   [&](const RestoreEntries& wish) { ask([wish](Service& service) { return restore_entries(service, wish); }); },
                   [&](const Acknowledged& ack) { acknowledged(ack); },
                   [&](const ClockHeard& heard) {
                       hooks_.heard();
                       note([heard](Service& service) {
                           (void)together(service, [&] {
                               return service.ledger().keep_clock_sample(heard.boot, heard.mono, heard.wall, heard.collector,
                                                                         heard.rtt);
                           });
                       });
                   },
                   [&](const Notice& notice) { hooks_.notice(notice.text); },
                   [&](const Streaming& streaming) {
                       hooks_.streaming();
                       for (const Acknowledged& proven : streaming.proven) acknowledged(proven);
                   },
                   [&](const CertificateRenewed& renewed) { hooks_.renewed(renewed.certificate); },
                   [&](const UplinkEnd& end) {
                       end_ = end;
                       pump_.stop();
                   },
               },
               event);
}

void UplinkCall::ask(Question question) {
    auto found = std::make_shared<std::optional<Result<UplinkCommand>>>();
    post({[found, question = std::move(question)](Service& service) { found->emplace(question(service)); },
          [found, self = weak_from_this(), &context = context_](const std::optional<Error>& failure) {
              asio::post(context, [found, self, failure] {
                  const auto call = self.lock();
                  if (!call) return;
                  if (failure) return call->tell(LedgerFailed{failure->message});
                  if (!**found) return call->tell(LedgerFailed{(**found).error().message});
                  call->tell(std::move(***found));
              });
          }});
}

void UplinkCall::note(std::function<void(Service&)> write) {
    post({std::move(write), [](const std::optional<Error>&) {}});
}

/// In order, and again in a moment when the queue is full: scans go first.
void UplinkCall::post(Job job) {
    if (over_) return;
    waiting_.push_back(std::move(job));
    if (waiting_.size() == 1) flush();
}

void UplinkCall::flush() {
    while (!waiting_.empty()) {
        if (!ledger_.post(waiting_.front())) {
            again_.expires_after(kAskLedgerAgain);
            again_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
                if (const auto call = self.lock(); call && !error && !call->over_) call->flush();
            });
            return;
        }
        waiting_.pop_front();
    }
}

void UplinkCall::acknowledged(const Acknowledged& ack) {
    hooks_.progress();
    const bool first = acknowledged_.empty();
    acknowledged_[ack.branch] = ack;
    if (!first) return;
    note_.expires_after(kNoteEvery);
    note_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
        if (const auto call = self.lock(); call && !error) call->keep_acknowledged();
    });
}

void UplinkCall::keep_acknowledged() {
    for (const auto& [branch, ack] : std::exchange(acknowledged_, {})) {
        note([ack = ack, now = clock_.wall()](Service& service) {
            (void)together(service, [&] { return service.ledger().keep_acked(ack.branch, ack.seq, ack.hash, now); });
        });
    }
}

}  // namespace dosario
