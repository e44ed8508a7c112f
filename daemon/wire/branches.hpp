// SPDX-License-Identifier: Apache-2.0
// Branches: a ledger is one row of entries; where its history parted from what the collector has (a restored backup, a copied disk),
// a new branch begins. Nothing is numbered again, no hash changes.
#pragma once

#include "base/seq.hpp"
#include "wire/chain.hpp"

#include <vector>

namespace dosario {

/// The entries after `starts_after`, up to `end`.
struct BranchSpan {
    BranchId branch{};
    Seq starts_after = 0;
    Seq end = 0;
    Sha256 parent_hash{};  ///< the hash at `starts_after`, zeros for 0
};

/// The ledger's branches, oldest first, each beginning where the one before ends; the last one is written to.
struct LedgerTail {
    LedgerId ledger{};
    std::vector<BranchSpan> branches;
    Sha256 head_hash{};
    std::int64_t boot = 0;
};

}  // namespace dosario
