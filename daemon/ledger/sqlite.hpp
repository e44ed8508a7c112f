// SPDX-License-Identifier: Apache-2.0
// A thin owner of one SQLite connection and its prepared statements. No exceptions; every failure is an Error in words.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

namespace dosario {

class Database;
class GatheredLog;

/// What is thrown away if it is not finished. A small cache: the daemon makes copies and verifies them in little memory, and no slower.
inline constexpr const char* kForScratch = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -500;";

/// A prepared statement in use: bind in order, step, read columns. Resets itself when it goes out of scope.
class Query {
public:
    Query(Database& database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
    /// One that has failed already: it has no rows.
    Query(Database& database, int code);
    ~Query();
    Query(Query&& other) noexcept
        : database_(other.database_),
          statement_(std::exchange(other.statement_, nullptr)),
          next_(other.next_),
          code_(other.code_) {}
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;
    Query& operator=(Query&&) = delete;

    Query& bind(std::int64_t value);
    Query& bind(std::string_view text);
    Query& bind(ByteView blob);

    /// True while there is a row. A failing step is kept: see failed().
    bool row();
    /// Runs to the end; rows are dropped.
    Result<void> run();
    bool failed() const { return code_ != 0; }
    /// The failure of the last step in words.
    Error error() const;

    std::int64_t number(int column) const;
    std::string text(int column) const;
    Bytes blob(int column) const;
    /// A view that holds until the next step.
    ByteView blob_view(int column) const;
    int columns() const;

private:
    Database& database_;
    sqlite3_stmt* statement_;
    int next_ = 1;
    int code_ = 0;
};

enum class OpenMode : std::uint8_t { create, existing };

class Database {
public:
    /// `vfs` names a registered SQLite VFS, null for the system's; a write-ahead log is written in large pieces (GatheredLog).
    /// An empty path is a database of its own in a temporary file without name.
    static Result<std::unique_ptr<Database>> open(const std::string& path, OpenMode mode, const char* vfs = nullptr);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    /// While `on`, closing leaves the write-ahead log beside the file, as it was found: for files that may not be ours.
    void leave_log(bool on);
    /// Write-ahead log and FULL synchronisation, read back: after this, what was committed survives a power cut. Wants exclusive locking.
    Result<void> keep_every_commit();
    /// Runs one statement without parameters and keeps it prepared, for those that come with every scan; `sql` must be a string literal.
    Result<void> repeat(const char* sql);
    /// Runs statements without parameters.
    Result<void> execute(const char* sql);
    /// A cached statement; `sql` must be a string literal (its address is the key). When the tables are not those it speaks of, the
    /// query has no rows and has failed (damaged).
    Query query(const char* sql);
    /// Rows changed by the last statement.
    std::int64_t changes() const;
    /// Rows changed since the file was opened, those that were rolled back too.
    std::int64_t changes_so_far() const;
    /// Gives back the memory of pages that are only kept to be read again: after long work, which filled it with what nobody asks for.
    void release_memory();
    /// False while a transaction is open.
    bool autocommit() const;
    /// While `on`, nothing is committed. A full disk or an I/O error can end SQLite's transaction in the middle, even within a SELECT;
    /// each statement after it would be a transaction of its own, and saved although the rest is not.
    void hold_commits(bool on) { commits_held_ = on; }
    /// One number, e.g. of a PRAGMA.
    Result<std::int64_t> number(const char* sql);
    Result<std::string> text(const char* sql);
    sqlite3* handle() { return handle_; }

    /// Asked every few milliseconds within statements that take long, on their thread; false breaks the statement off (unavailable).
    /// Null: nobody is asked. It must not touch this database, and is not called while the system is waited for.
    void on_progress(std::function<bool()> goes_on);

    /// A failure of disk or memory in any query since the last call: what was read in between is not to be believed.
    /// Broken constraints do not count, they are answers.
    std::optional<Error> take_failure() { return std::exchange(failure_, std::nullopt); }
    const std::optional<Error>& failure() const { return failure_; }

    /// An error of SQLite in words that say what to do. Codes are SQLite's extended result codes.
    static Error explain(int code, std::string_view detail);

private:
    Database(std::unique_ptr<GatheredLog> vfs, sqlite3* handle);
    friend class Query;
    std::unique_ptr<GatheredLog> vfs_;
    sqlite3* handle_;
    bool commits_held_ = false;
    std::optional<Error> failure_;
    std::function<bool()> goes_on_;
    std::unordered_map<const char*, sqlite3_stmt*> statements_;
};

}  // namespace dosario
