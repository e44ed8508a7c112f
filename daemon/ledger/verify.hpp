// SPDX-License-Identifier: Apache-2.0
// Is the ledger what was written? Its tables are those of this version, the chain is walked, every projection is made again from the
// entries in a scratch database and compared column by column, and SQLite's own check is asked; in full also an audit by other code. That takes long: a daemon, which must
// answer meanwhile, verifies a LedgerCopy on another thread.
#pragma once

#include "base/clock.hpp"
#include "ledger/ledger.hpp"

#include <functional>
#include <string>
#include <vector>

namespace dosario {

/// What is verified. The referenced objects outlive it.
struct VerifyOf {
    Database& database;  ///< nobody else writes it meanwhile
    const Digest& digest;
    Seq head_seq = 0;  ///< the last entry, as the program that writes the ledger knows it
    Sha256 head_hash{};
};

struct VerifyFinding {
    Seq seq = 0;  ///< the entry at fault, 0 when it is none
    std::string what;
    bool of_history = false;  ///< of what was said, and not only of the lists that follow from it
};

struct VerifyReport {
    static constexpr std::size_t kMostFindings = 100;

    Seq entries = 0;
    std::string branch;
    Sha256 head{};
    std::vector<VerifyFinding> faults;  ///< the first kMostFindings
    bool full = false;                  ///< audited too
    bool ok() const { return faults.empty(); }
};

/// How far it is: `what` is verifying, comparing, checking, auditing or rebuilding; `done` of `all` are entries, or tables.
struct LedgerProgress {
    const char* what = "";
    std::uint64_t done = 0;
    std::uint64_t all = 0;
};
using TellProgress = std::function<void(const LedgerProgress&)>;

struct VerifyHow {
    bool full = false;           ///< also audits: audit.hpp
    std::function<bool()> stop;  ///< asked often; true ends it (unavailable). Null: nobody stops it
    TellProgress progress;       ///< told a few times a second or more. Null: nobody looks
};

/// Reads all of it. Other failures than unavailable are of the scratch databases: full, io.
Result<VerifyReport> verify(const VerifyOf& what, const VerifyHow& how);
Result<VerifyReport> verify(const VerifyOf& what, const std::function<bool()>& stop = {});

/// The ledger's own file, by who holds it and has nothing else to do.
Result<VerifyReport> verify(Ledger& ledger, const VerifyHow& how = {});

/// Makes all projections again from the entries, in one transaction. Returns how many entries were folded.
Result<Seq> rebuild(Ledger& ledger, const TellProgress& progress = {});

}  // namespace dosario
