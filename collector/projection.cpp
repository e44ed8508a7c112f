// SPDX-License-Identifier: Apache-2.0
#include "collector/projection.hpp"

#include "ledger/columns.hpp"
#include "wire/fact_codec.hpp"

#include <numeric>
#include <vector>

namespace dosario {
namespace {

constexpr int kClosed = 1;
constexpr int kOpened = 2;
constexpr int kLeft = 3;
constexpr int kReturned = 4;
constexpr int kMade = 1;
constexpr int kReady = 2;
constexpr int kOut = 3;

Error conflict(std::string what) { return fail(Failure::refused, std::move(what)); }

std::int64_t units_of(const PackFractioned& fact) {
    return std::accumulate(fact.doses.begin(), fact.doses.end(), std::int64_t{0},
                           [](std::int64_t sum, const MadeDose& dose) { return sum + dose.units; });
}

/// Runs a statement that must change exactly one row.
Result<void> change_one(Database& db, Query& query, const char* what) {
    if (auto ran = query.run(); !ran) return ran;
    if (db.changes() != 1) return conflict(what);
    return {};
}

}  // namespace

// --- one after the other ---------------------------------------------------------------------------------------------------------

Result<bool> StoreProjection::step(std::size_t limit) {
    struct Row {
        At at;
        bool damaged;
        Bytes event_id;
        Bytes body;
    };
    std::vector<Row> rows;
    {
        auto next = db_.query(
            "SELECT e.n, b.ledger, b.id, e.damaged, e.event_id, e.body FROM event e JOIN branch b ON b.id = e.branch"
            " WHERE e.n > (SELECT n FROM projected) ORDER BY e.n LIMIT ?");
        next.bind(static_cast<std::int64_t>(limit));
        while (next.row()) {
            rows.push_back({{next.number(0), next.number(1), next.number(2)}, next.number(3) != 0, next.blob(4), next.blob(5)});
        }
        if (next.failed()) return next.error();
    }
    if (rows.empty()) return false;
    for (const Row& row : rows) {
        if (auto marked = db_.query("SAVEPOINT entry").run(); !marked) return marked.error();
        const auto folded = row.damaged ? Result<void>{conflict("the chain of hashes breaks at this entry")}
                                        : fold_entry(row.at, row.event_id, row.body);
        if (const auto broken = db_.take_failure()) return *broken;  // disk or memory: nothing is wrong with the entry
        if (!folded) {
            if (auto undone = db_.query("ROLLBACK TO entry").run(); !undone) return undone.error();
        }
        if (auto done = db_.query("RELEASE entry").run(); !done) return done.error();
        if (!folded) {
            if (auto aside = quarantine(row.at.n, folded.error().message); !aside) return aside.error();
        }
    }
    auto move = db_.query("UPDATE projected SET n = ?");
    if (auto moved = move.bind(rows.back().at.n).run(); !moved) return moved.error();
    return rows.size() == limit;
}

Result<void> StoreProjection::quarantine(std::int64_t n, std::string_view why) {
    return db_.query("INSERT OR REPLACE INTO quarantine VALUES (?, ?)").bind(n).bind(why).run();
}

Result<void> StoreProjection::fold_entry(At at, ByteView event_id, ByteView body) {
    const auto fact = decode_fact(body);
    if (!fact) return fact.error();
    auto effect = db_.query("INSERT OR IGNORE INTO effect VALUES (?, ?, ?)");
    effect.bind(at.ledger).bind(event_id).bind(at.n);
    if (auto first = change_one(db_, effect, "this entry came before, in another branch"); !first) return first;
    at.decided_on = fact->decided_on;
    return std::visit([&](const auto& one) { return fold(at, one); }, fact->fact);
}

Result<StoreProjection::Earlier> StoreProjection::earlier(const At& at, Seq seq) {
    // It is in this branch, or in one that this branch grew from.
    std::int64_t branch = at.branch;
    for (;;) {
        auto find = db_.query("SELECT starts_after, coalesce(parent, 0) FROM branch WHERE id = ?");
        find.bind(branch);
        if (!find.row()) return conflict("it speaks of an entry that is not here");
        if (sql(seq) > find.number(0)) break;
        branch = find.number(1);
    }
    // Two disks that were copies of each other may send the same entry in two branches; the one that had its effect counts.
    auto find = db_.query(
        "SELECT t.n, e.body FROM event e LEFT JOIN effect t ON t.ledger = ? AND t.event_id = e.event_id WHERE e.branch = ?"
        " AND e.seq = ?");
    find.bind(at.ledger).bind(branch).bind(sql(seq));
    if (!find.row()) return conflict("it speaks of an entry that is not here");
    const auto fact = decode_fact(find.blob_view(1));
    if (!fact) return fact.error();
    return Earlier{find.number(0), *fact};
}

Result<void> StoreProjection::fold(const At& at, const Reversed& fact) {
    const auto original = earlier(at, fact.seq);
    if (!original) return original.error();
    if (original->n == 0) return conflict("it takes back an entry that is in quarantine itself");
    At then = at;
    then.n = original->n;
    auto once = db_.query("INSERT OR IGNORE INTO taken_back VALUES (?, ?)");
    once.bind(then.n).bind(at.n);
    if (auto first = change_one(db_, once, "it takes back an entry that was taken back before"); !first) return first;
    then.sign = -1;
    then.decided_on = original->fact.decided_on;
    if (std::holds_alternative<Reversed>(original->fact.fact)) return conflict("a reversal is not reversed");
    return std::visit([&](const auto& one) { return fold(then, one); }, original->fact.fact);
}

// --- what each fact does ---------------------------------------------------------------------------------------------------------

Result<void> StoreProjection::change_stock(const At& at, Gtin gtin, std::string_view lot, const StockDelta& delta) {
    auto update = db_.query(
        "UPDATE stock SET packs_received = packs_received + ?, packs_out = packs_out + ?, packs = packs + ?,"
        " opened_packs = opened_packs + ?, opened_units = opened_units + ?, doses_to_verify = doses_to_verify + ?,"
        " doses_ready = doses_ready + ?, doses_out = doses_out + ?, dose_units = dose_units + ?, held_packs = held_packs + ?,"
        " held_doses = held_doses + ?, held_units = held_units + ? WHERE ledger = ? AND gtin = ? AND lot = ?");
    for (const std::int64_t change :
         {delta.packs_received, delta.packs_out, delta.packs, delta.opened_packs, delta.opened_units, delta.doses_to_verify,
          delta.doses_ready, delta.doses_out, delta.dose_units, delta.held_packs, delta.held_doses, delta.held_units}) {
        update.bind(at.sign * change);
    }
    update.bind(at.ledger).bind(sql(gtin)).bind(lot);
    auto changed = change_one(db_, update, "this lot was never received there");
    if (!changed && changed.error().failure == Failure::refused && update.failed())
        return conflict("it would leave less than nothing of this lot");
    return changed;
}

Result<void> StoreProjection::fold(const At& at, const ProductLearned& fact) {
    if (at.sign < 0) return conflict("a product is not taken back");
    return db_.query("INSERT OR REPLACE INTO product VALUES (?, ?, ?, ?, ?)")
        .bind(at.ledger)
        .bind(sql(fact.gtin))
        .bind(fact.name)
        .bind(fact.unit)
        .bind(std::int64_t{fact.units_per_pack})
        .run();
}

Result<void> StoreProjection::fold(const At& at, const PacksReceived& fact) {
    if (fact.units_per_pack == 0) return conflict("packs of nothing are not received");
    if (fact.pack.number == 0 ? !fact.serial.empty() : fact.serial.empty() || fact.packs != 1)
        return conflict("a serial number names one pack, and one pack only");
    if (at.sign > 0) {
        auto line = db_.query(
            "INSERT INTO stock (ledger, gtin, lot, expires_on, units_per_pack) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
            " SET expires_on = expires_on WHERE expires_on = excluded.expires_on AND units_per_pack = excluded.units_per_pack");
        line.bind(at.ledger)
            .bind(sql(fact.gtin))
            .bind(fact.lot)
            .bind(sql(fact.expires_on))
            .bind(std::int64_t{fact.units_per_pack});
        if (auto there = change_one(db_, line, "this lot has another expiry or pack size already"); !there) return there;
        if (fact.pack) {
            auto pack = db_.query("INSERT OR IGNORE INTO pack VALUES (?, ?, ?, ?, ?, 1, ?)");
            pack.bind(at.ledger).bind(sql(fact.pack)).bind(sql(fact.gtin)).bind(fact.serial).bind(fact.lot);
            pack.bind(std::int64_t{fact.units_per_pack});
            if (auto in = change_one(db_, pack, "this serial number was received before"); !in) return in;
        }
    } else if (fact.pack) {
        auto pack = db_.query("DELETE FROM pack WHERE ledger = ? AND pack = ? AND state = 1");
        pack.bind(at.ledger).bind(sql(fact.pack));
        if (auto out = change_one(db_, pack, "the pack was opened or left since"); !out) return out;
    }
    StockDelta delta;
    delta.packs_received = delta.packs = fact.packs;
    if (auto changed = change_stock(at, fact.gtin, fact.lot, delta); !changed) return changed;
    // The last reception of a lot takes the lot with it: its expiry may have been the mistake.
    auto emptied = db_.query("DELETE FROM stock WHERE ledger = ? AND gtin = ? AND lot = ? AND packs_received = 0");
    return emptied.bind(at.ledger).bind(sql(fact.gtin)).bind(fact.lot).run();
}

Result<void> StoreProjection::open_pack(const At& at, const PackFractioned& fact) {
    if (fact.serial.empty()) {
        auto pack = db_.query("INSERT OR IGNORE INTO pack VALUES (?, ?, ?, NULL, ?, 2, ?)");
        pack.bind(at.ledger).bind(sql(fact.pack)).bind(sql(fact.gtin)).bind(fact.lot).bind(std::int64_t{fact.units_before});
        return change_one(db_, pack, "this pack was opened before");
    }
    auto pack = db_.query("UPDATE pack SET state = 2 WHERE ledger = ? AND pack = ? AND state = 1");
    pack.bind(at.ledger).bind(sql(fact.pack));
    return change_one(db_, pack, "only a closed pack is opened");
}

Result<void> StoreProjection::close_pack(const At& at, const PackFractioned& fact) {
    auto pack = fact.serial.empty() ? db_.query("DELETE FROM pack WHERE ledger = ? AND pack = ?")
                                    : db_.query("UPDATE pack SET state = 1 WHERE ledger = ? AND pack = ?");
    pack.bind(at.ledger).bind(sql(fact.pack));
    return change_one(db_, pack, "this pack is not here");
}

Result<void> StoreProjection::fold(const At& at, const PackFractioned& fact) {
    const bool forth = at.sign > 0;
    if (std::int64_t{fact.units_before} != units_of(fact) + fact.units_remaining + fact.units_wasted)
        return conflict("doses, remainder and waste do not make up the open pack");
    if (forth && fact.opened) {
        if (auto opened = open_pack(at, fact); !opened) return opened;
    }
    auto cut = db_.query("UPDATE pack SET units_left = ? WHERE ledger = ? AND pack = ? AND state = 2 AND units_left = ?");
    cut.bind(std::int64_t{forth ? fact.units_remaining : fact.units_before}).bind(at.ledger).bind(sql(fact.pack));
    cut.bind(std::int64_t{forth ? fact.units_before : fact.units_remaining});
    if (auto changed = change_one(db_, cut, "the open pack holds another quantity"); !changed) return changed;
    for (const MadeDose& made : fact.doses) {
        if (forth) {
            auto dose = db_.query("INSERT OR IGNORE INTO dose VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, NULL)");
            dose.bind(at.ledger).bind(sql(made.dose)).bind(sql(fact.pack)).bind(sql(fact.gtin)).bind(fact.lot);
            dose.bind(sql(fact.expires_on)).bind(sql(fact.beyond_use_on)).bind(std::int64_t{made.units});
            if (auto in = change_one(db_, dose, "this dose is here already"); !in) return in;
        } else {
            auto dose = db_.query("DELETE FROM dose WHERE ledger = ? AND dose = ? AND state = 1");
            dose.bind(at.ledger).bind(sql(made.dose));
            if (auto out = change_one(db_, dose, "a dose was verified or left since"); !out) return out;
        }
    }
    StockDelta delta;
    delta.doses_to_verify = static_cast<std::int64_t>(fact.doses.size());
    delta.dose_units = units_of(fact);
    delta.opened_units = std::int64_t{fact.units_remaining} - std::int64_t{fact.units_before};
    if (fact.opened) {
        delta.packs = -1;
        delta.opened_packs = 1;
        delta.opened_units = fact.units_remaining;
        if (!forth) {
            if (auto closed = close_pack(at, fact); !closed) return closed;
        }
    }
    return change_stock(at, fact.gtin, fact.lot, delta);
}

/// Changes a dose's state and its lot's line with it; `from` and `to` are swapped when the entry is taken back.
Result<void> StoreProjection::move_dose(const At& at, ThingId dose, int from, int to) {
    Gtin gtin;
    std::string lot;
    std::int64_t units = 0;
    {
        auto find = db_.query("SELECT gtin, lot, units FROM dose WHERE ledger = ? AND dose = ?");
        find.bind(at.ledger).bind(sql(dose));
        if (!find.row()) return conflict("this dose was never made there");
        gtin.number = static_cast<std::uint64_t>(find.number(0));
        lot = find.text(1);
        units = find.number(2);
    }
    const int before = at.sign > 0 ? from : to;
    const int after = at.sign > 0 ? to : from;
    auto move =
        db_.query("UPDATE dose SET state = ?, out_on = CASE ? WHEN 3 THEN ? END WHERE ledger = ? AND dose = ? AND state = ?");
    move.bind(std::int64_t{after}).bind(std::int64_t{after}).bind(sql(at.decided_on)).bind(at.ledger).bind(sql(dose));
    move.bind(std::int64_t{before});
    if (auto moved = change_one(db_, move, "the dose was not in the state this begins from"); !moved) return moved;
    StockDelta delta;
    const auto add = [&](int state, std::int64_t sign) {
        if (state == kMade) delta.doses_to_verify += sign;
        if (state == kReady) delta.doses_ready += sign;
        if (state == kOut) delta.doses_out += sign;
        if (state == kMade || state == kReady) delta.dose_units += sign * units;
        if (state == kReturned) {
            delta.held_doses += sign;
            delta.held_units += sign * units;
        }
    };
    add(from, -1);
    add(to, 1);
    return change_stock(at, gtin, lot, delta);
}

Result<void> StoreProjection::fold(const At& at, const DosesVerified& fact) {
    for (const ThingId dose : fact.doses) {
        if (auto moved = move_dose(at, dose, kMade, kReady); !moved) return moved;
    }
    return {};
}

Result<void> StoreProjection::fold(const At& at, const DoseDispensed& fact) { return move_dose(at, fact.dose, kReady, kOut); }

/// Changes the state of a pack with serial number; `from` and `to` are swapped when the entry is taken back. Counted packs have none.
Result<void> StoreProjection::move_pack(const At& at, ThingId pack, int from, int to, const char* what) {
    if (!pack) return {};
    auto move = db_.query("UPDATE pack SET state = ? WHERE ledger = ? AND pack = ? AND state = ?");
    move.bind(std::int64_t{at.sign > 0 ? to : from}).bind(at.ledger).bind(sql(pack)).bind(std::int64_t{at.sign > 0 ? from : to});
    return change_one(db_, move, what);
}

Result<void> StoreProjection::fold(const At& at, const PacksDispensed& fact) {
    if (auto moved = move_pack(at, fact.pack, kClosed, kLeft, "only a closed pack leaves whole, once"); !moved) return moved;
    StockDelta delta;
    delta.packs = -std::int64_t{fact.packs};
    delta.packs_out = fact.packs;
    return change_stock(at, fact.gtin, fact.lot, delta);
}

Result<void> StoreProjection::fold(const At& at, const DoseReturned& fact) {
    At then = at;
    if (at.sign < 0) {  // it is out again, since the day that it left
        const auto left = earlier(at, fact.dispensed);
        if (!left) return left.error();
        then.decided_on = left->fact.decided_on;
    }
    return move_dose(then, fact.dose, kOut, kReturned);
}

Result<void> StoreProjection::fold(const At& at, const DoseReleased& fact) { return move_dose(at, fact.dose, kReturned, kReady); }

Result<void> StoreProjection::fold(const At& at, const PacksReturned& fact) {
    if (auto moved = move_pack(at, fact.pack, kLeft, kReturned, "only a pack that is out comes back"); !moved) return moved;
    StockDelta delta;
    delta.packs_out = -std::int64_t{fact.packs};
    delta.held_packs = fact.packs;
    return change_stock(at, fact.gtin, fact.lot, delta);
}

Result<void> StoreProjection::fold(const At& at, const PacksReleased& fact) {
    if (auto moved = move_pack(at, fact.pack, kReturned, kClosed, "only a pack in quarantine is released"); !moved) return moved;
    StockDelta delta;
    delta.held_packs = -std::int64_t{fact.packs};
    delta.packs = fact.packs;
    return change_stock(at, fact.gtin, fact.lot, delta);
}

}  // namespace dosario
