// SPDX-License-Identifier: Apache-2.0
// Accepts stations: TLS, one receiver for each connection, the store behind them. One thread, the io_context's.
#pragma once

#include "collector/receiver.hpp"
#include "collector/store_thread.hpp"
#include "net/tls_connection.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <list>
#include <map>
#include <tuple>

namespace dosario {

/// Counts since the start, for metrics.
struct UplinkCounts {
    std::uint64_t accepted = 0;
    std::uint64_t refused_handshakes = 0;
    std::uint64_t sessions = 0;
    std::uint64_t entries = 0;
    std::uint64_t repeated = 0;  ///< entries that were here already
    std::uint64_t broken_chains = 0;
    std::uint64_t fenced = 0;
    std::uint64_t renewals = 0;
};

class UplinkServer {
public:
    static constexpr std::size_t kMostConnections = 20'000;
    static constexpr std::uint32_t kCredit = 1024;         ///< entries on the way from one station
    static constexpr std::uint32_t kCreditWhenBusy = 256;  ///< one batch
    static constexpr int kBreaksUntilKept = 3;             ///< so often an entry may break the chain before it is kept as it is

    /// Signs a request for a new certificate of that station (PEM), or says why not.
    using Sign = std::function<Result<std::string>(const std::string& request, const std::string& station)>;

    UplinkServer(boost::asio::io_context& context, const Clock& clock, const Digest& digest, StoreThread& store, Sign sign);
    ~UplinkServer();

    Result<void> listen(const std::string& address, std::uint16_t port, std::shared_ptr<const TlsContext> tls);
    /// From the next handshake on.
    void use(std::shared_ptr<const TlsContext> tls) { tls_ = std::move(tls); }
    std::uint16_t port() const;

    /// Tells every station that the collector stops, and accepts no more.
    void stop();
    /// Nothing is asked of the store any more: it may go, while the last words to a station are still on their way.
    void close() { closed_ = true; }

    std::size_t connected() const { return sessions_.size(); }
    /// When a connected station was last heard; nothing when it is not connected.
    std::optional<UtcTime> heard(const LedgerId& ledger) const;
    const UplinkCounts& counts() const { return counts_; }

private:
    class Link;
    using Damage = std::tuple<LedgerId, BranchId, Seq>;

    boost::asio::awaitable<void> accept_loop();
    boost::asio::awaitable<void> welcome(boost::asio::ip::tcp::socket socket);
    /// A certificate has a few connections: while a station comes back after a cut, the old one may still be there.
    void make_room(const std::string& station);
    void took_session(const LedgerId& ledger, const std::shared_ptr<Link>& link);
    void left(const LedgerId& ledger, const Link* link);
    /// False when the store has too much to do, or goes: the job was not taken and will never be answered.
    bool post(StoreThread::Job job) { return !closed_ && store_.post(std::move(job)); }
    std::uint32_t credit() const;

    boost::asio::io_context& context_;
    const Clock& clock_;
    const Digest& digest_;
    StoreThread& store_;
    Sign sign_;
    std::shared_ptr<const TlsContext> tls_;
    std::optional<boost::asio::ip::tcp::acceptor> acceptor_;
    std::map<LedgerId, std::shared_ptr<Link>> sessions_;
    std::list<std::weak_ptr<Link>> links_;
    std::map<Damage, int> damage_;
    std::size_t connections_ = 0;
    bool stopping_ = false;
    bool closed_ = false;
    UplinkCounts counts_;
};

}  // namespace dosario
