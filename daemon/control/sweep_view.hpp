// SPDX-License-Identifier: Apache-2.0
// A shelf as a pad reads it against what the ledger has there. Nothing is written: who finds a difference decides what it is.
#pragma once

#include "dosario/v1/control.pb.h"
#include "ledger/ledger.hpp"

namespace dosario {

/// Codes as in Tray. Things without a serial number cannot be swept. `today` is of two-digit years. Errors: invalid, what was asked is wrong.
Result<v1::SweepReply> sweep_reply(Ledger& ledger, const v1::SweepRequest& request, const CodeHabits& habits, Date today);

}  // namespace dosario
