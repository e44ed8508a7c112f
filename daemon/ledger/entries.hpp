// SPDX-License-Identifier: Apache-2.0
// Entries read from a ledger's file or from a copy of it.
#pragma once

#include "ledger/sqlite.hpp"
#include "wire/chain.hpp"
#include "workflow/fact.hpp"

#include <limits>
#include <vector>

namespace dosario {

/// Entries after that number, oldest first, at most `limit`, and no more than `bytes` of bodies (one entry at least, if there is one).
Result<std::vector<Entry>> read_entries(Database& db, Seq after, std::size_t limit,
                                        std::size_t bytes = std::numeric_limits<std::size_t>::max());

/// The run in which a restored entry was written is a row of boot, if it was not: nothing is known of it but its number.
Result<void> know_restored_boot(Database& db, const EntryHeader& header);

/// What that entry says; not_found when there is none.
Result<SignedFact> read_fact(Database& db, Seq seq);

}  // namespace dosario
