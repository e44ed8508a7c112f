// SPDX-License-Identifier: Apache-2.0
#include "ledger/audit.hpp"

#include "ledger/columns.hpp"

namespace dosario {
namespace {

// One row for each thing that was ever here and was not taken back; `heap` counts packs without serial number, and units lost in cutting.
// Of a lot the first reception that stands says the expiry and the size of a pack. `counted` is for the comparison: stock from the things
// above (0), and from the ledger's own rows of packs and doses (1).
constexpr const char* kScratch = R"sql(
CREATE TABLE taken_back (seq INTEGER PRIMARY KEY) STRICT;
CREATE TABLE batch (gtin INT, lot TEXT, expires INT, size INT, receptions INT, units INT, PRIMARY KEY (gtin, lot)) STRICT, WITHOUT ROWID;
CREATE TABLE heap (gtin INT, lot TEXT, place INT, packs INT, wasted INT, PRIMARY KEY (gtin, lot, place)) STRICT, WITHOUT ROWID;
CREATE TABLE box (id INTEGER PRIMARY KEY, gtin INT, lot TEXT, serial TEXT, expires INT, state INT, size INT, rest INT,
  opened INT, out_on INT, out_by INT, back_by INT) STRICT;
CREATE TABLE portion (id INTEGER PRIMARY KEY, box INT, gtin INT, lot TEXT, expires INT, use_until INT, units INT, state INT,
  maker TEXT, made_by INT, checker TEXT, checked_by INT, out_on INT, out_by INT, back_by INT) STRICT;
CREATE TABLE counted (from_rows INT, gtin INT, lot TEXT, place INT, counted_packs INT, serial_packs INT, opened_packs INT, opened_units INT,
  doses_made INT, doses_ready INT, dose_units INT, PRIMARY KEY (from_rows, gtin, lot, place)) STRICT, WITHOUT ROWID;
CREATE TABLE blocked (gtin INT, lot TEXT, reference TEXT, PRIMARY KEY (gtin, lot)) STRICT, WITHOUT ROWID;
)sql";

constexpr int kClosed = 1;    // of a box
constexpr int kOpened = 2;    // of a box
constexpr int kMade = 1;      // of a portion
constexpr int kChecked = 2;   // of a portion
constexpr int kOut = 3;       // of both
constexpr int kReturned = 4;  // of both

}  // namespace

Result<std::unique_ptr<Audit>> Audit::start() {
    auto scratch = Database::open("", OpenMode::create);
    if (!scratch) return scratch.error();
    if (auto set = (*scratch)->execute(kForScratch); !set) return set.error();
    if (auto made = (*scratch)->execute(kScratch); !made) return made.error();
    return std::unique_ptr<Audit>{new Audit{std::move(*scratch)}};
}

void Audit::hear(const SignedFact& fact) {
    const auto* reversed = std::get_if<Reversed>(&fact.fact);
    if (reversed == nullptr) return;
    (void)db_->query("INSERT OR IGNORE INTO taken_back VALUES (?)").bind(sql(reversed->seq)).run();
}

void Audit::see(Seq seq, const SignedFact& fact) {
    {
        auto query = db_->query("SELECT 1 FROM taken_back WHERE seq = ?");
        query.bind(sql(seq));
        if (query.row()) return;
    }
    std::visit([&](const auto& one) { on(seq, fact, one); }, fact.fact);
}

void Audit::count(Gtin gtin, std::string_view lot, Place place, std::int64_t packs, std::int64_t wasted) {
    (void)db_
        ->query("INSERT INTO heap VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET packs = packs + ?4, wasted = wasted + ?5")
        .bind(sql(gtin))
        .bind(lot)
        .bind(sql(place))
        .bind(packs)
        .bind(wasted)
        .run();
}

void Audit::on(Seq, const SignedFact&, const PacksReceived& fact) {
    (void)db_
        ->query(
            "INSERT INTO batch VALUES (?1, ?2, ?3, ?4, 1, ?5) ON CONFLICT DO UPDATE SET receptions = receptions + 1,"
            " units = units + ?5")
        .bind(sql(fact.gtin))
        .bind(fact.lot)
        .bind(sql(fact.expires_on))
        .bind(std::int64_t{fact.units_per_pack})
        .bind(std::int64_t{fact.packs} * fact.units_per_pack)
        .run();
    if (!fact.pack) return count(fact.gtin, fact.lot, Place::shelf, fact.packs);
    auto box =
        db_->query("INSERT INTO box (id, gtin, lot, serial, expires, state, size, rest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)");
    box.bind(sql(fact.pack)).bind(sql(fact.gtin)).bind(fact.lot).bind(fact.serial).bind(sql(fact.expires_on));
    (void)box.bind(std::int64_t{kClosed}).bind(std::int64_t{fact.units_per_pack}).run();
}

