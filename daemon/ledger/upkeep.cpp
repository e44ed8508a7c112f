// SPDX-License-Identifier: Apache-2.0
// What is done for the ledger's file itself, and when it was done last.
#include "ledger/columns.hpp"
#include "ledger/ledger.hpp"

namespace dosario {

Result<void> Ledger::keep_upkeep(std::string_view what, const Upkeep& how) {
    if (damage_) return *damage_;
    auto keep = db_->query("INSERT OR REPLACE INTO upkeep VALUES (?, ?, ?, ?)");
    return keep.bind(what).bind(sql(how.at)).bind(static_cast<std::int64_t>(how.good)).bind(how.detail).run();
}

Result<std::optional<Upkeep>> Ledger::upkeep(std::string_view what) const {
    auto query = db_->query("SELECT at_wall_us, ok, detail FROM upkeep WHERE what = ?");
    query.bind(what);
    if (query.row()) return std::optional{Upkeep{UtcTime{Micros{query.number(0)}}, query.number(1) != 0, query.text(2)}};
    if (query.failed()) return query.error();
    return std::optional<Upkeep>{};
}

Result<std::map<std::string, Upkeep>> Ledger::upkeep_of(std::string_view prefix) const {
    std::map<std::string, Upkeep> found;
    auto query = db_->query(
        "SELECT substr(what, length(?1) + 1), at_wall_us, ok, detail FROM upkeep WHERE substr(what, 1, length(?1)) = ?1");
    query.bind(prefix);
    while (query.row()) found[query.text(0)] = {UtcTime{Micros{query.number(1)}}, query.number(2) != 0, query.text(3)};
    if (query.failed()) return query.error();
    return found;
}

Result<void> Ledger::drop_upkeep(std::string_view what) {
    if (damage_) return *damage_;
    return db_->query("DELETE FROM upkeep WHERE what = ?").bind(what).run();
}

Result<void> Ledger::checkpoint() {
    if (damage_) return {};  // the files stay as they were found
    auto moved = db_->execute("PRAGMA wal_checkpoint(PASSIVE)");
    (void)db_->take_failure();  // it concerns no decision: what was committed stands in the log
    return moved;
}

Result<void> Ledger::cut_log() {
    if (damage_) return {};
    auto cut = db_->execute("PRAGMA wal_checkpoint(TRUNCATE)");
    (void)db_->take_failure();
    return cut;
}

}  // namespace dosario
