// SPDX-License-Identifier: Apache-2.0
// What the audit counted, held against the ledger's tables. Both sides are read as lines of text in the same order, so that a fault can be
// shown to people as it is.
#include "ledger/audit.hpp"

#include "identity/identity.hpp"
#include "ledger/columns.hpp"

#include <sqlite3.h>

#include <vector>

namespace dosario {
namespace {

constexpr std::size_t kMostOfOneKind = 5;  // faults; where one row is wrong thousands may be

/// Rows of a query, each as its texts; the first `keys` of them say what the row is of.
class Rows {
public:
    Rows(Database& db, const char* text) { code_ = sqlite3_prepare_v2(db.handle(), text, -1, &statement_, nullptr); }
    ~Rows() { sqlite3_finalize(statement_); }
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;

    bool next() {
        row.clear();
        if (code_ != SQLITE_OK && code_ != SQLITE_ROW) return false;
        code_ = sqlite3_step(statement_);
        if (code_ != SQLITE_ROW) return false;
        for (int i = 0; i < sqlite3_column_count(statement_); ++i) {
            const auto* cell = reinterpret_cast<const char*>(sqlite3_column_text(statement_, i));
            row.emplace_back(cell == nullptr ? "none" : cell);
        }
        return true;
    }
    std::string column(std::size_t i) const { return sqlite3_column_name(statement_, static_cast<int>(i)); }
    bool failed() const { return code_ != SQLITE_DONE && code_ != SQLITE_ROW && code_ != SQLITE_OK; }
    Error error(Database& db) const { return Database::explain(code_, sqlite3_errmsg(db.handle())); }

