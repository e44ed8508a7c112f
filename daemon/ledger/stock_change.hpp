// SPDX-License-Identifier: Apache-2.0
// Small steps that folding and reversing share: one row must change, one line of stock moves.
#pragma once

#include "ledger/columns.hpp"
#include "workflow/fact.hpp"

namespace dosario {

/// What a fact adds to a lot's line of stock at one place.
struct StockChange {
    std::int64_t counted_packs = 0;
    std::int64_t serial_packs = 0;
    std::int64_t opened_packs = 0;
    std::int64_t opened_units = 0;
    std::int64_t doses_made = 0;
    std::int64_t doses_ready = 0;
    std::int64_t dose_units = 0;

    StockChange operator-() const {
        return {-counted_packs, -serial_packs, -opened_packs, -opened_units, -doses_made, -doses_ready, -dose_units};
    }
};

/// Refused: a rule of the ledger, in words.
Error broken_rule(std::string what);

/// An entry after that one moved this dose or pack, is no reversal, and was not taken back.
bool later_move(Database& db, ThingId thing, Seq seq);

/// Runs a statement that must change exactly one row, else the rule `what` is broken.
Result<void> change_one(Database& db, Query& query, const char* what);

/// Refused when that lot was never received, or with another expiry.
Result<void> same_lot(Database& db, Gtin gtin, std::string_view lot, Date expires_on);

/// Refused when the lot was never received or a quantity would fall below zero.
Result<void> change_stock(Database& db, Gtin gtin, std::string_view lot, Place place, const StockChange& change, Seq seq);

/// `what` goes from one place to another.
Result<void> move_stock(Database& db, Gtin gtin, std::string_view lot, Place from, Place to, const StockChange& what, Seq seq);

/// The lot and the units of a dose.
struct DoseGoods {
    Gtin gtin;
    std::string lot;
    std::int64_t units = 0;
};
/// Refused when there is no such dose.
Result<DoseGoods> goods_of_dose(Database& db, ThingId dose);

/// A verified dose goes from one place to another.
Result<void> move_dose(Database& db, ThingId dose, Place from, Place to, Seq seq);

}  // namespace dosario
