// SPDX-License-Identifier: Apache-2.0
#include "ledger/entries.hpp"

#include "ledger/columns.hpp"
#include "wire/fact_codec.hpp"

namespace dosario {

Result<std::vector<Entry>> read_entries(Database& db, Seq after, std::size_t limit, std::size_t bytes) {
    auto query = db.query(
        "SELECT seq, event_id, kind, version, boot, mono_us, wall_us, clock, body, hash FROM event WHERE seq > ? ORDER BY seq LIMIT ?");
    query.bind(sql(after)).bind(static_cast<std::int64_t>(limit));
    std::vector<Entry> entries;
    std::size_t total = 0;
    while (query.row()) {
        Entry entry = entry_of(query);
        total += entry.body.size();
        if (!entries.empty() && total > bytes) break;
        entries.push_back(std::move(entry));
    }
    if (query.failed()) return query.error();
    return entries;
}

Result<void> know_restored_boot(Database& db, const EntryHeader& header) {
    auto boot = db.query(
        "INSERT OR IGNORE INTO boot SELECT ?1, zeroblob(16), ?2, b, seal('boot', ?1, zeroblob(16), ?2, b)"
        " FROM (SELECT 'restored from the collector' AS b)");
    return boot.bind(header.boot).bind(header.wall_us).run();
}

Result<SignedFact> read_fact(Database& db, Seq seq) {
    auto query = db.query("SELECT body FROM event WHERE seq = ?");
    query.bind(sql(seq));
    if (!query.row())
        return query.failed() ? query.error() : fail(Failure::not_found, "there is no entry " + std::to_string(seq));
    return decode_fact(query.blob_view(0));
}

}  // namespace dosario
