// SPDX-License-Identifier: Apache-2.0
// Small steps that folding and reversing share: one row must change, one line of stock moves.
#pragma once

#include "ledger/columns.hpp"
#include "workflow/fact.hpp"

namespace dosario {

/// The only place until counting and quarantine bring others.
inline constexpr std::int64_t kShelf = 1;

/// What a fact adds to a lot's line of stock.
struct StockChange {
    std::int64_t counted_packs = 0;
    std::int64_t serial_packs = 0;
    std::int64_t opened_packs = 0;
    std::int64_t opened_units = 0;
    std::int64_t doses_made = 0;
    std::int64_t doses_ready = 0;
    std::int64_t dose_units = 0;
};

/// Refused: a rule of the ledger, in words.
Error broken_rule(std::string what);

/// Runs a statement that must change exactly one row, else the rule `what` is broken.
Result<void> change_one(Database& db, Query& query, const char* what);

/// Refused when the lot was never received or a quantity would fall below zero.
Result<void> change_stock(Database& db, Gtin gtin, std::string_view lot, const StockChange& change, Seq seq);

/// The same for the lot that a dose was cut from.
Result<void> change_stock_of_dose(Database& db, ThingId dose, StockChange change, Seq seq);

/// A verified dose leaves (`direction` -1) or comes back (+1).
Result<void> move_dose(Database& db, ThingId dose, std::int64_t direction, Seq seq);

}  // namespace dosario
