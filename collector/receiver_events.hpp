// SPDX-License-Identifier: Apache-2.0
// What the receiver asks of its shell, and what the shell tells it.
#pragma once

#include "collector/store.hpp"

#include <variant>

namespace dosario {

// --- wishes ----------------------------------------------------------------------------------------------------------------------

// SessionWanted and Append (store.hpp) are wishes too. Answers: SessionBegun, SessionRefused; EntriesKept, StoreFailed.

struct HashesWanted {
    LedgerId ledger{};
    BranchId branch{};
    std::vector<Seq> seqs;
};
struct EntriesWanted {
    LedgerId ledger{};
    BranchId branch{};
    Seq after = 0;
};
/// A request for a new certificate for the name this connection was authenticated with. Answers: CertificateIssued, RenewalRefused.
struct RenewalWanted {
    std::string request;
};
/// An entry came whose hash does not follow: for the book of damaged entries.
struct ChainBroke {
    LedgerId ledger{};
    BranchId branch{};
    Seq seq = 0;
};
/// Close the connection once what is written has left.
struct ReceiverEnd {
    std::string why;
};

using ReceiverEvent =
    std::variant<SessionWanted, Append, HashesWanted, EntriesWanted, StationClock, RenewalWanted, ChainBroke, ReceiverEnd>;

// --- answers ---------------------------------------------------------------------------------------------------------------------

struct SessionBegun {
    SessionStart start;
    std::vector<std::string> notices;
    /// Entries that broke the chain often enough to be kept as they are: one at most for each branch.
    std::vector<std::pair<BranchId, Seq>> damaged;
    std::uint32_t credit = 0;
};
struct SessionRefused {
    std::string message;
    bool other_station = false;
};
struct EntriesKept {
    BranchId branch{};
    AppendOutcome outcome;
    std::uint32_t credit = 0;
};
struct StoreFailed {
    std::string why;
};
struct HashesFound {
    std::vector<std::optional<Sha256>> hashes;
};
struct EntriesFound {
    std::vector<Entry> entries;
};
struct CertificateIssued {
    std::string certificate;
};
struct RenewalRefused {
    std::string why;
};
struct CreditChanged {
    std::uint32_t credit = 0;
};
/// A newer session of the same ledger began.
struct SessionFenced {};
struct CollectorStops {};

using ReceiverCommand = std::variant<SessionBegun, SessionRefused, EntriesKept, StoreFailed, HashesFound, EntriesFound,
                                     CertificateIssued, RenewalRefused, CreditChanged, SessionFenced, CollectorStops>;

}  // namespace dosario
