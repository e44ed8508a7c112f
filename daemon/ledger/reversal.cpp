// SPDX-License-Identifier: Apache-2.0
// The other half of Projection: how each fact is taken back. Refused when something later depends on it.
#include "ledger/projection.hpp"
#include "ledger/stock_change.hpp"

namespace dosario {

// The state of a thing does not say it all: a dose that was returned twice is as the first return left it.
Result<void> Projection::reverse(const At& at, const SignedFact& original, Seq original_seq) {
    for (const ThingId thing : things_of(original.fact)) {
        if (later_move(db_, thing, original_seq)) return broken_rule("a later entry depends on the one that is to be taken back");
    }
    if (const auto* fact = std::get_if<PacksReceived>(&original.fact)) return unfold(at, original, *fact);
    if (const auto* fact = std::get_if<PackFractioned>(&original.fact)) return unfold(at, *fact, original_seq);
    if (const auto* fact = std::get_if<DosesVerified>(&original.fact)) return unfold(at, *fact);
    if (const auto* fact = std::get_if<DoseDispensed>(&original.fact)) return unfold(at, *fact);
    if (const auto* fact = std::get_if<PacksDispensed>(&original.fact)) return unfold(at, *fact);
    if (const auto* fact = std::get_if<DoseReturned>(&original.fact)) return unfold(at, *fact);
    if (const auto* fact = std::get_if<PacksReturned>(&original.fact)) return unfold(at, *fact);
    if (const auto* fact = std::get_if<DoseReleased>(&original.fact)) return unfold(at, *fact);
    if (const auto* fact = std::get_if<PacksReleased>(&original.fact)) return unfold(at, *fact);
    return broken_rule("this kind of entry cannot be taken back");
}

Result<void> Projection::unfold(const At& at, const SignedFact& original, const PacksReceived& fact) {
    if (auto linked = lot_subject(fact.gtin, fact.lot, at.seq); !linked) return linked;
    if (fact.pack) {
        auto remove = db_.query("DELETE FROM pack WHERE pack = ? AND state = 1");
        remove.bind(sql(fact.pack));
        if (auto removed = change_one(db_, remove, "the pack was opened or left since"); !removed) return removed;
        if (auto linked = subject(fact.pack.number, at.seq); !linked) return linked;
    }
    StockChange change;
    (fact.pack ? change.serial_packs : change.counted_packs) = -std::int64_t{fact.packs};
    if (auto taken = change_stock(db_, fact.gtin, fact.lot, Place::shelf, change, at.seq); !taken) return taken;
    if (fact.typed) {
        if (auto forgotten = db_.query("DELETE FROM typed_lot WHERE work = ? AND gtin = ? AND lot = ?")
                                 .bind(sql(original.work))
                                 .bind(sql(fact.gtin))
                                 .bind(fact.lot)
                                 .run();
            !forgotten) {
            return forgotten;
        }
    }
    // The last reception of a lot takes the lot with it: its expiry may have been the mistake.
    if (auto emptied =
            db_.query(
                   "DELETE FROM stock WHERE gtin = ? AND lot = ? AND 1 = (SELECT receptions FROM lot WHERE gtin = ? AND lot = ?)")
                .bind(sql(fact.gtin))
                .bind(fact.lot)
                .bind(sql(fact.gtin))
                .bind(fact.lot)
                .run();
        !emptied) {
        return emptied;
    }
    auto last = db_.query("DELETE FROM lot WHERE gtin = ? AND lot = ? AND receptions = 1");
    if (auto gone = last.bind(sql(fact.gtin)).bind(fact.lot).run(); !gone) return gone;
    if (db_.changes() == 1) return {};
    auto fewer = db_.query(
        "UPDATE lot SET receptions = receptions - 1, units_received = units_received - ?, last_seq = ? WHERE gtin = ? AND lot = ?");
    fewer.bind(std::int64_t{fact.packs} * fact.units_per_pack).bind(sql(at.seq)).bind(sql(fact.gtin)).bind(fact.lot);
    return change_one(db_, fewer, "this lot was never received");
}

Result<void> Projection::unfold(const At& at, const PackFractioned& fact, Seq original_seq) {
    std::int64_t units = 0;
    for (const MadeDose& made : fact.doses) {
        auto remove = db_.query("DELETE FROM dose WHERE dose = ? AND state = 1");
        remove.bind(sql(made.dose));
        if (auto removed = change_one(db_, remove, "a dose was verified or left since"); !removed) return removed;
        if (auto linked = subject(made.dose.number, at.seq); !linked) return linked;
        units += made.units;
    }
    auto forget = db_.query("DELETE FROM fractioning WHERE seq = ?");
    forget.bind(sql(original_seq));
    if (auto forgotten = change_one(db_, forget, "this fractioning is not known"); !forgotten) return forgotten;

    auto restore = db_.query("UPDATE pack SET units_left = ?, last_seq = ? WHERE pack = ? AND state = 2 AND units_left = ?");
    restore.bind(std::int64_t{fact.units_before}).bind(sql(at.seq)).bind(sql(fact.pack)).bind(std::int64_t{fact.units_remaining});
    if (auto restored = change_one(db_, restore, "the pack was cut again since"); !restored) return restored;
    if (fact.opened) {
        auto close = fact.serial.empty() ? db_.query("DELETE FROM pack WHERE pack = ?")
                                         : db_.query("UPDATE pack SET state = 1, opened_on = NULL WHERE pack = ?");
        close.bind(sql(fact.pack));
        if (auto closed = change_one(db_, close, "this pack is not known"); !closed) return closed;
    }
    if (auto kept = waste(at, fact, -1); !kept) return kept;
    StockChange change;
    change.doses_made = -static_cast<std::int64_t>(fact.doses.size());
    change.dose_units = -units;
    change.opened_units = units;
    if (fact.opened) {
        change.opened_units = units - std::int64_t{fact.units_before};
        change.opened_packs = -1;
        (fact.serial.empty() ? change.counted_packs : change.serial_packs) = 1;
    }
    if (auto moved = change_stock(db_, fact.gtin, fact.lot, Place::shelf, change, at.seq); !moved) return moved;
    if (auto forgotten = forget_recipe(fact.gtin, original_seq); !forgotten) return forgotten;
    if (auto linked = subject(fact.pack.number, at.seq); !linked) return linked;
    return lot_subject(fact.gtin, fact.lot, at.seq);
}

/// The recipe of the fractioning before counts again.
Result<void> Projection::forget_recipe(Gtin gtin, Seq original_seq) {
    auto forget = db_.query("DELETE FROM recipe WHERE gtin = ? AND last_seq = ?");
    forget.bind(sql(gtin)).bind(sql(original_seq));
    return change_one(db_, forget, "the recipe of this fractioning is not known");
}

Result<void> Projection::unfold(const At& at, const DosesVerified& fact) {
    for (const ThingId dose : fact.doses) {
        auto undo = db_.query(
            "UPDATE dose SET state = 1, verified_by = NULL, verified_seq = NULL, last_seq = ? WHERE dose = ? AND state = 2");
        undo.bind(sql(at.seq)).bind(sql(dose));
        if (auto undone = change_one(db_, undo, "a dose left since"); !undone) return undone;
        StockChange change;
        change.doses_made = 1;
        change.doses_ready = -1;
        const auto goods = goods_of_dose(db_, dose);
        if (!goods) return goods.error();
        if (auto moved = change_stock(db_, goods->gtin, goods->lot, Place::shelf, change, at.seq); !moved) return moved;
        if (auto linked = subject(dose.number, at.seq); !linked) return linked;
    }
    return {};
}

Result<void> Projection::unfold(const At& at, const DoseDispensed& fact) {
    auto back = db_.query("UPDATE dose SET state = 2, out_on = NULL, out_seq = NULL, last_seq = ? WHERE dose = ? AND state = 3");
    back.bind(sql(at.seq)).bind(sql(fact.dose));
    if (auto came = change_one(db_, back, "this dose is not out"); !came) return came;
    if (auto moved = move_dose(db_, fact.dose, Place::dispensed, Place::shelf, at.seq); !moved) return moved;
    return subject(fact.dose.number, at.seq);
}

Result<void> Projection::unfold(const At& at, const PacksDispensed& fact) {
    if (fact.pack) {
        auto back =
            db_.query("UPDATE pack SET state = 1, out_on = NULL, out_seq = NULL, last_seq = ? WHERE pack = ? AND state = 3");
        back.bind(sql(at.seq)).bind(sql(fact.pack));
        if (auto came = change_one(db_, back, "this pack is not out"); !came) return came;
        if (auto linked = subject(fact.pack.number, at.seq); !linked) return linked;
    }
    if (auto moved = move_packs(at, fact.gtin, fact.lot, fact.pack, fact.packs, Place::dispensed, Place::shelf); !moved)
        return moved;
    return lot_subject(fact.gtin, fact.lot, at.seq);
}

}  // namespace dosario
