// SPDX-License-Identifier: Apache-2.0
// A shelf as a pad reads it against what the ledger has there. Nothing is written: who finds a difference decides what it is.
#pragma once

#include "dosario/v1/control.pb.h"
#include "control/messages.hpp"
#include "ledger/ledger.hpp"
#include "scan/tag_window.hpp"

namespace dosario {

/// Tags of a sweep: as many as a pad can hold apart. A tray that is booked has fewer, PadTray::kMostTags.
inline constexpr std::size_t kMostSwept = TagWindow::kMostTags;

/// Codes as in Tray. Looked for is all that the ledger has on the shelf of the one product, or of each product of which anything was read;
/// things without a serial number no tag can tell, they are counted. `today` is of two-digit years. Errors: invalid, what was asked is wrong.
Result<v1::SweepReply> sweep_reply(Ledger& ledger, const v1::SweepRequest& request, const CodeHabits& habits, Date today,
                                   Language language);

}  // namespace dosario
