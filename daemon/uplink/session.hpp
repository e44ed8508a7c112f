// SPDX-License-Identifier: Apache-2.0
// The station's half of one connection to the collector, without I/O: bytes and ledger rows in, bytes and wishes out. The outbox is a
// cursor over the ledger. docs/uplink-protocol.md tells the conversation.
//
//   greeting ─Welcome─▶ comparing ─same─▶ streaming
//                          │  └─parted─▶ searching ─▶ forking ─▶ greeting
//                          └─the collector is ahead of the last branch─▶ restoring ─▶ greeting
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "uplink/events.hpp"
#include "wire/uplink_messages.hpp"

#include <deque>

namespace dosario {

class UplinkSession {
public:
    static constexpr std::size_t kMostBatchesInFlight = 4;
    static constexpr std::size_t kMostEntriesInFlight = 1024;
    static constexpr std::size_t kMostBytesInFlight = 512 * 1024;
    static constexpr Micros kPingEvery = std::chrono::seconds{15};
    static constexpr Micros kPatience = std::chrono::seconds{20};  ///< for the answer to what was asked
    static constexpr std::size_t kMostForks = 8;                   ///< in one session: more is a broken collector

    explicit UplinkSession(UplinkGreeting greeting) : greeting_(std::move(greeting)) {}

    /// TLS is up. `wall` is the station's clock, for the collector to compare.
    void opened(MonoTime now, UtcTime wall);
    void receive(ByteView bytes, MonoTime now, UtcTime wall);
    void command(UplinkCommand command, MonoTime now, UtcTime wall);
    void wake(MonoTime now, UtcTime wall);
    /// The connection is gone: nothing more comes out.
    void closed();

    /// Bytes for the collector, empty when there are none.
    Bytes next_write();
    /// Bytes that next_write will give.
    std::size_t unsent() const { return out_.size(); }
    std::optional<UplinkEvent> next_event();
    std::optional<MonoTime> next_wake() const;

    /// Entries the collector has not acknowledged; nothing before the branches were compared.
    std::optional<std::uint64_t> lag() const;

private:
    enum class State { renewing, greeting, comparing, searching, forking, restoring, storing, streaming, finished };
    struct Line {  ///< one branch, ours and theirs
        BranchSpan ours;
        Seq have = 0;
        Sha256 have_hash{};
        Seq common = 0;
        Sha256 common_hash{};
        Seq sent = 0;
        Seq acked = 0;
        Sha256 acked_hash{};
    };
    struct Flight {
        std::size_t line;
        Seq last;
        Sha256 hash;
        std::size_t entries;
        std::size_t bytes;
    };

    void at(MonoTime now, UtcTime wall) { now_ = now, wall_ = wall; }
    void handle(const v1::Envelope& message);
    void welcome(const v1::Welcome& message);
    void ack(const v1::Ack& message);
    void hashes(const v1::Hashes& message);
    void pulled(const v1::Pulled& message);
    void pong(const v1::Pong& message);
    void heard_clock(std::int64_t collector_us, Micros rtt);
    void refuse(const v1::Refuse& message);

    void greet();
    void own_hashes(const std::vector<Sha256>& hashes);
    void compare(const std::vector<Sha256>& hashes);
    void search();
    void narrow();
    void fork(std::size_t line, Seq after);
    void pull();
    void own_entries(std::vector<Entry> entries);
    void tail(LedgerTail tail);
    void stream();
    void send(const v1::Envelope& message) { append_message(out_, message); }
    void ask(const v1::Envelope& message);
    void finish(UplinkEnd end);
    void broken(const char* what);

    UplinkGreeting greeting_;
    Seq grown_ = 0;  ///< our head, as far as we were told
    State state_ = State::greeting;
    MessageReader in_;
    Bytes out_;
    std::uint64_t session_ = 0;
    std::deque<UplinkEvent> events_;
    std::vector<Line> lines_;
    std::deque<Flight> flights_;
    std::size_t entries_in_flight_ = 0;
    std::size_t bytes_in_flight_ = 0;
    std::size_t credit_ = 0;
    bool reading_ = false;  ///< a ReadEntries is on its way

    std::size_t searched_ = 0;  ///< the line being searched
    Seq low_ = 0, high_ = 0;    ///< the last common entry is at or after low_ and before high_
    std::vector<Seq> probes_;
    std::vector<Sha256> our_probes_;
    std::vector<std::optional<Sha256>> their_probes_;
    bool have_ours_ = false, have_theirs_ = false;
    std::size_t forks_ = 0;
    Seq pulled_to_ = 0;

    MonoTime now_{};  ///< of the verb that is running
    UtcTime wall_{};
    std::optional<MonoTime> deadline_;  ///< for the answer the conversation waits for
    MonoTime greeted_at_{};
    MonoTime pinged_at_{};
    std::optional<MonoTime> pong_due_;
    std::optional<MonoTime> next_ping_;
    Micros last_rtt_{};
};

}  // namespace dosario
