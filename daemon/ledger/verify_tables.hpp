// SPDX-License-Identifier: Apache-2.0
// What verify looks at beside entries and projections: is every table, index and trigger as this version makes it, and do the small
// tables of history (meta, boot, branch, request) agree with the entries and with their seals (seal.hpp)?
#pragma once

#include "ledger/sqlite.hpp"
#include "workflow/fact.hpp"

#include <functional>
#include <vector>

namespace dosario {

/// Takes one fault: the entry, 0 when it is none, and a sentence.
using FaultFinder = std::function<void(Seq, std::string)>;

/// Every object of the schema against `fresh`, a database with kHistorySchema and kProjectionSchema and nothing else.
void check_schema(Database& kept, Database& fresh, const FaultFinder& find);

/// The identity is there, as it was sealed, and nothing that this version does not know.
void check_meta(Database& kept, const FaultFinder& find);

/// These want the SQL function seal() on `kept`. Starts of the daemon, 1, 2, 3, ..., with a gap only before one that was restored from the collector; their numbers.
std::vector<std::int64_t> check_boots(Database& kept, const FaultFinder& find);

/// The first branch begins at 0, every other at an entry that is there, with its hash: also before one that was made earlier.
void check_branches(Database& kept, const FaultFinder& find);

/// Kept replies can be read and name entries that are there.
void check_requests(Database& kept, Seq last_seq, const FaultFinder& find);

}  // namespace dosario
