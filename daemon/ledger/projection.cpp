// SPDX-License-Identifier: Apache-2.0
#include "ledger/projection.hpp"

#include "ledger/stock_change.hpp"
#include "wire/fact_codec.hpp"

#include <numeric>

namespace dosario {
namespace {

std::int64_t units_of(const std::vector<MadeDose>& doses) {
    return std::accumulate(doses.begin(), doses.end(), std::int64_t{0},
                           [](std::int64_t sum, const MadeDose& dose) { return sum + dose.units; });
}

}  // namespace

Result<void> Projection::apply(Seq seq, const SignedFact& signed_fact) {
    const At at{seq, signed_fact};
    if (auto begun = begin_fold(at); !begun) return begun;
    if (auto folded = std::visit([&](const auto& fact) { return fold(at, fact); }, signed_fact.fact); !folded) return folded;
    if (auto ended = end_fold(); !ended) return ended;
    const bool of_the_work_itself = signed_fact.work == seq || std::holds_alternative<DeliveryNoteNamed>(signed_fact.fact);
    if (signed_fact.work == 0 || of_the_work_itself) return {};
    auto count = db_.query("UPDATE work SET bookings = bookings + 1, last_seq = ? WHERE work = ? AND closed_seq IS NULL");
    return count.bind(sql(seq)).bind(sql(signed_fact.work)).run();
}

Result<void> Projection::begin_fold(const At& at) {
    auto begin = db_.query("UPDATE folding SET seq = ?, kind = ?, decided_on = ?, gtin = NULL, lot = NULL WHERE one = 1");
    begin.bind(sql(at.seq)).bind(std::int64_t{kind_of(at.fact.fact)}).bind(sql(at.fact.decided_on));
    return change_one(db_, begin, "the table of what is being folded has lost its row");
}

Result<void> Projection::end_fold() { return db_.query("UPDATE folding SET gtin = NULL, lot = NULL WHERE one = 1").run(); }

Result<void> Projection::subject(std::uint64_t subject, Seq seq) {
    return db_.query("INSERT OR IGNORE INTO subject_event (subject, seq) VALUES (?, ?)").bind(sql(subject)).bind(sql(seq)).run();
}

Result<void> Projection::lot_subject(Gtin gtin, std::string_view lot, Seq seq) {
    return db_.query("INSERT OR IGNORE INTO subject_event (subject, seq) SELECT subject, ? FROM lot WHERE gtin = ? AND lot = ?")
        .bind(sql(seq))
        .bind(sql(gtin))
        .bind(lot)
        .run();
}

Result<void> Projection::fold(const At& at, const ProductLearned& fact) {
    return db_.query("INSERT OR REPLACE INTO product VALUES (?, ?, ?, ?, ?, ?, ?)")
        .bind(sql(fact.gtin))
        .bind(fact.name)
        .bind(fact.unit)
        .bind(std::int64_t{fact.units_per_pack})
        .bind(std::int64_t{fact.beyond_use_days})
        .bind(std::int64_t{fact.units_per_dose})
        .bind(sql(at.seq))
        .run();
}

Result<void> Projection::fold(const At& at, const OperatorChanged& fact) {
    return db_.query("INSERT OR REPLACE INTO desk VALUES (1, ?, ?)").bind(fact.badge).bind(sql(at.seq)).run();
}

Result<void> Projection::fold(const At& at, const WorkOpened& fact) {
    const ByteView recipient = fact.kind == WorkKind::dispensing ? ByteView{fact.recipient} : ByteView{};
    return db_
        .query("INSERT INTO work (work, kind, recipient, bookings, supplier, note, last_seq) VALUES (?, ?, ?, 0, '', '', ?)")
        .bind(sql(at.seq))
        .bind(static_cast<std::int64_t>(fact.kind))
        .bind(recipient)
        .bind(sql(at.seq))
        .run();
}

Result<void> Projection::fold(const At& at, const WorkClosed&) {
    auto close = db_.query("UPDATE work SET closed_seq = ?, last_seq = ? WHERE work = ? AND closed_seq IS NULL");
    close.bind(sql(at.seq)).bind(sql(at.seq)).bind(sql(at.fact.work));
    return change_one(db_, close, "this work is not open");
}

Result<void> Projection::receive_serial(const At& at, const PacksReceived& fact) {
    if (fact.packs != 1 || !fact.pack) return broken_rule("a serial number names one pack");
    if (auto inserted =
            db_.query("INSERT INTO pack (pack, gtin, serial, lot, expires_on, state, units_total, units_left, last_seq)"
                      " VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?)")
                .bind(sql(fact.pack))
                .bind(sql(fact.gtin))
                .bind(fact.serial)
                .bind(fact.lot)
                .bind(sql(fact.expires_on))
                .bind(std::int64_t{fact.units_per_pack})
                .bind(std::int64_t{fact.units_per_pack})
                .bind(sql(at.seq))
                .run();
        !inserted) {
        return inserted;
    }
    return subject(fact.pack.number, at.seq);
}

Result<void> Projection::fold(const At& at, const PacksReceived& fact) {
    if (fact.packs == 0) return broken_rule("at least one pack is received");
    if (fact.expires_on < at.fact.decided_on) return broken_rule("an expired pack is not received");
    if (auto lot =
            db_.query(
                   "INSERT INTO lot VALUES (?, ?, ?, ?, 1, ?, ?, ?) ON CONFLICT DO UPDATE SET receptions = receptions + 1,"
                   " units_received = units_received + excluded.units_received, last_seq = excluded.last_seq WHERE expires_on = excluded.expires_on AND units_per_pack = excluded.units_per_pack")
                .bind(sql(fact.gtin))
                .bind(fact.lot)
                .bind(sql(fact.expires_on))
                .bind(std::int64_t{fact.units_per_pack})
                .bind(std::int64_t{fact.packs} * fact.units_per_pack)
                .bind(sql(at.seq))
                .bind(sql(at.seq))
                .run();
        !lot) {
        return lot;
    }
    if (db_.changes() != 1) return broken_rule("a lot has one expiry and one pack size");
    if (auto line =
            db_.query(
                   "INSERT OR IGNORE INTO stock (gtin, lot, place, expires_on, units_per_pack, last_seq) VALUES (?, ?, ?, ?, ?, ?)")
                .bind(sql(fact.gtin))
                .bind(fact.lot)
                .bind(sql(Place::shelf))
                .bind(sql(fact.expires_on))
                .bind(std::int64_t{fact.units_per_pack})
                .bind(sql(at.seq))
                .run();
        !line) {
        return line;
    }
    StockChange change;
    if (fact.serial.empty()) {
        if (fact.pack) return broken_rule("packs without serial number are counted, not named");
        change.counted_packs = fact.packs;
    } else {
        change.serial_packs = 1;
        if (auto received = receive_serial(at, fact); !received) return received;
    }
    if (auto changed = change_stock(db_, fact.gtin, fact.lot, Place::shelf, change, at.seq); !changed) return changed;
    if (fact.typed && at.fact.work != 0) {
        if (auto typed = db_.query("INSERT OR REPLACE INTO typed_lot VALUES (?, ?, ?, ?, ?)")
                             .bind(sql(at.fact.work))
                             .bind(sql(fact.gtin))
                             .bind(fact.lot)
                             .bind(sql(fact.expires_on))
                             .bind(sql(at.seq))
                             .run();
            !typed) {
            return typed;
        }
    }
    return lot_subject(fact.gtin, fact.lot, at.seq);
}

Result<void> Projection::open_pack(const At& at, const PackFractioned& fact) {
    StockChange change;
    change.opened_packs = 1;
    change.opened_units = fact.units_before;
    if (fact.serial.empty()) {
        change.counted_packs = -1;
        auto insert = db_.query(
            "INSERT INTO pack (pack, gtin, serial, lot, expires_on, state, units_total, units_left, opened_on, last_seq)"
            " SELECT ?, gtin, NULL, lot, expires_on, 2, units_per_pack, units_per_pack, ?, ? FROM lot WHERE gtin = ? AND lot = ?");
        insert.bind(sql(fact.pack)).bind(sql(fact.opened_on)).bind(sql(at.seq)).bind(sql(fact.gtin)).bind(fact.lot);
        if (auto inserted = change_one(db_, insert, "this lot was never received"); !inserted) return inserted;
    } else {
        change.serial_packs = -1;
        auto update = db_.query(
            "UPDATE pack SET state = 2, opened_on = ?, last_seq = ? WHERE pack = ? AND state = 1 AND gtin = ? AND lot = ?");
        update.bind(sql(fact.opened_on)).bind(sql(at.seq)).bind(sql(fact.pack)).bind(sql(fact.gtin)).bind(fact.lot);
        if (auto updated = change_one(db_, update, "only a closed pack is opened"); !updated) return updated;
    }
    return change_stock(db_, fact.gtin, fact.lot, Place::shelf, change, at.seq);
}

Result<void> Projection::make_doses(const At& at, const PackFractioned& fact) {
    for (const MadeDose& made : fact.doses) {
        if (auto inserted =
                db_.query(
                       "INSERT INTO dose (dose, code, pack, gtin, lot, expires_on, units, beyond_use_on, state, made_by, made_seq,"
                       " last_seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)")
                    .bind(sql(made.dose))
                    .bind(dose_code(made.dose))
                    .bind(sql(fact.pack))
                    .bind(sql(fact.gtin))
                    .bind(fact.lot)
                    .bind(sql(fact.expires_on))
                    .bind(std::int64_t{made.units})
                    .bind(sql(fact.beyond_use_on))
                    .bind(at.fact.operator_badge)
                    .bind(sql(at.seq))
                    .bind(sql(at.seq))
                    .run();
            !inserted) {
            return inserted;
        }
        if (auto linked = subject(made.dose.number, at.seq); !linked) return linked;
    }
    return {};
}

Result<void> Projection::fold(const At& at, const PackFractioned& fact) {
    if (fact.beyond_use_on < at.fact.decided_on) return broken_rule("nothing expired is fractioned");
    if (at.fact.operator_badge.empty()) return broken_rule("somebody fractions, and another one verifies");
    if (fact.opened) {
        if (auto opened = open_pack(at, fact); !opened) return opened;
    }
    const std::int64_t dosed = units_of(fact.doses);
    if (auto split = db_.query("INSERT INTO fractioning VALUES (?, ?, ?, ?, ?, ?, ?)")
                         .bind(sql(at.seq))
                         .bind(sql(fact.pack))
                         .bind(std::int64_t{fact.units_before})
                         .bind(dosed)
                         .bind(std::int64_t{fact.units_remaining})
                         .bind(std::int64_t{fact.units_wasted})
                         .bind(sql(at.seq))
                         .run();
        !split) {
        return split;
    }
    auto cut = db_.query(
        "UPDATE pack SET units_left = ?, last_seq = ? WHERE pack = ? AND state = 2 AND units_left = ? AND gtin = ? AND lot = ?"
        " AND expires_on = ?");
    cut.bind(std::int64_t{fact.units_remaining}).bind(sql(at.seq)).bind(sql(fact.pack)).bind(std::int64_t{fact.units_before});
    cut.bind(sql(fact.gtin)).bind(fact.lot).bind(sql(fact.expires_on));
    if (auto changed = change_one(db_, cut, "doses, remainder and waste make up the open pack"); !changed) return changed;
    if (auto made = make_doses(at, fact); !made) return made;
    StockChange change;
    change.opened_units = -dosed;
    change.doses_made = static_cast<std::int64_t>(fact.doses.size());
    change.dose_units = dosed;
    if (auto changed = change_stock(db_, fact.gtin, fact.lot, Place::shelf, change, at.seq); !changed) return changed;
    if (auto wasted = waste(at, fact, 1); !wasted) return wasted;
    if (auto recipe = db_.query("INSERT INTO recipe VALUES (?, ?, ?)")
                          .bind(sql(fact.gtin))
                          .bind(sql(at.seq))
                          .bind(std::int64_t{fact.doses.empty() ? 1 : fact.doses.front().units})
                          .run();
        !recipe) {
        return recipe;
    }
    if (auto linked = subject(fact.pack.number, at.seq); !linked) return linked;
    return lot_subject(fact.gtin, fact.lot, at.seq);
}

/// Units that were lost in cutting: `sign` 1, or -1 when that is taken back.
Result<void> Projection::waste(const At& at, const PackFractioned& fact, std::int64_t sign) {
    if (fact.units_wasted == 0) return {};
    StockChange lost;
    lost.opened_units = sign * std::int64_t{fact.units_wasted};
    return move_stock(db_, fact.gtin, fact.lot, Place::shelf, Place::wasted, lost, at.seq);
}

Result<void> Projection::fold(const At& at, const DosesVerified& fact) {
    const std::string& verifier = at.fact.witness_badge.empty() ? at.fact.operator_badge : at.fact.witness_badge;
    if (verifier.empty()) return broken_rule("somebody verifies");
    if (fact.doses.empty()) return broken_rule("doses are verified one by one");
    for (const ThingId dose : fact.doses) {
        auto verify = db_.query(
            "UPDATE dose SET state = 2, verified_by = ?, verified_seq = ?, last_seq = ? WHERE dose = ? AND state = 1 AND pack = ?");
        verify.bind(verifier).bind(sql(at.seq)).bind(sql(at.seq)).bind(sql(dose)).bind(sql(fact.pack));
        if (auto verified = change_one(db_, verify, "a dose is verified once"); !verified) return verified;
        StockChange change;
        change.doses_made = -1;
        change.doses_ready = 1;
        const auto goods = goods_of_dose(db_, dose);
        if (!goods) return goods.error();
        if (auto moved = change_stock(db_, goods->gtin, goods->lot, Place::shelf, change, at.seq); !moved) return moved;
        if (auto linked = subject(dose.number, at.seq); !linked) return linked;
    }
    return {};
}

Result<void> Projection::fold(const At& at, const DoseDispensed& fact) {
    auto out = db_.query("UPDATE dose SET state = 3, out_on = ?, out_seq = ?, last_seq = ? WHERE dose = ? AND state = 2");
    out.bind(sql(at.fact.decided_on)).bind(sql(at.seq)).bind(sql(at.seq)).bind(sql(fact.dose));
    if (auto left = change_one(db_, out, "a dose leaves once, and only after it was verified"); !left) return left;
    if (auto moved = move_dose(db_, fact.dose, Place::shelf, Place::dispensed, at.seq); !moved) return moved;
    return subject(fact.dose.number, at.seq);
}

Result<void> Projection::fold(const At& at, const PacksDispensed& fact) {
    if (fact.pack) {
        auto out = db_.query(
            "UPDATE pack SET state = 3, out_on = ?, out_seq = ?, last_seq = ? WHERE pack = ? AND state = 1 AND gtin = ? AND lot = ?");
        out.bind(sql(at.fact.decided_on))
            .bind(sql(at.seq))
            .bind(sql(at.seq))
            .bind(sql(fact.pack))
            .bind(sql(fact.gtin))
            .bind(fact.lot);
        if (auto left = change_one(db_, out, "only a closed pack leaves whole, once"); !left) return left;
        if (auto linked = subject(fact.pack.number, at.seq); !linked) return linked;
    }
    if (auto known = same_lot(db_, fact.gtin, fact.lot, fact.expires_on); !known) return known;
    if (auto moved = move_packs(at, fact.gtin, fact.lot, fact.pack, fact.packs, Place::shelf, Place::dispensed); !moved)
        return moved;
    return lot_subject(fact.gtin, fact.lot, at.seq);
}

Result<void> Projection::fold(const At& at, const Reversed& fact) {
    auto take = db_.query("INSERT OR IGNORE INTO taken_back VALUES (?, ?)");
    take.bind(sql(fact.seq)).bind(sql(at.seq));
    if (auto taken = change_one(db_, take, "this entry was taken back before"); !taken) return taken;
    const auto original = earlier_(fact.seq);
    if (!original && original.error().failure == Failure::not_found)
        return broken_rule("there is no such entry to be taken back");
    if (!original) return original.error();
    return reverse(at, *original, fact.seq);
}

Result<void> Projection::fold(const At& at, const ReaderAdopted& fact) {
    return db_.query("INSERT OR REPLACE INTO reader VALUES (?, ?)").bind(fact.reader).bind(sql(at.seq)).run();
}

Result<void> Projection::fold(const At& at, const DeliveryNoteNamed& fact) {
    auto name = db_.query(
        "UPDATE work SET supplier = ?, note = ?, last_seq = ? WHERE work = ? AND kind = 1 AND closed_seq IS NULL AND bookings = 0");
    name.bind(fact.supplier).bind(fact.note).bind(sql(at.seq)).bind(sql(at.fact.work));
    return change_one(db_, name, "a delivery note is named in an open reception, before the first pack");
}

// Who opened the table of persons stands in the entry; nothing follows from it.
Result<void> Projection::fold(const At&, const RecipientAccessed&) { return {}; }

}  // namespace dosario
