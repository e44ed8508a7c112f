// SPDX-License-Identifier: Apache-2.0
// Makes all projections again from the entries.
#pragma once

#include "ledger/sqlite.hpp"
#include "workflow/fact.hpp"

#include <functional>

namespace dosario {

/// Within the caller's transaction. Returns how many entries were folded; damaged when one of them cannot be read or breaks a rule.
/// `progress` hears of the last entry of each slice.
Result<Seq> refold(Database& db, const std::function<void(Seq)>& progress = {});

}  // namespace dosario
