// SPDX-License-Identifier: Apache-2.0
// Proves what the collector keeps: every branch's chain from its beginning to its head, and SQLite's own pages.
#pragma once

#include "base/clock.hpp"
#include "ledger/sqlite.hpp"
#include "wire/chain.hpp"

#include "dosario/v1/collector.pb.h"

namespace dosario {

class StoreVerifier {
public:
    StoreVerifier(Database& database, const Digest& digest) : db_(database), digest_(digest) {}
    /// Looks at up to `entries` more; true while there is more to do. Entries that arrive meanwhile may be looked at or not.
    Result<bool> step(std::size_t entries);
    const v1::CollectorVerifyReply& report() const { return report_; }

private:
    Result<bool> next_branch();
    Result<void> finish();
    void fault(std::uint64_t seq, std::string what);

    Database& db_;
    const Digest& digest_;
    v1::CollectorVerifyReply report_;
    std::int64_t branch_ = 0;  ///< row of the branch that is walked, 0 = none yet
    std::string station_;
    std::string branch_name_;
    LedgerId ledger_{};
    std::int64_t seq_ = 0;
    std::int64_t head_seq_ = 0;
    Sha256 hash_{};
    Sha256 head_hash_{};
    bool walking_ = false;
};

}  // namespace dosario
