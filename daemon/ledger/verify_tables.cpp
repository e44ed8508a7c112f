// SPDX-License-Identifier: Apache-2.0
#include "ledger/verify_tables.hpp"

#include "ledger/meta.hpp"
#include "ledger/schema.hpp"
#include "wire/kept_reply.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace dosario {
namespace {

struct SchemaObject {
    std::string type;
    std::string table;
    std::string types;  ///< of its columns
    std::string sql;
    bool operator==(const SchemaObject&) const = default;
};
using Schema = std::map<std::string, SchemaObject>;

Schema read_schema(Database& db, const FaultFinder& find) {
    // A text whose type says blob reads the same, so the types are a part of it.
    auto query = db.query(
        "SELECT name, type, tbl_name, typeof(name) || typeof(type) || typeof(tbl_name) || typeof(rootpage) || typeof(sql), sql"
        " FROM sqlite_schema");
    Schema schema;
    while (query.row()) schema[query.text(0)] = {query.text(1), query.text(2), query.text(3), query.text(4)};
    if (query.failed()) find(0, query.error().message);
    return schema;
}

/// Rebuild drops and makes it.
bool is_remade(const SchemaObject& object) {
    return object.type == "view" || std::find(kProjectionTables, kProjectionTables + kProjectionTableCount, object.table) !=
                                        kProjectionTables + kProjectionTableCount;
}

std::string remedy(const SchemaObject& object) {
    return is_remade(object) ? "; `dosario ledger rebuild` makes it again" : "; keep the file, and find out who changed it";
}

void report_unread(const Query& query, const char* table, const FaultFinder& find) {
    if (query.failed()) find(0, std::string{"table "} + table + " cannot be read: " + query.error().message);
}

}  // namespace

void check_schema(Database& kept, Database& fresh, const FaultFinder& find) {
    const Schema wanted = read_schema(fresh, find);
    const Schema found = read_schema(kept, find);
    for (const auto& [name, object] : wanted) {
        const auto same = found.find(name);
        if (same == found.end()) {
            find(0, object.type + " " + name + " is missing" + remedy(object));
        } else if (same->second != object) {
            find(0, object.type + " " + name + " is not as this version makes it" + remedy(object));
        }
    }
    for (const auto& [name, object] : found) {
        if (!wanted.contains(name))
            find(0, object.type + " " + name + " (on " + object.table + ") does not belong to a ledger: somebody added it");
    }
}

void check_meta(Database& kept, const FaultFinder& find) {
    std::map<std::string, std::string> wanted{
        {"ledger_id", "blob 16"}, {"hash_version", "integer 1"}, {"created_wall_us", "integer"}, {"seal", "blob 32"}};
    const std::map<std::string, std::string> may_be{{"in_use", "integer"}, {"branch_due", "text"}};
    auto query = kept.query(
        "SELECT k, typeof(v) || CASE WHEN typeof(v) = 'blob' THEN ' ' || length(v) WHEN k = 'hash_version' THEN ' ' || v ELSE '' END"
        " FROM meta");
    while (query.row()) {
        const auto row = wanted.find(query.text(0));
        const auto other = may_be.find(query.text(0));
        if (other != may_be.end() && other->second == query.text(1)) continue;
        if (row == wanted.end()) {
            find(0, "table meta has a row that this version does not know");
            continue;
        }
        if (row->second != query.text(1)) find(0, "table meta: " + row->first + " is not what it must be (" + row->second + ")");
        wanted.erase(row);
    }
    report_unread(query, "meta", find);
    if (query.failed()) return;
    for (const auto& [key, shape] : wanted) find(0, "table meta: " + key + " is missing");
    auto sealed = kept.query(kMetaSealFits);
    if (!sealed.row()) find(0, "table meta does not fit its seal: it was changed");
    report_unread(sealed, "meta", find);
}

std::vector<std::int64_t> check_boots(Database& kept, const FaultFinder& find) {
    auto query = kept.query(
        "SELECT boot, typeof(boot_id) = 'blob' AND length(boot_id) = 16, boot_id = zeroblob(16),"
        " seal = seal('boot', boot, boot_id, started_wall_us, build) FROM boot ORDER BY boot");
    std::vector<std::int64_t> boots;
    while (query.row()) {
        const std::int64_t boot = query.number(0);
        const std::int64_t expected = boots.empty() ? 1 : boots.back() + 1;
        // Of lost runs that wrote nothing the collector cannot tell: before one that came back from it there may be a gap.
        const bool restored = query.number(2) != 0;
        if (boot != expected && !restored) find(0, "table boot: start " + std::to_string(expected) + " of the daemon is missing");
        if (query.number(1) == 0) find(0, "table boot: the id of start " + std::to_string(boot) + " is not 16 bytes");
        if (query.number(3) == 0) find(0, "table boot: start " + std::to_string(boot) + " does not fit its seal: it was changed");
        boots.push_back(boot);
    }
    report_unread(query, "boot", find);
    return boots;
}

void check_branches(Database& kept, const FaultFinder& find) {
    auto query = kept.query(
        "SELECT n, starts_after, typeof(branch_id) = 'blob' AND length(branch_id) = 8, (starts_after = 0 AND parent_hash = zeroblob(32))"
        " OR EXISTS (SELECT 1 FROM event WHERE seq = starts_after AND hash = parent_hash),"
        " seal = seal('branch', n, starts_after, branch_id, parent_hash, why) FROM branch ORDER BY n");
    std::int64_t rows = 0;
    while (query.row()) {
        const std::string name = "table branch: branch " + std::to_string(query.number(0));
        ++rows;
        if (query.number(0) != rows) find(0, "table branch: branch " + std::to_string(rows) + " is missing");
        if (query.number(2) == 0) find(0, name + " has an id that is not 8 bytes");
        if (rows == 1 && query.number(1) != 0) find(0, name + " begins where it cannot");
        if (query.number(3) == 0) find(0, name + " does not fit the entry that it follows");
        if (query.number(4) == 0) find(0, name + " does not fit its seal: it was changed");
    }
    report_unread(query, "branch", find);
    if (rows == 0 && !query.failed()) find(0, "table branch is empty");
}

void check_requests(Database& kept, Seq last_seq, const FaultFinder& find) {
    auto query = kept.query("SELECT reply, seal = seal('request', request_id, wall_us, reply) FROM request");
    std::size_t unread = 0;
    std::size_t changed = 0;
    std::set<Seq> absent;
    while (query.row()) {
        if (query.number(1) == 0) ++changed;
        const auto entries = entries_of_reply(query.blob_view(0));
        if (!entries) {
            ++unread;
            continue;
        }
        for (const Seq seq : *entries) {
            if (seq == 0 || seq > last_seq) absent.insert(seq);
        }
    }
    report_unread(query, "request", find);
    // What was asked is not repeated: ids are the caller's.
    if (unread > 0) find(0, "table request: " + std::to_string(unread) + " kept replies cannot be read");
    if (changed > 0) find(0, "table request: " + std::to_string(changed) + " rows do not fit their seals: they were changed");
    for (const Seq seq : absent)
        find(0, "table request: a kept reply names entry " + std::to_string(seq) + ", which is not there");
}

}  // namespace dosario
