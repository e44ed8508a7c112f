// SPDX-License-Identifier: Apache-2.0
// What the uplink session asks of its shell, and what the shell tells it. The shell reads and writes the ledger; the session decides.
#pragma once

#include "base/time.hpp"
#include "wire/branches.hpp"

#include <string>
#include <variant>
#include <vector>

namespace dosario {

struct UplinkGreeting {
    LedgerTail tail;
    Sha256 machine{};
    std::string build;
    std::string renewal;  ///< PKCS#10 request: the certificate is renewed first; empty: not due
};

// --- wishes ----------------------------------------------------------------------------------------------------------------------

/// Read entries, at most `limit` and `bytes` of bodies (but one). Answer: EntriesRead.
struct ReadEntries {
    Seq after = 0;
    std::size_t limit = 0;
    std::size_t bytes = 0;
};
/// Our hashes at these entries (0 = before the first). Answer: HashesRead.
struct ReadHashes {
    std::vector<Seq> seqs;
};
/// The collector parted from us after that entry: what follows it becomes a branch of its own. Answer: TailRead.
struct ForkAfter {
    Seq seq = 0;
    std::string why;
};
/// We lost these entries: write them again, as they are, if they follow from our head. Answer: TailRead, whether it went well or not.
struct RestoreEntries {
    std::vector<Entry> entries;
};
/// The collector has everything of this branch up to here, on its disk.
struct Acknowledged {
    BranchId branch{};
    Seq seq = 0;
    Sha256 hash{};
};
/// The collector's clock against ours.
struct ClockHeard {
    std::int64_t boot = 0;
    MonoTime mono{};
    UtcTime wall{};
    UtcTime collector{};
    Micros rtt{};
};
/// A sentence of the collector for the staff.
struct Notice {
    std::string text;
};
/// Branches are compared, entries flow.
struct Streaming {
    std::uint64_t session = 0;
    std::vector<Acknowledged> proven;  ///< what the collector has of each branch
};
/// A new certificate for our key, PEM: to be kept, and used from the next connection on.
struct CertificateRenewed {
    std::string certificate;
};
enum class UplinkEndReason { again, no_answer, broken_peer, refused, fenced, expired, other_station, version, ledger };
/// The connection is of no more use: close it. Not before `retry_after` again.
struct UplinkEnd {
    UplinkEndReason reason = UplinkEndReason::again;
    std::string why;
    Micros retry_after{};
};

using UplinkEvent = std::variant<ReadEntries, ReadHashes, ForkAfter, RestoreEntries, Acknowledged, ClockHeard, Notice, Streaming,
                                 CertificateRenewed, UplinkEnd>;

// --- answers ---------------------------------------------------------------------------------------------------------------------

struct LedgerGrew {
    Seq head = 0;
};
struct EntriesRead {
    std::vector<Entry> entries;
};
struct HashesRead {
    std::vector<Sha256> hashes;
};
struct TailRead {
    LedgerTail tail;
};
/// The ledger could not do what was asked.
struct LedgerFailed {
    std::string why;
};

/// What was to be read belongs to a branch that no Hello told of: the ledger began it by itself, after it was restored.
struct LedgerParted {};

using UplinkCommand = std::variant<LedgerGrew, EntriesRead, HashesRead, TailRead, LedgerFailed, LedgerParted>;

}  // namespace dosario
