// SPDX-License-Identifier: Apache-2.0
#include "collector/uplink_server.hpp"

#include "base/overloaded.hpp"
#include "net/pump.hpp"
#include "net/waiting.hpp"
#include "system/log.hpp"

#include <boost/asio/post.hpp>

#include <deque>

namespace dosario {

namespace asio = boost::asio;

namespace {

constexpr auto kLastWords = std::chrono::seconds{2};
constexpr auto kQueueFull = std::chrono::milliseconds{50};
constexpr std::size_t kBusyQueue = StoreThread::kLongestQueue / 2;
constexpr std::size_t kLargestDamageBook = 1024;
constexpr std::size_t kMostJobsInStore = 4;            // of one connection
constexpr std::size_t kMostConnectionsOfAStation = 8;  // the oldest goes first

}  // namespace

// --- one station -----------------------------------------------------------------------------------------------------------------

class UplinkServer::Link : public std::enable_shared_from_this<Link> {
public:
    Link(UplinkServer& server, TlsConnection::Ptr connection)
        : server_(server),
          connection_(std::move(connection)),
          receiver_(server.digest_, connection_->peer().name, connection_->peer().out_of_date),
          pump_(server.context_.get_executor(), server.clock_, *connection_, receiver_,
                [this](ReceiverEvent event) { handle(std::move(event)); }),
          again_(server.context_) {}

    asio::awaitable<void> run() {
        receiver_.opened(server_.clock_.mono());
        const auto lost = co_await pump_.run();
        over_ = true;
        again_.cancel();
        log(Level::info, "station_left", {{"station", station()}, {"why", why_.empty() && lost ? lost->message : why_}});
    }

    void tell(ReceiverCommand command) {
        if (over_) return;
        receiver_.command(std::move(command), server_.clock_.mono(), server_.clock_.wall());
        pump_.poke();
    }

    /// At once, without a word.
    void hang_up() {
        why_ = "too many connections with this certificate";
        connection_->close();
    }

    const std::string& station() const { return connection_->peer().name; }
    const LedgerId& ledger() const { return ledger_; }
    UtcTime heard() const { return heard_; }

private:
    /// A job of the store, in order. Its answer comes back to this thread, if the link is still there.
    template <class Value>
    void ask(std::function<Result<Value>(SqliteStore&)> question, std::function<void(Link&, Result<Value>)> answer) {
        auto found = std::make_shared<std::optional<Result<Value>>>();
        waiting_.push_back({[found, question = std::move(question)](SqliteStore& store) { found->emplace(question(store)); },
                            [found, answer = std::move(answer), self = weak_from_this(),
                             &context = server_.context_](const std::optional<Error>& failure) {
                                asio::post(context, [found, answer, self, failure] {
                                    const auto link = self.lock();
                                    if (!link || link->over_) return;
                                    --link->in_store_;
                                    answer(*link, failure ? Result<Value>{*failure} : std::move(**found));
                                    link->flush();
                                });
                            }});
        flush();
    }

