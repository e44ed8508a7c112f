// SPDX-License-Identifier: Apache-2.0
// Recalls as API messages: what is asked for, and what it touches.
#pragma once

#include "dosario/v1/control.pb.h"
#include "ledger/ledger.hpp"

#include <optional>

namespace dosario {

/// The fact that a request wants, nothing when it only asks for the list. invalid: what is asked cannot be, in words.
Result<std::optional<Fact>> recall_fact(const v1::RecallRequest& request);

/// All recalls that hold, and what that of the request touches.
Result<v1::RecallReply> recall_reply(Ledger& ledger, const v1::RecallRequest& request);

}  // namespace dosario
