// SPDX-License-Identifier: Apache-2.0
#include "ledger/refold.hpp"

#include "ledger/entries.hpp"
#include "ledger/projection.hpp"
#include "ledger/schema.hpp"
#include "wire/fact_codec.hpp"

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

}  // namespace

Result<Seq> refold(Database& db, const std::function<void(Seq)>& progress) {
    if (auto dropped = drop_projections(db); !dropped) return dropped.error();
    if (auto made = db.execute(kProjectionSchema); !made) return made.error();
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
