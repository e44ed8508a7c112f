// SPDX-License-Identifier: Apache-2.0
// API calls that take longer than a scan may wait: they run in slices between the groups of the ledger thread.
#pragma once

#include "app/ledger_thread.hpp"
#include "control/api.hpp"

#include <functional>
#include <optional>
#include <string>

namespace dosario {

/// The work of that call, nothing when `path` is no long call. `reply` is called once, on the ledger thread.
std::optional<LedgerThread::Chore> long_call(const std::string& path, const std::string& body,
                                             std::function<void(ApiReply)> reply);

}  // namespace dosario