    std::vector<std::string> row;

private:
    sqlite3_stmt* statement_ = nullptr;
    int code_ = SQLITE_OK;
};

/// Two queries that must give the same rows. Their first `keys` columns name a row, as texts that sort as they stand.
struct Pairing {
    const char* what;
    std::size_t keys;
    const char* counted;
    const char* kept;
};

// By gtin, lot and place both sides read in the order of their keys, without sorting; the names of columns are those of the ledger.
constexpr Pairing kPairings[] = {
    {"lot", 2,
     "SELECT printf('%014d', b.gtin) AS gtin, b.lot, expires AS expires_on, size AS units_per_pack, receptions, units AS units_received"
     " FROM batch b ORDER BY b.gtin, b.lot",
     "SELECT printf('%014d', l.gtin) AS gtin, l.lot, expires_on, units_per_pack, receptions, units_received FROM lot l"
     " ORDER BY l.gtin, l.lot"},
    {"pack", 1,
     "SELECT printf('%020d', id) AS pack, gtin, serial, lot, expires AS expires_on, state, size AS units_total, rest AS units_left,"
     " opened AS opened_on, out_on, out_by AS out_seq, back_by AS returned_seq FROM box ORDER BY id",
     "SELECT printf('%020d', p.pack) AS pack, gtin, serial, lot, expires_on, state, units_total, units_left, opened_on, out_on, out_seq,"
     " returned_seq FROM pack p ORDER BY p.pack"},
    {"dose", 1,
     "SELECT printf('%020d', id) AS dose, box AS pack, gtin, lot, expires AS expires_on, use_until AS beyond_use_on, units, state,"
     " maker AS made_by, made_by AS made_seq, checker AS verified_by, checked_by AS verified_seq, out_on, out_by AS out_seq,"
     " back_by AS returned_seq FROM portion ORDER BY id",
     "SELECT printf('%020d', d.dose) AS dose, pack, gtin, lot, expires_on, beyond_use_on, units, state, made_by, made_seq, verified_by,"
     " verified_seq, out_on, out_seq, returned_seq FROM dose d ORDER BY d.dose"},
    {"recall", 2, "SELECT printf('%014d', b.gtin) AS gtin, b.lot, reference FROM blocked b ORDER BY b.gtin, b.lot",
     "SELECT printf('%014d', r.gtin) AS gtin, r.lot, reference FROM recall r ORDER BY r.gtin, r.lot"},
    {"stock", 3,
     "SELECT printf('%014d', c.gtin) AS gtin, c.lot, c.place, counted_packs, serial_packs, opened_packs, opened_units, doses_made,"
     " doses_ready, dose_units FROM counted c WHERE from_rows = 0 AND (counted_packs <> 0 OR serial_packs <> 0 OR opened_packs <> 0"
     " OR opened_units <> 0 OR doses_made <> 0 OR doses_ready <> 0 OR dose_units <> 0) ORDER BY c.gtin, c.lot, c.place",
     "SELECT printf('%014d', s.gtin) AS gtin, s.lot, s.place, counted_packs, serial_packs, opened_packs, opened_units, doses_made,"
     " doses_ready, dose_units FROM stock s WHERE counted_packs <> 0 OR serial_packs <> 0 OR opened_packs <> 0 OR opened_units <> 0"
     " OR doses_made <> 0 OR doses_ready <> 0 OR dose_units <> 0 ORDER BY s.gtin, s.lot, s.place"},
    // The ledger's own lists among themselves. Packs that are only counted and units that were lost have no rows.
    {"stock", 3,
     "SELECT printf('%014d', c.gtin) AS gtin, c.lot, c.place, serial_packs, opened_packs, opened_units, doses_made, doses_ready, dose_units"
     " FROM counted c WHERE from_rows = 1 ORDER BY c.gtin, c.lot, c.place",
     "SELECT printf('%014d', s.gtin) AS gtin, s.lot, s.place, serial_packs, opened_packs, opened_units, doses_made, doses_ready, dose_units"
     " FROM stock s WHERE place <> 4 AND (serial_packs <> 0 OR opened_packs <> 0 OR opened_units <> 0 OR doses_made <> 0"
     " OR doses_ready <> 0 OR dose_units <> 0) ORDER BY s.gtin, s.lot, s.place"},
};

/// One thing's part of a line of stock. The place follows from its state: 1 and 2 are on the shelf, 3 is dispensed, 4 in quarantine.
void add_thing(Database& scratch, bool from_rows, bool is_dose, const Query& row) {
    const std::int64_t state = row.number(2);
    const std::int64_t units = row.number(3);
    const bool open_box = !is_dose && state == 2;
    auto add = scratch.query(
        "INSERT INTO counted VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO UPDATE SET serial_packs = serial_packs + ?5,"
        " opened_packs = opened_packs + ?6, opened_units = opened_units + ?7, doses_made = doses_made + ?8, doses_ready = doses_ready + ?9,"
        " dose_units = dose_units + ?10");
    add.bind(std::int64_t{from_rows}).bind(row.number(0)).bind(row.text(1));
    add.bind(sql(state == 4 ? Place::quarantine : state == 3 ? Place::dispensed : Place::shelf));
    add.bind(std::int64_t{!is_dose && !open_box}).bind(std::int64_t{open_box}).bind(open_box ? units : 0);
    add.bind(std::int64_t{is_dose && state == 1}).bind(std::int64_t{is_dose && state != 1});
    (void)add.bind(is_dose ? units : 0).run();
}

/// Lines of stock from rows of things: of the audit's own, and of the ledger's.
void count_things(Database& scratch, Database& kept, const FaultFinder& find) {
    (void)scratch.query("INSERT INTO counted SELECT 0, gtin, lot, place, packs, 0, 0, wasted, 0, 0, 0 FROM heap").run();
    const auto all = [&scratch](bool from_rows, bool is_dose, Query rows) {
        while (rows.row()) add_thing(scratch, from_rows, is_dose, rows);
        return !rows.failed();
    };
    all(false, false, scratch.query("SELECT gtin, lot, state, rest FROM box"));
    all(false, true, scratch.query("SELECT gtin, lot, state, units FROM portion"));
    if (!all(true, false, kept.query("SELECT gtin, lot, state, units_left FROM pack")) ||
        !all(true, true, kept.query("SELECT gtin, lot, state, units FROM dose")))
        find(0, "audit: the tables pack and dose cannot be read; `dosario ledger rebuild` makes them again");
}

std::string place_text(const std::string& place) {
    if (place == "1") return "on the shelf";
    if (place == "2") return "in quarantine";
    return place == "3" ? "dispensed" : "wasted";
}

/// What a row is of, as people call it.
std::string name_of(const Pairing& pairing, const std::vector<std::string>& row) {
    const std::string kind = pairing.what;
    if (kind == "pack" || kind == "dose") {
        const ThingId id{std::stoull(row[0])};
        return kind == "pack" ? pack_code(id) : dose_code(id);
    }
    return kind + " of " + row[0] + " lot " + (row[1].empty() ? "(all)" : row[1]) +
           (row.size() > 2 && kind == "stock" ? " " + place_text(row[2]) : "");
}

/// Which of two rows comes first, by the columns that name them.
int order(const Pairing& pairing, const std::vector<std::string>& a, const std::vector<std::string>& b) {
    for (std::size_t i = 0; i < pairing.keys; ++i) {
        if (const int way = a[i].compare(b[i]); way != 0) return way;
    }
    return 0;
}

std::string difference(const Pairing& pairing, const Rows& counted, const Rows& kept) {
    std::string text;
    for (std::size_t i = pairing.keys; i < counted.row.size(); ++i) {
        if (counted.row[i] == kept.row[i]) continue;
        text += (text.empty() ? "" : ", ") + kept.column(i) + " is " + kept.row[i] + " and must be " + counted.row[i];
    }
    return text;
}

Result<void> pair_up(const Pairing& pairing, Database& scratch, Database& kept_db, const FaultFinder& find) {
    Rows counted{scratch, pairing.counted};
    Rows kept{kept_db, pairing.kept};
    std::size_t found = 0;
    const auto tell = [&](const std::string& what) {
        if (++found <= kMostOfOneKind)
            find(0, "audit: " + what + ": the program that makes the lists is at fault, tell its makers");
    };
    bool left = counted.next();
    bool right = kept.next();
    while (left || right) {
        const int way = !left ? 1 : !right ? -1 : order(pairing, counted.row, kept.row);
        if (way < 0) tell(name_of(pairing, counted.row) + " must be in the lists and is not");
        if (way > 0) tell(name_of(pairing, kept.row) + " is in the lists and must not be");
        if (way == 0 && counted.row != kept.row) tell(name_of(pairing, counted.row) + ": " + difference(pairing, counted, kept));
        if (way <= 0) left = counted.next();
        if (way >= 0) right = kept.next();
    }
    if (kept.failed()) find(0, std::string{"audit: table "} + pairing.what + " cannot be read: " + kept.error(kept_db).message);
    if (counted.failed()) return counted.error(scratch);
    if (found > kMostOfOneKind)
        find(0, "audit: and " + std::to_string(found - kMostOfOneKind) + " more of table " + pairing.what);
    return {};
}

}  // namespace

Result<void> Audit::compare(Database& kept, const FaultFinder& find) {
    (void)db_->execute("BEGIN");
    count_things(*db_, kept, find);
    (void)db_->execute("COMMIT");
    if (auto failure = db_->take_failure()) return *failure;
    for (const Pairing& pairing : kPairings) {
        if (auto compared = pair_up(pairing, *db_, kept, find); !compared) return compared;
    }
    return {};
}

}  // namespace dosario
