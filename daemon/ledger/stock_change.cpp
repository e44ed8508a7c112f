// SPDX-License-Identifier: Apache-2.0
#include "ledger/stock_change.hpp"

namespace dosario {

bool later_move(Database& db, ThingId thing, Seq seq) {
    auto query = db.query(
        "SELECT 1 FROM subject_event s JOIN event e ON e.seq = s.seq WHERE s.subject = ? AND s.seq > ? AND e.kind <> 19"
        " AND NOT EXISTS (SELECT 1 FROM taken_back t WHERE t.seq = s.seq) LIMIT 1");
    return query.bind(sql(thing)).bind(sql(seq)).row();
}

Error broken_rule(std::string what) { return fail(Failure::refused, "a rule of the ledger forbids this: " + std::move(what)); }

Result<void> change_one(Database& db, Query& query, const char* what) {
    if (auto ran = query.run(); !ran) return ran;
    if (db.changes() != 1) return broken_rule(what);
    return {};
}

Result<void> same_lot(Database& db, Gtin gtin, std::string_view lot, Date expires_on) {
    auto find = db.query("SELECT 1 FROM lot WHERE gtin = ? AND lot = ? AND expires_on = ?");
    find.bind(sql(gtin)).bind(lot).bind(sql(expires_on));
    if (find.row()) return {};
    return find.failed() ? find.error() : broken_rule("this lot was never received, or with another expiry");
}

namespace {

/// A line begins when something first comes to that place; its lot was received before.
Result<void> begin_line(Database& db, Gtin gtin, std::string_view lot, Place place, Seq seq) {
    auto insert = db.query(
        "INSERT INTO stock (gtin, lot, place, expires_on, units_per_pack, last_seq)"
        " SELECT gtin, lot, ?, expires_on, units_per_pack, ? FROM lot WHERE gtin = ? AND lot = ?");
    return insert.bind(sql(place)).bind(sql(seq)).bind(sql(gtin)).bind(lot).run();
}

/// How many lines that was: 0 when nothing of the lot was there before.
Result<std::int64_t> add_to_line(Database& db, Gtin gtin, std::string_view lot, Place place, const StockChange& change, Seq seq) {
    auto update = db.query(
        "UPDATE stock SET counted_packs = counted_packs + ?, serial_packs = serial_packs + ?, opened_packs = opened_packs + ?,"
        " opened_units = opened_units + ?, doses_made = doses_made + ?, doses_ready = doses_ready + ?, dose_units = dose_units + ?,"
        " last_seq = ? WHERE gtin = ? AND lot = ? AND place = ?");
    update.bind(change.counted_packs).bind(change.serial_packs).bind(change.opened_packs).bind(change.opened_units);
    update.bind(change.doses_made).bind(change.doses_ready).bind(change.dose_units);
    if (auto ran = update.bind(sql(seq)).bind(sql(gtin)).bind(lot).bind(sql(place)).run(); !ran) return ran.error();
    return db.changes();
}

}  // namespace

Result<void> change_stock(Database& db, Gtin gtin, std::string_view lot, Place place, const StockChange& change, Seq seq) {
    const auto lines = add_to_line(db, gtin, lot, place, change, seq);
    if (!lines) return lines.error();
    if (*lines != 1) return broken_rule("this lot was never received, or nothing of it is there");
    return {};
}

Result<void> move_stock(Database& db, Gtin gtin, std::string_view lot, Place from, Place to, const StockChange& what, Seq seq) {
    if (auto left = change_stock(db, gtin, lot, from, -what, seq); !left) return left;
    const auto lines = add_to_line(db, gtin, lot, to, what, seq);
    if (!lines) return lines.error();
    if (*lines == 1) return {};
    if (auto begun = begin_line(db, gtin, lot, to, seq); !begun) return begun;
    return change_stock(db, gtin, lot, to, what, seq);
}

Result<DoseGoods> goods_of_dose(Database& db, ThingId dose) {
    auto find = db.query("SELECT gtin, lot, units FROM dose WHERE dose = ?");
    find.bind(sql(dose));
    if (!find.row()) return broken_rule("this dose is not known");
    return DoseGoods{{natural(find, 0)}, find.text(1), find.number(2)};
}

Result<void> move_dose(Database& db, ThingId dose, Place from, Place to, Seq seq) {
    const auto goods = goods_of_dose(db, dose);
    if (!goods) return goods.error();
    StockChange one;
    one.doses_ready = 1;
    one.dose_units = goods->units;
    return move_stock(db, goods->gtin, goods->lot, from, to, one, seq);
}

}  // namespace dosario
