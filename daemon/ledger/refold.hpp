// SPDX-License-Identifier: Apache-2.0
// Makes all projections again from the entries.
#pragma once

#include "ledger/sqlite.hpp"
#include "workflow/fact.hpp"

namespace dosario {

/// Within the caller's transaction. Returns how many entries were folded; damaged when one of them cannot be read or breaks a rule.
Result<Seq> refold(Database& db);

}  // namespace dosario
