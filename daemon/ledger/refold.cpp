// SPDX-License-Identifier: Apache-2.0
#include "ledger/refold.hpp"

#include "ledger/entries.hpp"
#include "ledger/projection.hpp"
#include "ledger/schema.hpp"
#include "wire/fact_codec.hpp"

#include <vector>

namespace dosario {
namespace {

constexpr std::size_t kSlice = 1000;  // entries read at once

Result<void> drop_projections(Database& db) {
    if (auto gone = db.execute("DROP VIEW IF EXISTS dispensed_dose"); !gone) return gone;
    for (std::size_t i = 0; i < kProjectionTableCount; ++i) {
        const std::string drop = std::string{"DROP TABLE IF EXISTS "} + kProjectionTables[i];
        if (auto gone = db.execute(drop.c_str()); !gone) return gone;
    }
    return {};
}

/// After a migration there are gaps where tables of older versions were. Without gaps page_check.hpp sees each of these numbers.
Result<void> number_tables(Database& db) {
    const auto gaps = db.number("SELECT max(rowid) - count(*) FROM sqlite_schema");
    if (!gaps) return gaps.error();
    if (*gaps == 0) return {};
    std::vector<std::int64_t> rows;
    auto all = db.query("SELECT rowid FROM sqlite_schema ORDER BY rowid");
    while (all.row()) rows.push_back(all.number(0));
    if (all.failed()) return all.error();
    if (auto allowed = db.execute("PRAGMA writable_schema = ON"); !allowed) return allowed;
    Result<void> done;
    for (std::size_t i = 0; done && i < rows.size(); ++i) {
        auto number = db.query("UPDATE sqlite_schema SET rowid = ? WHERE rowid = ?");
        done = number.bind(static_cast<std::int64_t>(i + 1)).bind(rows[i]).run();
    }
    auto ended = db.execute("PRAGMA writable_schema = OFF");
    return done ? ended : done;
}

}  // namespace

Result<Seq> refold(Database& db, const std::function<void(Seq)>& progress) {
    if (auto dropped = drop_projections(db); !dropped) return dropped.error();
    if (auto made = db.execute(kProjectionSchema); !made) return made.error();
    if (auto numbered = number_tables(db); !numbered) return numbered.error();
    Projection projection{db, [&db](Seq seq) { return read_fact(db, seq); }};
    Seq done = 0;
    for (;;) {
        const auto entries = read_entries(db, done, kSlice);
        if (!entries) return entries.error();
        if (entries->empty()) return done;
        for (const Entry& entry : *entries) {
            const std::string name = "entry " + std::to_string(entry.header.seq) + ": ";
            const auto fact = decode_fact(entry.body);
            if (!fact) return fail(fact.error().failure, name + fact.error().message);
            if (auto applied = projection.apply(entry.header.seq, *fact); !applied)
                return fail(Failure::damaged, name + applied.error().message);
            done = entry.header.seq;
        }
        if (progress) progress(done);
    }
}

}  // namespace dosario