void Audit::on(Seq seq, const SignedFact& all, const PackFractioned& fact) {
    if (fact.opened && fact.serial.empty()) {
        count(fact.gtin, fact.lot, Place::shelf, -1);
        auto box = db_->query("INSERT INTO box (id, gtin, lot, expires, size) VALUES (?, ?, ?, ?, ?)");
        box.bind(sql(fact.pack)).bind(sql(fact.gtin)).bind(fact.lot).bind(sql(fact.expires_on));
        (void)box.bind(std::int64_t{fact.units_before}).run();
    }
    if (fact.opened) {
        auto open = db_->query("UPDATE box SET state = ?, opened = ? WHERE id = ?");
        (void)open.bind(std::int64_t{kOpened}).bind(sql(fact.opened_on)).bind(sql(fact.pack)).run();
    }
    auto rest = db_->query("UPDATE box SET rest = ? WHERE id = ?");
    (void)rest.bind(std::int64_t{fact.units_remaining}).bind(sql(fact.pack)).run();
    if (fact.units_wasted > 0) count(fact.gtin, fact.lot, Place::wasted, 0, fact.units_wasted);
    for (const MadeDose& dose : fact.doses) {
        auto portion = db_->query(
            "INSERT INTO portion (id, box, gtin, lot, expires, use_until, units, state, maker, made_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        portion.bind(sql(dose.dose)).bind(sql(fact.pack)).bind(sql(fact.gtin)).bind(fact.lot).bind(sql(fact.expires_on));
        portion.bind(sql(fact.beyond_use_on)).bind(std::int64_t{dose.units}).bind(std::int64_t{kMade});
        (void)portion.bind(all.operator_badge).bind(sql(seq)).run();
    }
}

void Audit::on(Seq seq, const SignedFact& all, const DosesVerified& fact) {
    for (const ThingId dose : fact.doses) {
        auto check = db_->query("UPDATE portion SET state = ?, checker = ?, checked_by = ? WHERE id = ?");
        check.bind(std::int64_t{kChecked}).bind(all.witness_badge.empty() ? all.operator_badge : all.witness_badge);
        (void)check.bind(sql(seq)).bind(sql(dose)).run();
    }
}

void Audit::on(Seq seq, const SignedFact& all, const DoseDispensed& fact) {
    auto out = db_->query("UPDATE portion SET state = ?, out_on = ?, out_by = ? WHERE id = ?");
    (void)out.bind(std::int64_t{kOut}).bind(sql(all.decided_on)).bind(sql(seq)).bind(sql(fact.dose)).run();
}

void Audit::on(Seq seq, const SignedFact&, const DoseReturned& fact) {
    auto back = db_->query("UPDATE portion SET state = ?, back_by = ? WHERE id = ?");
    (void)back.bind(std::int64_t{kReturned}).bind(sql(seq)).bind(sql(fact.dose)).run();
}

void Audit::on(Seq, const SignedFact&, const DoseReleased& fact) {
    auto in = db_->query("UPDATE portion SET state = ?, out_on = NULL, out_by = NULL, back_by = NULL WHERE id = ?");
    (void)in.bind(std::int64_t{kChecked}).bind(sql(fact.dose)).run();
}

void Audit::on(Seq seq, const SignedFact& all, const PacksDispensed& fact) {
    if (!fact.pack) {
        count(fact.gtin, fact.lot, Place::shelf, -std::int64_t{fact.packs});
        return count(fact.gtin, fact.lot, Place::dispensed, fact.packs);
    }
    auto out = db_->query("UPDATE box SET state = ?, out_on = ?, out_by = ? WHERE id = ?");
    (void)out.bind(std::int64_t{kOut}).bind(sql(all.decided_on)).bind(sql(seq)).bind(sql(fact.pack)).run();
}

void Audit::on(Seq seq, const SignedFact&, const PacksReturned& fact) {
    if (!fact.pack) {
        count(fact.gtin, fact.lot, Place::dispensed, -std::int64_t{fact.packs});
        return count(fact.gtin, fact.lot, Place::quarantine, fact.packs);
    }
    auto back = db_->query("UPDATE box SET state = ?, back_by = ? WHERE id = ?");
    (void)back.bind(std::int64_t{kReturned}).bind(sql(seq)).bind(sql(fact.pack)).run();
}

void Audit::on(Seq, const SignedFact&, const PacksReleased& fact) {
    if (!fact.pack) {
        count(fact.gtin, fact.lot, Place::quarantine, -std::int64_t{fact.packs});
        return count(fact.gtin, fact.lot, Place::shelf, fact.packs);
    }
    auto in = db_->query("UPDATE box SET state = ?, out_on = NULL, out_by = NULL, back_by = NULL WHERE id = ?");
    (void)in.bind(std::int64_t{kClosed}).bind(sql(fact.pack)).run();
}

void Audit::on(Seq, const SignedFact&, const LotRecalled& fact) {
    (void)db_->query("INSERT OR REPLACE INTO blocked VALUES (?, ?, ?)")
        .bind(sql(fact.gtin))
        .bind(fact.lot)
        .bind(fact.reference)
        .run();
}

void Audit::on(Seq, const SignedFact&, const RecallLifted& fact) {
    (void)db_->query("DELETE FROM blocked WHERE gtin = ? AND lot = ?").bind(sql(fact.gtin)).bind(fact.lot).run();
}

}  // namespace dosario
