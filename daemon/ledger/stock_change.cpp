// SPDX-License-Identifier: Apache-2.0
#include "ledger/stock_change.hpp"

namespace dosario {

Error broken_rule(std::string what) { return fail(Failure::refused, "a rule of the ledger forbids this: " + std::move(what)); }

Result<void> change_one(Database& db, Query& query, const char* what) {
    if (auto ran = query.run(); !ran) return ran;
    if (db.changes() != 1) return broken_rule(what);
    return {};
}

Result<void> change_stock(Database& db, Gtin gtin, std::string_view lot, const StockChange& change, Seq seq) {
    auto update = db.query(
        "UPDATE stock SET counted_packs = counted_packs + ?, serial_packs = serial_packs + ?, opened_packs = opened_packs + ?,"
        " opened_units = opened_units + ?, doses_made = doses_made + ?, doses_ready = doses_ready + ?, dose_units = dose_units + ?,"
        " last_seq = ? WHERE gtin = ? AND lot = ? AND place = ?");
    update.bind(change.counted_packs).bind(change.serial_packs).bind(change.opened_packs).bind(change.opened_units);
    update.bind(change.doses_made).bind(change.doses_ready).bind(change.dose_units);
    update.bind(sql(seq)).bind(sql(gtin)).bind(lot).bind(kShelf);
    return change_one(db, update, "this lot was never received");
}

Result<void> move_dose(Database& db, ThingId dose, std::int64_t direction, Seq seq) {
    StockChange change;
    change.doses_ready = direction;
    {
        auto find = db.query("SELECT units FROM dose WHERE dose = ?");
        find.bind(sql(dose));
        if (!find.row()) return broken_rule("this dose is not known");
        change.dose_units = direction * find.number(0);
    }
    return change_stock_of_dose(db, dose, change, seq);
}

Result<void> change_stock_of_dose(Database& db, ThingId dose, StockChange change, Seq seq) {
    Gtin gtin;
    std::string lot;
    {
        auto find = db.query("SELECT gtin, lot FROM dose WHERE dose = ?");
        find.bind(sql(dose));
        if (!find.row()) return broken_rule("this dose is not known");
        gtin.number = natural(find, 0);
        lot = find.text(1);
    }
    return change_stock(db, gtin, lot, change, seq);
}

}  // namespace dosario
