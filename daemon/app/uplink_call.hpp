// SPDX-License-Identifier: Apache-2.0
// One connection to the collector while it lasts: the session's wishes become jobs of the ledger thread, their answers come back.
#pragma once

#include "app/ledger_thread.hpp"
#include "net/pump.hpp"
#include "uplink/session.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>

namespace dosario {

class UplinkCall : public std::enable_shared_from_this<UplinkCall> {
public:
    /// Called on the thread of `context`.
    struct Hooks {
        std::function<void()> streaming;  ///< branches are compared, entries flow
        std::function<void()> heard;      ///< a Pong came: every 15 seconds
        std::function<void()> progress;   ///< the collector has more of ours than before
        std::function<void(const std::string&)> notice;
        std::function<void(const std::string&)> renewed;  ///< a new certificate, PEM, for the key that was asked for
    };

    /// `context`, `clock` and `ledger` outlive it.
    UplinkCall(boost::asio::io_context& context, const Clock& clock, LedgerThread& ledger, TlsConnection::Ptr connection,
               UplinkGreeting greeting, Hooks hooks);

    /// Talks until the end, and says why it ended.
    boost::asio::awaitable<UplinkEnd> run();
    /// The ledger has entries up to `head` now.
    void grew(Seq head) { tell(LedgerGrew{head}); }
    /// Closes. The ledger is not asked any more.
    void stop();

private:
    using Question = std::function<Result<UplinkCommand>(Service&)>;

    void handle(UplinkEvent event);
    void leave();
    void tell(UplinkCommand command);
    void ask(Question question);
    void note(std::function<void(Service&)> write);
    void post(Job job);
    void flush();
    void acknowledged(const Acknowledged& ack);
    void keep_acknowledged();

    boost::asio::io_context& context_;
    const Clock& clock_;
    LedgerThread& ledger_;
    TlsConnection::Ptr connection_;
    std::string branch_;  ///< the last one that the collector was told of, in hexadecimal
    UplinkSession session_;
    Pump<UplinkSession> pump_;
    Hooks hooks_;
    std::deque<Job> waiting_;  ///< for room in the ledger's queue
    boost::asio::steady_timer again_;
    std::map<BranchId, Acknowledged> acknowledged_;  ///< not yet noted in the ledger
    boost::asio::steady_timer note_;
    std::optional<UplinkEnd> end_;
    bool over_ = false;
};

}  // namespace dosario
