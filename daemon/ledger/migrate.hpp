// SPDX-License-Identifier: Apache-2.0
// Brings a ledger of an older schema to the present one. Forward only; a copy of the file as it was is made first.
#pragma once

#include "ledger/sqlite.hpp"

#include <cstdint>
#include <string>

namespace dosario {

/// From schema `from` (1 to kSchemaVersion - 1) to kSchemaVersion, in one transaction: history gets what it lacks, the projections are
/// made again from the entries. Before it, `ledger.db.schema<from>` in `directory` is made and synced; one that is there already stays.
/// On failure nothing of the ledger has changed. Takes about 2 s for each 100,000 entries.
Result<void> migrate(Database& db, std::int64_t from, const std::string& directory);

}  // namespace dosario