    /// A few at a time, so that no station fills the store's queue; and again in a moment when others have filled it.
    void flush() {
        while (!waiting_.empty() && in_store_ < kMostJobsInStore) {
            if (!server_.post(waiting_.front())) {
                again_.expires_after(kQueueFull);
                again_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
                    if (const auto link = self.lock(); link && !error && !link->over_) link->flush();
                });
                return;
            }
            waiting_.pop_front();
            ++in_store_;
        }
    }

    void handle(ReceiverEvent event) {
        heard_ = server_.clock_.wall();
        std::visit(Overloaded{
                       [&](SessionWanted& wanted) { begin_session(std::move(wanted)); },
                       [&](Append& append) { keep(std::move(append)); },
                       [&](HashesWanted& wanted) { find_hashes(std::move(wanted)); },
                       [&](const EntriesWanted& wanted) { find_entries(wanted); },
                       [&](const StationClock& clock) { keep(clock); },
                       [&](const RenewalWanted& wanted) { renew(wanted); },
                       [&](const ChainBroke& broke) { note_damage(broke); },
                       [&](ReceiverEnd& end) {
                           why_ = std::move(end.why);
                           pump_.stop(kLastWords);
                       },
                   },
                   event);
    }

    void begin_session(SessionWanted wanted) {
        ledger_ = wanted.ledger;
        const UtcTime now = server_.clock_.wall();
        ask<SessionStart>([wanted = std::move(wanted), now](SqliteStore& store) { return store.begin_session(wanted, now); },
                          [](Link& link, Result<SessionStart> start) { link.begun(start); });
    }

    void begun(const Result<SessionStart>& start) {
        if (!start) return tell(SessionRefused{start.error().message, false});
        if (start->other_station) {
            log(Level::warning, "ledger_of_another_station", {{"station", station()}, {"belongs_to", start->belongs_to}});
            return tell(SessionRefused{"this ledger belongs to the station " + start->belongs_to +
                                           ": a certificate of that name is wanted, or a data directory of its own",
                                       true});
        }
        SessionBegun begun{*start, {}, {}, server_.credit()};
        if (start->other_machine) {
            log(Level::warning, "machine_changed", {{"station", station()}, {"ledger", to_hex(ledger_)}});
            begun.notices.emplace_back(
                "this ledger came from another computer than last time: if the disk was copied, only one of the two may go on");
        }
        if (start->second_ledger) log(Level::warning, "second_ledger", {{"station", station()}, {"ledger", to_hex(ledger_)}});
        for (const auto& [damage, times] : server_.damage_) {
            if (std::get<0>(damage) == ledger_ && times >= kBreaksUntilKept)
                begun.damaged.emplace_back(std::get<1>(damage), std::get<2>(damage));
        }
        ++server_.counts_.sessions;
        server_.took_session(ledger_, shared_from_this());
        log(Level::info, "session_begun",
            {{"station", station()}, {"ledger", to_hex(ledger_)}, {"session", std::to_string(start->number)}});
        tell(std::move(begun));
    }

    void keep(Append append) {
        const auto shared = std::make_shared<const Append>(std::move(append));
        ask<AppendOutcome>([shared](SqliteStore& store) { return store.append(*shared); },
                           [branch = shared->span.branch, sent = shared->entries.size()](
                               Link& link, Result<AppendOutcome> outcome) { link.kept(branch, sent, outcome); });
    }

    /// A hint for people, so one at a time is enough.
    void keep(const StationClock& clock) {
        if (std::exchange(keeping_clock_, true)) return;
        ask<std::monostate>(
            [clock](SqliteStore& store) -> Result<std::monostate> {
                (void)store.keep_clock(clock);
                return std::monostate{};
            },
            [](Link& link, const Result<std::monostate>&) { link.keeping_clock_ = false; });
    }

    void kept(const BranchId& branch, std::size_t sent, const Result<AppendOutcome>& outcome) {
        if (!outcome) return tell(StoreFailed{outcome.error().message});
        if (outcome->what == Appended::fenced) ++server_.counts_.fenced;
        server_.counts_.entries += outcome->fresh;
        if (outcome->what == Appended::stored) server_.counts_.repeated += sent - outcome->fresh;
        tell(EntriesKept{branch, *outcome, server_.credit()});
    }

    void find_hashes(HashesWanted wanted) {
        using Found = std::vector<std::optional<Sha256>>;
        ask<Found>(
            [wanted = std::move(wanted)](SqliteStore& store) { return store.hashes(wanted.ledger, wanted.branch, wanted.seqs); },
            [](Link& link, Result<Found> found) {
                if (!found) return link.tell(StoreFailed{found.error().message});
                link.tell(HashesFound{std::move(*found)});
            });
    }

    void find_entries(const EntriesWanted& wanted) {
        using Found = std::vector<Entry>;
        ask<Found>(
            [wanted](SqliteStore& store) {
                return store.entries(wanted.ledger, wanted.branch, wanted.after, kMostEntriesInBatch, kMostBytesInBatch);
            },
            [](Link& link, Result<Found> found) {
                if (!found) return link.tell(StoreFailed{found.error().message});
                log(Level::warning, "lost_tail_given_back",
                    {{"station", link.station()}, {"entries", std::to_string(found->size())}});
                link.tell(EntriesFound{std::move(*found)});
            });
    }

    void renew(const RenewalWanted& wanted) {
        auto certificate = server_.sign_(wanted.request, station());
        if (!certificate) {
            log(Level::warning, "renewal_refused", {{"station", station()}, {"why", certificate.error().message}});
            return tell(RenewalRefused{certificate.error().message});
        }
        ++server_.counts_.renewals;
        log(Level::info, "certificate_renewed", {{"station", station()}});
        tell(CertificateIssued{std::move(*certificate)});
    }

    void note_damage(const ChainBroke& broke) {
        ++server_.counts_.broken_chains;
        if (server_.damage_.size() >= kLargestDamageBook) {
            // The least of all goes first.
            server_.damage_.erase(std::min_element(server_.damage_.begin(), server_.damage_.end(),
                                                   [](const auto& one, const auto& other) { return one.second < other.second; }));
        }
        const int times = ++server_.damage_[{broke.ledger, broke.branch, broke.seq}];
        log(times >= kBreaksUntilKept ? Level::error : Level::warning, "chain_broken",
            {{"station", station()}, {"seq", std::to_string(broke.seq)}, {"times", std::to_string(times)}});
    }

    UplinkServer& server_;
    TlsConnection::Ptr connection_;
    Receiver receiver_;
    Pump<Receiver> pump_;
    asio::steady_timer again_;
    std::deque<StoreThread::Job> waiting_;  ///< bounded by what the receiver lets in
    std::size_t in_store_ = 0;
    bool keeping_clock_ = false;
    LedgerId ledger_{};
    UtcTime heard_{};
    std::string why_;
    bool over_ = false;
};

