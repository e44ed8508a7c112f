// SPDX-License-Identifier: Apache-2.0
// What people ask of the collector, read from its tables. Every answer is bounded.
#pragma once

#include "ledger/sqlite.hpp"

#include "dosario/v1/collector.pb.h"

namespace dosario {

Result<v1::StationsReply> stations(Database& db);
Result<v1::CollectorStockReply> stock(Database& db, const v1::CollectorStockRequest& request);
Result<v1::LotReply> lot(Database& db, const v1::LotRequest& request);
Result<v1::QuarantineReply> quarantined(Database& db, const v1::QuarantineRequest& request);
Result<v1::CollectorLogReply> log_entries(Database& db, const v1::CollectorLogRequest& request);

/// Entries received and not yet in the projections.
Result<std::uint64_t> projection_lag(Database& db);

}  // namespace dosario
