// SPDX-License-Identifier: Apache-2.0
// Is the ledger what was written? Its tables are those of this version, the chain is walked, every projection is made again from the
// entries in a scratch database and compared column by column, and SQLite's own check is asked. That takes long: a daemon, which must
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
};

struct VerifyReport {
    static constexpr std::size_t kMostFindings = 100;

    Seq entries = 0;
    std::string branch;
    Sha256 head{};
    std::vector<VerifyFinding> faults;  ///< the first kMostFindings
    bool ok() const { return faults.empty(); }
};

/// Reads all of it. `stop` is asked often, and ends it (unavailable). Other failures are of the scratch database: full, io.
Result<VerifyReport> verify(const VerifyOf& what, const std::function<bool()>& stop = {});

/// The ledger's own file, by who holds it and has nothing else to do.
Result<VerifyReport> verify(Ledger& ledger);

/// Makes all projections again from the entries, in one transaction. Returns how many entries were folded.
Result<Seq> rebuild(Ledger& ledger);

}  // namespace dosario
