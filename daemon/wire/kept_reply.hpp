// SPDX-License-Identifier: Apache-2.0
// Replies as the ledger keeps them for retried requests: dosario.v1.ScanReply (proto/dosario/v1/control.proto).
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "workflow/fact.hpp"

#include <vector>

namespace dosario {

/// The entries that a kept reply says were written. Damaged: it is no reply.
Result<std::vector<Seq>> entries_of_reply(ByteView reply);

}  // namespace dosario
