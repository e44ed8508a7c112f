// SPDX-License-Identifier: Apache-2.0
// Where the collector keeps what stations send. Raw entries and heads are one thing, written whole and synced before anybody hears of
// it; projections follow from a cursor, and can be thrown away. A second kind of store implements these functions and no more.
#pragma once

#include "base/result.hpp"
#include "base/seq.hpp"
#include "base/time.hpp"
#include "uplink/events.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dosario {

/// A session as a station opened it. `station` is the name of its certificate.
struct SessionWanted {
    std::string station;
    LedgerId ledger{};
    std::vector<BranchSpan> branches;  ///< oldest first
    Sha256 machine{};
    std::string build;
    std::int64_t boot = 0;
};

/// What the store has of one branch.
struct BranchHead {
    BranchId branch{};
    Seq have = 0;
    Sha256 have_hash{};
    Seq common = 0;  ///< the smaller of `have` and the station's end
    Sha256 common_hash{};
};

struct SessionStart {
    std::uint64_t number = 0;  ///< greater than that of every session of this ledger before
    std::vector<BranchHead> heads;
    bool other_station = false;  ///< the ledger belongs to another name: no session
    std::string belongs_to;
    bool other_machine = false;  ///< it came from another machine than last time: a copied disk, or a new PC
    bool second_ledger = false;  ///< this name had another ledger before
};

/// Entries to be kept. They follow each other; `damaged` tells of those whose hash does not follow from their content.
struct Append {
    LedgerId ledger{};
    std::uint64_t session = 0;
    BranchSpan span;
    std::vector<Entry> entries;
    Seq damaged = 0;  ///< this entry is kept although the chain breaks at it; 0 = none
    UtcTime received{};
};

enum class Appended {
    stored,    ///< or was there before, with the same hash
    fenced,    ///< a newer session of this ledger took over
    gap,       ///< does not begin after the head
    differs,   ///< another entry stands there
    orphaned,  ///< the entry that the branch grows from is not here
};

struct AppendOutcome {
    Appended what = Appended::stored;
    Seq head = 0;
    Sha256 hash{};
    std::uint64_t fresh = 0;  ///< entries that were not there before
};

/// A station's clock against ours, at one moment of one run of it.
struct StationClock {
    LedgerId ledger{};
    std::int64_t boot = 0;
    std::int64_t mono_us = 0;
    std::int64_t collector_us = 0;
    std::int64_t rtt_us = 0;
};

class Store {
public:
    virtual ~Store() = default;

    /// Everything between begin() and commit() is one synced transaction. After a failed commit nothing of it is there.
    virtual Result<void> begin() = 0;
    virtual Result<void> commit() = 0;
    virtual void rollback() = 0;

    virtual Result<SessionStart> begin_session(const SessionWanted& wanted, UtcTime now) = 0;
    virtual Result<AppendOutcome> append(const Append& entries) = 0;
    virtual Result<std::vector<std::optional<Sha256>>> hashes(const LedgerId& ledger, const BranchId& branch,
                                                              std::span<const Seq> seqs) = 0;
    virtual Result<std::vector<Entry>> entries(const LedgerId& ledger, const BranchId& branch, Seq after, std::size_t limit,
                                               std::size_t bytes) = 0;
    virtual Result<void> keep_clock(const StationClock& clock) = 0;
    /// A station was connected until then.
    virtual Result<void> seen(const LedgerId& ledger, UtcTime at) = 0;
    /// Folds the next entries into the projections, in a transaction of its own; true while there are more.
    virtual Result<bool> project(std::size_t limit) = 0;
    /// Moves the log of writes into the file, when there is nothing else to do.
    virtual Result<void> rest() = 0;
};

}  // namespace dosario
