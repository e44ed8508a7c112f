// SPDX-License-Identifier: Apache-2.0
// The collector's half of one connection, without I/O. It checks the frames and the chain; what a body says is not its business.
#pragma once

#include "base/clock.hpp"
#include "collector/receiver_events.hpp"
#include "wire/uplink_messages.hpp"

#include <deque>

namespace dosario {

class Receiver {
public:
    static constexpr Micros kPatience = std::chrono::seconds{45};      ///< with a station that says nothing: three of its pings
    static constexpr std::size_t kMostEntriesWaiting = 4096;           ///< more than any credit: a station that does not listen
    static constexpr std::size_t kMostBytesWaiting = 2 * 1024 * 1024;  ///< of their bodies

    /// `station` is the authenticated name; with `expired` only a renewal is answered.
    /// `out_of_date`: its certificate is good for a renewal only.
    Receiver(const Digest& digest, std::string station, bool out_of_date)
        : digest_(digest), station_(std::move(station)), out_of_date_(out_of_date) {
        in_.allow(kLargestGreeting_bytes);
    }

    void opened(MonoTime now) { opened_ = heard_ = now; }
    /// `wall` is the collector's clock.
    void receive(ByteView bytes, MonoTime now, UtcTime wall);
    void command(ReceiverCommand command, MonoTime now, UtcTime wall);
    void wake(MonoTime now, UtcTime wall);
    void closed();

    Bytes next_write() { return std::exchange(out_, {}); }
    /// Bytes that next_write will give.
    std::size_t unsent() const { return out_.size(); }
    std::optional<ReceiverEvent> next_event();
    std::optional<MonoTime> next_wake() const;

private:
    static constexpr std::size_t kLargestGreeting_bytes = 64 * 1024;  ///< before the Welcome
    static constexpr auto kGreetingPatience = std::chrono::seconds{20};

    struct Line {
        BranchSpan span;
        Seq next = 0;     ///< the entry that must come next
        Sha256 hash{};    ///< of the one before it
        Seq damaged = 0;  ///< kept even if it does not follow
    };

    void handle(const v1::Envelope& message, UtcTime wall);
    void hello(const v1::Hello& message, UtcTime wall);
    void batch(const v1::Batch& message, UtcTime wall);
    void ask_hashes(const v1::AskHashes& message);
    void pull(const v1::Pull& message);
    void ping(const v1::Ping& message, UtcTime wall);
    void begun(SessionBegun begun, UtcTime wall);
    void kept(const EntriesKept& kept);
    void found(const HashesFound& found);
    void found(EntriesFound found);
    Line* line_of(const std::string& branch);
    void send(const v1::Envelope& message) { append_message(out_, message); }
    void refuse(v1::RefuseReason why, std::string message, ByteView branch = {}, Seq seq = 0, std::uint32_t retry_after_s = 0);
    void broken(const char* what) { refuse(v1::BROKEN_RULE, what); }

    const Digest& digest_;
    std::string station_;
    bool out_of_date_;
    bool greeted_ = false;   ///< a Hello came
    bool begun_ = false;     ///< it was answered with a Welcome
    bool asking_ = false;    ///< hashes or entries are being looked up
    bool renewing_ = false;  ///< or renewed: once for each connection
    bool ended_ = false;
    MessageReader in_;
    Bytes out_;
    std::deque<ReceiverEvent> events_;
    LedgerId ledger_{};
    std::uint64_t session_ = 0;
    std::int64_t boot_ = 0;
    std::int64_t hello_mono_us_ = 0;
    std::vector<Line> lines_;
    std::size_t waiting_ = 0;  ///< entries given to the store and not answered
    std::size_t bytes_waiting_ = 0;
    std::deque<std::pair<std::size_t, std::size_t>> in_store_;  ///< of each Append: entries, bytes
    std::string asked_branch_;
    std::vector<Seq> asked_seqs_;
    MonoTime opened_{};
    MonoTime heard_{};
};

}  // namespace dosario
