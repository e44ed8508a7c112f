// SPDX-License-Identifier: Apache-2.0
#include "ledger/meta.hpp"

namespace dosario {
namespace {

template <class Value>
Result<void> set(Database& db, std::string_view key, Value value) {
    return db.query("INSERT OR REPLACE INTO meta VALUES (?, ?)").bind(key).bind(value).run();
}

}  // namespace

Result<void> set_meta(Database& db, std::string_view key, ByteView value) { return set(db, key, value); }
Result<void> set_meta(Database& db, std::string_view key, std::string_view value) { return set(db, key, value); }
Result<void> set_meta(Database& db, std::string_view key, std::int64_t value) { return set(db, key, value); }

Result<void> erase_meta(Database& db, std::string_view key) { return db.query("DELETE FROM meta WHERE k = ?").bind(key).run(); }

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
