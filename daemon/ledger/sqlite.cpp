// SPDX-License-Identifier: Apache-2.0
#include "ledger/sqlite.hpp"

#include "base/check.hpp"
#include "ledger/gathered_log.hpp"

#include <sqlite3.h>

#include <cstdlib>

namespace dosario {
namespace {

/// Of SQLite's virtual machine; some ten million of them are a second.
constexpr int kStepsBetweenQuestions = 20'000;

/// SQLite would take a lock and add up for each of the two hundred pieces of memory that a scan takes and gives back. Once, before its
/// first use; where somebody used it before, it counts on.
void do_not_count_memory() {
    static const int refused = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    (void)refused;
}

/// Not of a statement that was not allowed or not understood.
bool is_of_the_disk(int code) {
    const int primary = code & 0xff;
    return primary == SQLITE_IOERR || primary == SQLITE_FULL || primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB ||
           primary == SQLITE_NOMEM;
}

Error other_tables(const char* detail) {
    return fail(
        Failure::damaged,
        std::string{"the ledger's tables are not as this version makes them: keep the file, and run `dosario ledger verify`"
                    " (SQLite: "} +
            detail + ")");
}

}  // namespace

Query::Query(Database& database, int code) : database_(database), statement_(nullptr), code_(code) {
    database_.failure_ = error();
}

Query::~Query() {
    if (statement_ == nullptr) return;
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

// A statement that could not be prepared takes everything, gives no row and has failed.
Query& Query::bind(std::int64_t value) {
    if (statement_ == nullptr) return *this;
    DOSARIO_CHECK(sqlite3_bind_int64(statement_, next_++, value) == SQLITE_OK);
    return *this;
}

Query& Query::bind(std::string_view text) {
    if (statement_ == nullptr) return *this;
    const int code =
        sqlite3_bind_text(statement_, next_++, text.empty() ? "" : text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    DOSARIO_CHECK(code == SQLITE_OK || code == SQLITE_NOMEM);
    if (code_ == 0) code_ = code;
    return *this;
}

Query& Query::bind(ByteView blob) {
    if (statement_ == nullptr) return *this;
    const int code = sqlite3_bind_blob(statement_, next_++, blob.empty() ? reinterpret_cast<const std::byte*>("") : blob.data(),
                                       static_cast<int>(blob.size()), SQLITE_TRANSIENT);
    DOSARIO_CHECK(code == SQLITE_OK || code == SQLITE_NOMEM);
    if (code_ == 0) code_ = code;
    return *this;
}

bool Query::row() {
    if (statement_ == nullptr) return false;
    if (code_ != 0) {  // what was bound had no room, or it failed before
        if ((code_ & 0xff) != SQLITE_CONSTRAINT) database_.failure_ = error();
        return false;
    }
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    code_ = code == SQLITE_DONE ? 0 : sqlite3_extended_errcode(database_.handle_);
    if (code_ != 0 && (code_ & 0xff) != SQLITE_CONSTRAINT) database_.failure_ = error();
    return false;
}

Result<void> Query::run() {
    while (row()) {
    }
    if (failed()) return error();
    return {};
}

Error Query::error() const {
    // The statements are ours and tested: one that SQLite does not understand meets other tables than ours.
    if ((code_ & 0xff) == SQLITE_ERROR) return other_tables(sqlite3_errmsg(database_.handle_));
    return Database::explain(code_, sqlite3_errmsg(database_.handle_));
}

std::int64_t Query::number(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Query::text(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    DOSARIO_CHECK(text != nullptr || sqlite3_errcode(database_.handle_) != SQLITE_NOMEM);  // else it would pass for NULL
    return text == nullptr ? std::string{}
                           : std::string{text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

ByteView Query::blob_view(int column) const {
    const auto* blob = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
    DOSARIO_CHECK(blob != nullptr || sqlite3_errcode(database_.handle_) != SQLITE_NOMEM);
    return {blob, blob == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Bytes Query::blob(int column) const {
    const ByteView view = blob_view(column);
    return {view.begin(), view.end()};
}

int Query::columns() const { return sqlite3_column_count(statement_); }

Result<std::unique_ptr<Database>> Database::open(const std::string& path, OpenMode mode, const char* vfs) {
    do_not_count_memory();
    sqlite3* handle = nullptr;
    auto gathered = std::make_unique<GatheredLog>(vfs);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (mode == OpenMode::create) flags |= SQLITE_OPEN_CREATE;
    const int code = sqlite3_open_v2(path.c_str(), &handle, flags, gathered->name());
    if (code != SQLITE_OK) {
        const Error error = explain(code, handle != nullptr ? sqlite3_errmsg(handle) : path.c_str());
        sqlite3_close(handle);
        return error;
    }
    sqlite3_busy_timeout(handle, 0);
    return std::unique_ptr<Database>{new Database{std::move(gathered), handle}};
}

Database::Database(std::unique_ptr<GatheredLog> vfs, sqlite3* handle) : vfs_(std::move(vfs)), handle_(handle) {
    const auto refuses = [](void* self) { return static_cast<Database*>(self)->commits_held_ ? 1 : 0; };
    sqlite3_commit_hook(handle_, +refuses, this);
}

Database::~Database() {
    for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
    sqlite3_close(handle_);
}

void Database::leave_log(bool on) { sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, on ? 1 : 0, nullptr); }

Result<void> Database::execute(const char* sql) {
    const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return {};
    const int failed = sqlite3_extended_errcode(handle_);
    const Error error = explain(failed, sqlite3_errmsg(handle_));
    if (!failure_ && is_of_the_disk(failed)) failure_ = error;
    return error;
}

Result<void> Database::repeat(const char* sql) {
    const auto before = failure_;
    auto ran = query(sql).run();
    if (!ran) failure_ = before;  // its own is told here, and is nobody's reading
    return ran;
}

Query Database::query(const char* sql) {
    sqlite3_stmt*& statement = statements_[sql];
    if (statement == nullptr) {
        const int code = sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
        if (code != SQLITE_OK) return Query{*this, code};
    }
    return Query{*this, statement};
}

std::int64_t Database::changes() const { return sqlite3_changes64(handle_); }
std::int64_t Database::changes_so_far() const { return sqlite3_total_changes64(handle_); }
void Database::release_memory() { sqlite3_db_release_memory(handle_); }
bool Database::autocommit() const { return sqlite3_get_autocommit(handle_) != 0; }

Result<std::int64_t> Database::number(const char* sql) {
    Result<std::string> found = text(sql);
    if (!found) return found.error();
    return std::strtoll(found->c_str(), nullptr, 10);
}

Result<std::string> Database::text(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    std::string found;
    int code = sqlite3_prepare_v2(handle_, sql, -1, &statement, nullptr);
    if (code == SQLITE_OK) code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
        if (text != nullptr) found = text;
        // To its end: a PRAGMA that changes something says first what it wants, and fails afterwards.
        while (code == SQLITE_ROW) code = sqlite3_step(statement);
    }
    if (code == SQLITE_DONE) code = SQLITE_OK;
    if (code != SQLITE_OK) {
        const Error error = explain(sqlite3_extended_errcode(handle_), sqlite3_errmsg(handle_));
        sqlite3_finalize(statement);
        return error;
    }
    sqlite3_finalize(statement);
    return found;
}

void Database::on_progress(std::function<bool()> goes_on) {
    goes_on_ = std::move(goes_on);
    const auto ask = [](void* self) { return static_cast<Database*>(self)->goes_on_() ? 0 : 1; };
    sqlite3_progress_handler(handle_, kStepsBetweenQuestions, goes_on_ ? +ask : nullptr, this);
}

Error Database::explain(int code, std::string_view detail) {
    const std::string why = " (SQLite: " + std::string{detail} + ", code " + std::to_string(code) + ")";
    switch (code & 0xff) {
        case SQLITE_FULL:
            return fail(
                Failure::full,
                "the disk is full; nothing of this was saved, what was saved before is intact: free some space and repeat" + why);
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return fail(Failure::unavailable,
                        "another program holds the ledger: stop it (dosariod? a sqlite3 shell?) and try again" + why);
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_CANTOPEN:
        case SQLITE_AUTH:
            return fail(Failure::io,
                        "the ledger cannot be written here: check that the data directory exists and belongs to this user" + why);
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return fail(
                Failure::damaged,
                "the file is damaged: keep it, and let it be verified (`dosario ledger verify`, at a collector `dosario-collector verify`)" +
                    why);
        case SQLITE_INTERRUPT: return fail(Failure::unavailable, "it was broken off: start it again" + why);
        case SQLITE_CONSTRAINT: return fail(Failure::refused, "a rule of the ledger forbids this; nothing of it was saved" + why);
        case SQLITE_NOMEM:
            return fail(Failure::io,
                        "this computer has no memory left; nothing of this was saved, what was saved before is intact" + why);
        default: return fail(Failure::io, "the disk reports an error" + why);
    }
}

Result<void> Database::keep_every_commit() {
    const auto mode = text("PRAGMA journal_mode = WAL");
    if (!mode) return mode.error();
    if (*mode != "wal")
        return fail(Failure::io,
                    "this file system does not take SQLite's write-ahead log: choose a local disk for the data directory");
    if (auto done = execute(
            "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 16000; PRAGMA foreign_keys = ON; PRAGMA cache_size = -4000;");
        !done) {
        return done;
    }
    const auto synchronous = number("PRAGMA synchronous");
    if (!synchronous) return synchronous.error();
    if (*synchronous != 2)
        return fail(Failure::io, "SQLite did not accept synchronous = FULL; without it nothing may be called saved");
    const auto locking = text("PRAGMA locking_mode");
    if (!locking) return locking.error();
    if (*locking != "exclusive") return fail(Failure::io, "SQLite did not accept locking_mode = EXCLUSIVE");
    return {};
}

}  // namespace dosario
