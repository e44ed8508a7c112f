// SPDX-License-Identifier: Apache-2.0
// A station and the collector in one process: the two cores, a pipe that gives as many bytes as it is told and can be cut, and shells
// that serve their wishes from a ledger and a store. Each step is one thing that happens; between any two of them a test may crash.
#pragma once

#include "collector/receiver.hpp"
#include "support/station_ledger.hpp"
#include "uplink/session.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <tuple>

namespace dosario::test {

class UplinkLink;

/// What the collector's shell does around its store.
class CollectorShell {
public:
    static constexpr int kDamagedAfter = 3;  ///< so many times broken at one entry

    CollectorShell(Store* used_store, const Digest& used_digest) : store(used_store), digest(used_digest) {}

    /// Serves one wish; its answer, if there is one. Nothing also when the process died before the commit: see died.
    std::optional<ReceiverCommand> serve(UplinkLink& link, ReceiverEvent event);

    Store* store;
    const Digest& digest;
    std::uint32_t credit = 1024;
    bool dies_before_commit = false;  ///< the next transaction is never committed
    bool died = false;
    UtcTime wall = UtcTime{day("2026-11-21")} + std::chrono::hours{12};
    std::vector<UplinkLink*> links;
    std::map<std::tuple<LedgerId, BranchId, Seq>, int> broken;  ///< the book of entries that break the chain
    std::size_t appends = 0;

private:
    Result<void> end(Result<void> done);
    ReceiverCommand begin(UplinkLink& link, const SessionWanted& wanted);
    ReceiverCommand append(const Append& entries);
};

struct LinkOptions {
    std::string station = "farmacia";
    Sha256 machine{};
    std::string renewal = {};
    bool expired = false;
};

/// One connection.
class UplinkLink {
public:
    UplinkLink(StationLedger& ledger, CollectorShell& collector, const LinkOptions& options, MonoTime now);
    ~UplinkLink();
    UplinkLink(const UplinkLink&) = delete;
    UplinkLink& operator=(const UplinkLink&) = delete;

    // One step each; false when there is nothing to do.
    bool station_serves();
    bool station_hears();
    bool collector_serves();
    bool collector_hears();
    bool up(std::size_t most);
    bool down(std::size_t most);

    /// All steps until nothing happens any more, bytes in pieces of that size. False after a hundred thousand rounds.
    bool pump(std::size_t piece = 65536);
    /// Time goes by on both sides, and what it wakes is woken.
    void pass(Micros time);
    /// The ledger has new entries.
    void grew();

    bool over() const { return end.has_value() || collector_ended; }
    LedgerId ledger_id() { return ledger.tail().ledger; }

    StationLedger& ledger;
    CollectorShell& collector;
    LinkOptions options;
    UplinkSession session;
    Receiver receiver;
    MonoTime now;
    Bytes upward, downward;  ///< in the pipe
    std::deque<UplinkCommand> for_session;
    std::deque<ReceiverCommand> for_receiver;

    // What the station's shell was told.
    std::optional<UplinkEnd> end;
    bool streaming = false;
    bool collector_ended = false;
    bool begun = false;  ///< the collector's shell has a session for it
    std::map<BranchId, Seq> acked;
    std::vector<std::string> notices;
    std::vector<ClockHeard> clocks;
    std::size_t forks = 0;
    std::size_t restored = 0;
    /// Called with each acknowledgement.
    std::function<void(const Acknowledged&)> on_acknowledged;

private:
    void collect();
    UtcTime wall() const { return collector.wall; }
};

}  // namespace dosario::test
