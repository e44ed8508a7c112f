// SPDX-License-Identifier: Apache-2.0
// The part of Projection that blocks lots and brings goods back: recalls, returns into quarantine, releases, and how they are taken back.
#include "ledger/projection.hpp"
#include "ledger/stock_change.hpp"

namespace dosario {

Result<void> Projection::move_packs(const At& at, Gtin gtin, std::string_view lot, ThingId pack, std::uint32_t packs, Place from,
                                    Place to) {
    if (pack && packs != 1) return broken_rule("a serial number names one pack");
    if (packs == 0) return broken_rule("at least one pack is moved");
    StockChange moved;
    (pack ? moved.serial_packs : moved.counted_packs) = packs;
    return move_stock(db_, gtin, lot, from, to, moved, at.seq);
}

// --- recalls -------------------------------------------------------------------------------------------------------------------

Result<void> Projection::fold(const At& at, const LotRecalled& fact) {
    auto insert = db_.query("INSERT OR IGNORE INTO recall VALUES (?, ?, ?, ?)");
    insert.bind(sql(fact.gtin)).bind(fact.lot).bind(fact.reference).bind(sql(at.seq));
    if (auto recalled = change_one(db_, insert, "this lot is recalled already"); !recalled) return recalled;
    return lot_subject(fact.gtin, fact.lot, at.seq);
}

Result<void> Projection::fold(const At& at, const RecallLifted& fact) {
    auto lift = db_.query("DELETE FROM recall WHERE gtin = ? AND lot = ?");
    lift.bind(sql(fact.gtin)).bind(fact.lot);
    if (auto lifted = change_one(db_, lift, "this lot is not recalled"); !lifted) return lifted;
    return lot_subject(fact.gtin, fact.lot, at.seq);
}

// --- doses ---------------------------------------------------------------------------------------------------------------------

Result<void> Projection::fold(const At& at, const DoseReturned& fact) {
    auto back =
        db_.query("UPDATE dose SET state = 4, returned_seq = ?, last_seq = ? WHERE dose = ? AND state = 3 AND out_seq = ?");
    back.bind(sql(at.seq)).bind(sql(at.seq)).bind(sql(fact.dose)).bind(sql(fact.dispensed));
    if (auto came = change_one(db_, back, "this dose is not out by that entry"); !came) return came;
    if (auto moved = move_dose(db_, fact.dose, Place::dispensed, Place::quarantine, at.seq); !moved) return moved;
    return subject(fact.dose.number, at.seq);
}

Result<void> Projection::unfold(const At& at, const DoseReturned& fact) {
    auto out = db_.query("UPDATE dose SET state = 3, returned_seq = NULL, last_seq = ? WHERE dose = ? AND state = 4");
    out.bind(sql(at.seq)).bind(sql(fact.dose));
    if (auto left = change_one(db_, out, "this dose is not in quarantine"); !left) return left;
    if (auto moved = move_dose(db_, fact.dose, Place::quarantine, Place::dispensed, at.seq); !moved) return moved;
    return subject(fact.dose.number, at.seq);
}

Result<void> Projection::fold(const At& at, const DoseReleased& fact) {
    if (at.fact.operator_badge.empty()) return broken_rule("somebody answers for a release");
    auto release = db_.query(
        "UPDATE dose SET state = 2, out_on = NULL, out_seq = NULL, returned_seq = NULL, last_seq = ? WHERE dose = ? AND state = 4"
        " AND returned_seq = ?");
    release.bind(sql(at.seq)).bind(sql(fact.dose)).bind(sql(fact.returned));
    if (auto released = change_one(db_, release, "this dose is not in quarantine by that entry"); !released) return released;
    if (auto moved = move_dose(db_, fact.dose, Place::quarantine, Place::shelf, at.seq); !moved) return moved;
    return subject(fact.dose.number, at.seq);
}

/// By which entry, and on which day, the thing of that return had left.
Result<std::pair<Seq, Date>> Projection::left_before(Seq returned) {
    const auto came = earlier_(returned);
    if (!came) return came.error();
    const auto* dose = std::get_if<DoseReturned>(&came->fact);
    const auto* packs = std::get_if<PacksReturned>(&came->fact);
    const Seq dispensed = dose != nullptr ? dose->dispensed : packs != nullptr ? packs->dispensed : 0;
    if (dispensed == 0) return broken_rule("a release names the return that it ends");
    const auto left = earlier_(dispensed);
    if (!left) return left.error();
    return std::pair{dispensed, left->decided_on};
}

Result<void> Projection::unfold(const At& at, const DoseReleased& fact) {
    const auto left = left_before(fact.returned);
    if (!left) return left.error();
    auto hold = db_.query(
        "UPDATE dose SET state = 4, out_seq = ?, out_on = ?, returned_seq = ?, last_seq = ? WHERE dose = ? AND state = 2");
    hold.bind(sql(left->first)).bind(sql(left->second)).bind(sql(fact.returned)).bind(sql(at.seq)).bind(sql(fact.dose));
    if (auto held = change_one(db_, hold, "this dose left since"); !held) return held;
    if (auto moved = move_dose(db_, fact.dose, Place::shelf, Place::quarantine, at.seq); !moved) return moved;
    return subject(fact.dose.number, at.seq);
}

// --- packs ---------------------------------------------------------------------------------------------------------------------

Result<void> Projection::fold(const At& at, const PacksReturned& fact) {
    if (fact.pack) {
        auto back = db_.query(
            "UPDATE pack SET state = 4, returned_seq = ?, last_seq = ? WHERE pack = ? AND state = 3 AND out_seq = ? AND gtin = ?"
            " AND lot = ?");
        back.bind(sql(at.seq))
            .bind(sql(at.seq))
            .bind(sql(fact.pack))
            .bind(sql(fact.dispensed))
            .bind(sql(fact.gtin))
            .bind(fact.lot);
        if (auto came = change_one(db_, back, "this pack is not out by that entry"); !came) return came;
        if (auto linked = subject(fact.pack.number, at.seq); !linked) return linked;
    }
    if (auto known = same_lot(db_, fact.gtin, fact.lot, fact.expires_on); !known) return known;
    if (auto moved = move_packs(at, fact.gtin, fact.lot, fact.pack, fact.packs, Place::dispensed, Place::quarantine); !moved)
        return moved;
    return lot_subject(fact.gtin, fact.lot, at.seq);
}

Result<void> Projection::unfold(const At& at, const PacksReturned& fact) {
    if (fact.pack) {
        auto out = db_.query("UPDATE pack SET state = 3, returned_seq = NULL, last_seq = ? WHERE pack = ? AND state = 4");
        out.bind(sql(at.seq)).bind(sql(fact.pack));
        if (auto left = change_one(db_, out, "this pack is not in quarantine"); !left) return left;
        if (auto linked = subject(fact.pack.number, at.seq); !linked) return linked;
    }
    if (auto moved = move_packs(at, fact.gtin, fact.lot, fact.pack, fact.packs, Place::quarantine, Place::dispensed); !moved)
        return moved;
    return lot_subject(fact.gtin, fact.lot, at.seq);
}

Result<void> Projection::fold(const At& at, const PacksReleased& fact) {
    if (at.fact.operator_badge.empty()) return broken_rule("somebody answers for a release");
    if (fact.pack) {
        auto release = db_.query(
            "UPDATE pack SET state = 1, out_on = NULL, out_seq = NULL, returned_seq = NULL, last_seq = ? WHERE pack = ? AND state = 4"
            " AND returned_seq = ? AND gtin = ? AND lot = ?");
        release.bind(sql(at.seq)).bind(sql(fact.pack)).bind(sql(fact.returned)).bind(sql(fact.gtin)).bind(fact.lot);
        if (auto released = change_one(db_, release, "this pack is not in quarantine by that entry"); !released) return released;
        if (auto linked = subject(fact.pack.number, at.seq); !linked) return linked;
    }
    if (auto known = same_lot(db_, fact.gtin, fact.lot, fact.expires_on); !known) return known;
    if (auto moved = move_packs(at, fact.gtin, fact.lot, fact.pack, fact.packs, Place::quarantine, Place::shelf); !moved)
        return moved;
    return lot_subject(fact.gtin, fact.lot, at.seq);
}

Result<void> Projection::unfold(const At& at, const PacksReleased& fact) {
    if (fact.pack) {
        const auto left = left_before(fact.returned);
        if (!left) return left.error();
        auto hold = db_.query(
            "UPDATE pack SET state = 4, out_seq = ?, out_on = ?, returned_seq = ?, last_seq = ? WHERE pack = ? AND state = 1");
        hold.bind(sql(left->first)).bind(sql(left->second)).bind(sql(fact.returned)).bind(sql(at.seq)).bind(sql(fact.pack));
        if (auto held = change_one(db_, hold, "this pack was opened or left since"); !held) return held;
        if (auto linked = subject(fact.pack.number, at.seq); !linked) return linked;
    }
    if (auto moved = move_packs(at, fact.gtin, fact.lot, fact.pack, fact.packs, Place::shelf, Place::quarantine); !moved)
        return moved;
    return lot_subject(fact.gtin, fact.lot, at.seq);
}

}  // namespace dosario
