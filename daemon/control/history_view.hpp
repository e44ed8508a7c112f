// SPDX-License-Identifier: Apache-2.0
// The history of one thing as an API message: back to its box, forward to its sisters.
#pragma once

#include "dosario/v1/control.pb.h"
#include "identity/layout.hpp"
#include "ledger/story.hpp"

namespace dosario {

/// invalid: `id` names nothing; not_found: it was never here.
Result<v1::HistoryReply> history_reply(Ledger& ledger, const v1::HistoryRequest& request, const CodeHabits& habits);

/// `to_verify`, `ready`, `closed`, `opened`, `returned`, `dispensed`, `undone`.
std::string_view state_name(Story::Of of, int state);

}  // namespace dosario
