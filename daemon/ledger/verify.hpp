// SPDX-License-Identifier: Apache-2.0
// Is the ledger what was written? Its tables are those of this version, the chain is walked, every projection is made again from the entries in a scratch database and
// compared column by column, and SQLite's own check is asked. In steps, so that a daemon can scan in between.
#pragma once

#include "ledger/ledger.hpp"

#include <string>
#include <vector>

namespace dosario {

struct VerifyFinding {
    Seq seq = 0;  ///< the entry at fault, 0 when it is none
    std::string what;
};

struct VerifyReport {
    Seq entries = 0;
    std::string branch;
    Sha256 head{};
    std::vector<VerifyFinding> faults;  ///< the first kMostFindings
    bool ok() const { return faults.empty(); }
};

class Verifier {
public:
    static constexpr std::size_t kMostFindings = 100;

    /// The ledger outlives the verifier.
    static Result<std::unique_ptr<Verifier>> start(Ledger& ledger);

    /// Looks at up to `entries` more; false when all is done. New entries may be appended between steps.
    Result<bool> step(std::size_t entries);
    const VerifyReport& report() const { return report_; }
    Seq done() const { return report_.entries; }

private:
    Verifier(Ledger& ledger, std::unique_ptr<Database> scratch);
    void find(Seq seq, std::string what);
    void check_tables();
    void check_entry(const Entry& entry);
    Result<void> compare_projections();
    Result<void> compare_table(const std::string& table);
    Result<void> ask_sqlite();

    Ledger& ledger_;
    std::unique_ptr<Database> scratch_;
    Projection projection_;
    VerifyReport report_;
    std::vector<std::int64_t> boots_;  ///< in ascending order
    Sha256 previous_{};
    bool folding_ = true;  ///< false after an entry that cannot be folded: projections cannot be compared any more
};

/// Makes all projections again from the entries, in one transaction. Returns how many entries were folded.
Result<Seq> rebuild(Ledger& ledger);

}  // namespace dosario
