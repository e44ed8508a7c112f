// SPDX-License-Identifier: Apache-2.0
// What `dosario doctor` asks the daemon (/v1/doctor): the data directory, the disk and the certificates, which nobody else may look at.
#pragma once

#include "app/ledger_thread.hpp"
#include "app/settings.hpp"
#include "http/api_reply.hpp"

#include <functional>
#include <string>

namespace dosario {

/// Work between scans: each slice makes one durable write and times it, so that a scan waits for one of them at most. `settings` outlives it.
/// `reply` is called once, on the ledger thread.
LedgerThread::Chore examination(const Settings& settings, std::string directory, std::string usb_problem,
                                std::function<void(ApiReply)> reply);

}  // namespace dosario
