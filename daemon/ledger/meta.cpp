// SPDX-License-Identifier: Apache-2.0
#include "ledger/meta.hpp"

namespace dosario {
namespace {

#define DOSARIO_META_SEAL                                                                                     \
    "seal('meta', (SELECT v FROM meta WHERE k = 'ledger_id'), (SELECT v FROM meta WHERE k = 'hash_version')," \
    " (SELECT v FROM meta WHERE k = 'created_wall_us'), (SELECT v FROM meta WHERE k = 'branch_due'),"         \
    " (SELECT v FROM meta WHERE k = 'in_use'))"

/// No seal yet, or one that fits.
bool may_seal(Database& db) { return !db.query("SELECT 1 FROM meta WHERE k = 'seal' AND v IS NOT " DOSARIO_META_SEAL).row(); }

/// The change and the seal are there together, in a group and outside of one. What did not fit before stays so, for verify to see.
template <class Change>
Result<void> sealed(Database& db, const Change& change) {
    const bool sound = may_seal(db);
    if (auto begun = db.execute("SAVEPOINT meta"); !begun) return begun;
    auto done = change();
    if (done && sound) done = db.query("INSERT OR REPLACE INTO meta VALUES ('seal', " DOSARIO_META_SEAL ")").run();
    if (done) return db.execute("RELEASE meta");
    (void)db.execute("ROLLBACK TO meta; RELEASE meta");
    return done;
}

template <class Value>
Result<void> set(Database& db, std::string_view key, Value value) {
    return sealed(db, [&] { return db.query("INSERT OR REPLACE INTO meta VALUES (?, ?)").bind(key).bind(value).run(); });
}

}  // namespace

const char* const kMetaSealFits = "SELECT 1 FROM meta WHERE k = 'seal' AND v = " DOSARIO_META_SEAL;

Result<void> set_meta(Database& db, std::string_view key, ByteView value) { return set(db, key, value); }
Result<void> set_meta(Database& db, std::string_view key, std::string_view value) { return set(db, key, value); }
Result<void> set_meta(Database& db, std::string_view key, std::int64_t value) { return set(db, key, value); }

Result<void> erase_meta(Database& db, std::string_view key) {
    return sealed(db, [&] { return db.query("DELETE FROM meta WHERE k = ?").bind(key).run(); });
}

std::optional<Bytes> meta_blob(Database& db, std::string_view key) {
    auto query = db.query("SELECT v FROM meta WHERE k = ?");
    query.bind(key);
    if (!query.row()) return std::nullopt;
    return query.blob(0);
}

std::optional<std::string> meta_text(Database& db, std::string_view key) {
    auto query = db.query("SELECT v FROM meta WHERE k = ?");
    query.bind(key);
    if (!query.row()) return std::nullopt;
    return query.text(0);
}

}  // namespace dosario