// --- all of them -----------------------------------------------------------------------------------------------------------------

UplinkServer::UplinkServer(asio::io_context& context, const Clock& clock, const Digest& digest, StoreThread& store, Sign sign)
    : context_(context), clock_(clock), digest_(digest), store_(store), sign_(std::move(sign)) {}

UplinkServer::~UplinkServer() = default;

Result<void> UplinkServer::listen(const std::string& address, std::uint16_t port, std::shared_ptr<const TlsContext> tls) {
    tls_ = std::move(tls);
    const asio::ip::tcp::endpoint endpoint{asio::ip::make_address(address), port};
    boost::system::error_code error;
    acceptor_.emplace(context_);
    acceptor_->open(endpoint.protocol(), error);
    if (!error) acceptor_->set_option(asio::socket_base::reuse_address{true}, error);
    if (!error) acceptor_->bind(endpoint, error);
    if (!error) acceptor_->listen(asio::socket_base::max_listen_connections, error);
    if (error)
        return fail(Failure::unavailable, "cannot listen on " + address + " port " + std::to_string(port) + " (" +
                                              error.message() +
                                              "): is another collector running, or is the address not this machine's?");
    asio::co_spawn(context_, accept_loop(), asio::detached);
    return {};
}

std::uint16_t UplinkServer::port() const {
    boost::system::error_code error;
    return acceptor_ ? acceptor_->local_endpoint(error).port() : std::uint16_t{0};
}

asio::awaitable<void> UplinkServer::accept_loop() {
    while (!stopping_) {
        auto accepted = co_await acceptor_->async_accept(kToken);
        if (stopping_) co_return;
        if (std::get<0>(accepted) || connections_ >= kMostConnections) {
            asio::steady_timer pause{context_, std::chrono::milliseconds{100}};  // out of descriptors: breathe
            const auto waited = co_await pause.async_wait(kToken);
            (void)waited;
            continue;
        }
        asio::co_spawn(context_, welcome(std::move(std::get<1>(accepted))), asio::detached);
    }
}

asio::awaitable<void> UplinkServer::welcome(asio::ip::tcp::socket socket) {
    ++connections_;
    ++counts_.accepted;
    auto connection = co_await TlsConnection::accept_handshake(std::move(socket), tls_);
    if (!connection) {
        ++counts_.refused_handshakes;
        log(Level::warning, "handshake_refused", {{"why", connection.error().message}});
    } else if (!stopping_) {
        const auto link = std::make_shared<Link>(*this, std::move(*connection));
        make_room(link->station());
        const auto place = links_.insert(links_.end(), link);
        co_await link->run();
        links_.erase(place);
        left(link->ledger(), link.get());
    }
    --connections_;
}

void UplinkServer::make_room(const std::string& station) {
    std::size_t many = 0;
    for (auto each = links_.rbegin(); each != links_.rend(); ++each) {
        const auto link = each->lock();
        if (link && link->station() == station && ++many >= kMostConnectionsOfAStation) link->hang_up();
    }
}

void UplinkServer::took_session(const LedgerId& ledger, const std::shared_ptr<Link>& link) {
    auto& holder = sessions_[ledger];
    const std::shared_ptr<Link> before = std::exchange(holder, link);
    if (before && before != link) {
        ++counts_.fenced;
        before->tell(SessionFenced{});
    }
}

void UplinkServer::left(const LedgerId& ledger, const Link* link) {
    const auto session = sessions_.find(ledger);
    if (session == sessions_.end() || session->second.get() != link) return;
    sessions_.erase(session);
    (void)post({[ledger, now = clock_.wall()](SqliteStore& store) { (void)store.seen(ledger, now); },
                [](const std::optional<Error>&) {}});
}

std::optional<UtcTime> UplinkServer::heard(const LedgerId& ledger) const {
    const auto session = sessions_.find(ledger);
    return session == sessions_.end() ? std::nullopt : std::optional{session->second->heard()};
}

std::uint32_t UplinkServer::credit() const { return !closed_ && store_.waiting() < kBusyQueue ? kCredit : kCreditWhenBusy; }

void UplinkServer::stop() {
    stopping_ = true;
    boost::system::error_code ignored;
    if (acceptor_) acceptor_->close(ignored);
    for (const auto& each : links_) {
        if (const auto link = each.lock()) link->tell(CollectorStops{});
    }
}

}  // namespace dosario
