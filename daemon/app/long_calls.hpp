// SPDX-License-Identifier: Apache-2.0
// API calls that take longer than a scan may wait. Copies, for a snapshot or to be verified, are made in slices between the groups of the
// ledger thread; making the lists again (rebuild) is one transaction, and scans wait until it is done.
#pragma once

#include "app/verifying.hpp"
#include "control/api.hpp"

#include <functional>
#include <optional>
#include <string>

namespace dosario {

/// The work of that call, nothing when `path` is no long call. `reply` is called once, on the ledger thread or on that of `verifying`.
std::optional<LedgerThread::Chore> long_call(const std::string& path, const std::string& body, Verifying& verifying,
                                             ProgressBoard& progress, std::function<void(ApiReply)> reply);

}  // namespace dosario
