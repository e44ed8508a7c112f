// SPDX-License-Identifier: Apache-2.0
// Ledger contents as API messages; the daemon and the command-line tool (when no daemon runs) show the same.
#pragma once

#include "dosario/v1/control.pb.h"
#include "identity/identity.hpp"
#include "ledger/queries.hpp"
#include "ledger/verify.hpp"

namespace dosario {

/// invalid when it is none.
Result<Gtin> gtin_of(const std::string& text);

v1::LogEntry log_entry(const Entry& entry);
Result<v1::LogReply> log_reply(Ledger& ledger, const v1::LogRequest& request);
Result<v1::StockReply> stock_reply(Ledger& ledger, const v1::StockRequest& request);
v1::VerifyReply verify_reply(const VerifyReport& report);

}  // namespace dosario
