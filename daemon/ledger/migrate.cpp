// SPDX-License-Identifier: Apache-2.0
#include "ledger/migrate.hpp"

#include "ledger/files.hpp"

#include "ledger/refold.hpp"
#include "ledger/schema.hpp"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

namespace dosario {
namespace {

/// What history gets on the way to each version. Never edited once it has landed: tests/golden/ledger holds a ledger of each.
constexpr const char* kSteps[] = {
    // 1 to 2. What is there is sealed as it is.
    R"sql(CREATE TABLE upkeep (what TEXT PRIMARY KEY, at_wall_us INT NOT NULL, ok INT NOT NULL, detail TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TEMP TABLE was_boot AS SELECT * FROM boot;
CREATE TEMP TABLE was_branch AS SELECT * FROM branch;
CREATE TEMP TABLE was_request AS SELECT * FROM request;
DROP TABLE boot;
DROP TABLE branch;
DROP TABLE request;
CREATE TABLE boot (
  boot INTEGER PRIMARY KEY,
  boot_id BLOB NOT NULL,
  started_wall_us INT NOT NULL,
  build TEXT NOT NULL,
  seal BLOB NOT NULL CHECK (length(seal) = 32)
) STRICT;
CREATE TABLE branch (
  n INTEGER PRIMARY KEY,
  starts_after INT NOT NULL,
  branch_id BLOB NOT NULL UNIQUE CHECK (length(branch_id) = 8),
  parent_hash BLOB NOT NULL CHECK (length(parent_hash) = 32),
  why TEXT NOT NULL,
  seal BLOB NOT NULL CHECK (length(seal) = 32)
) STRICT;
CREATE TABLE request (
  request_id TEXT PRIMARY KEY, wall_us INT NOT NULL, reply BLOB NOT NULL, seal BLOB NOT NULL CHECK (length(seal) = 32)
) STRICT, WITHOUT ROWID;
INSERT INTO boot SELECT *, seal('boot', boot, boot_id, started_wall_us, build) FROM was_boot;
INSERT INTO branch SELECT *, seal('branch', n, starts_after, branch_id, parent_hash, why) FROM was_branch;
INSERT INTO request SELECT *, seal('request', request_id, wall_us, reply) FROM was_request;
DROP TABLE was_boot;
DROP TABLE was_branch;
DROP TABLE was_request;
CREATE TRIGGER branch_is_kept BEFORE DELETE ON branch BEGIN SELECT RAISE(ABORT, 'branches are never deleted'); END;
CREATE TRIGGER branch_stays BEFORE UPDATE ON branch BEGIN SELECT RAISE(ABORT, 'branches are never changed'); END;
CREATE TRIGGER boot_is_kept BEFORE DELETE ON boot BEGIN SELECT RAISE(ABORT, 'boots are never deleted'); END;
CREATE TRIGGER boot_stays BEFORE UPDATE ON boot BEGIN SELECT RAISE(ABORT, 'boots are never changed'); END;
INSERT INTO meta SELECT 'seal', seal('meta', (SELECT v FROM meta WHERE k = 'ledger_id'),
  (SELECT v FROM meta WHERE k = 'hash_version'), (SELECT v FROM meta WHERE k = 'created_wall_us'), NULL, NULL);
ALTER TABLE event RENAME TO event_before;
CREATE TABLE event (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  event_id BLOB NOT NULL CHECK (length(event_id) = 16 AND hex(substr(event_id, 1, 8)) = printf('%016X', seq)),
  kind INT NOT NULL,
  version INT NOT NULL,
  boot INT NOT NULL,
  mono_us INT NOT NULL,
  wall_us INT NOT NULL,
  clock INT NOT NULL CHECK (clock IN (0, 1)),
  body BLOB NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
INSERT INTO event SELECT * FROM event_before ORDER BY seq;
DROP TABLE event_before;
CREATE TRIGGER event_is_kept BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;
CREATE TRIGGER event_stays BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TRIGGER event_is_dense BEFORE INSERT ON event
  WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM event)
  BEGIN SELECT RAISE(ABORT, 'entries are numbered without a gap'); END;
)sql",
    // 2 to 3. Only the tables that are made from the entries, and their rules.
    "",
};
static_assert(std::size(kSteps) + 1 == kSchemaVersion);

/// Projections that no version makes any more.
constexpr const char* kDropRetired = "DROP TABLE IF EXISTS pack_out; DROP TABLE IF EXISTS undoable;";

Error no_copy(const std::string& why) {
    return fail(Failure::io, "the copy that is made before a new version changes the ledger failed (" + why +
                                 "): the ledger is untouched; make room or give the data directory to this user");
}

/// Its last entry, as text; empty where there is none, or no ledger.
std::string head_of(Database& db) {
    const auto last = db.text("SELECT seq || ':' || hex(hash) FROM event ORDER BY seq DESC LIMIT 1");
    return last ? *last : std::string{};
}

/// Of an earlier attempt, after which the older version may have gone on.
bool holds(const std::string& path, const std::string& head) {
    struct stat found {};
    if (stat(path.c_str(), &found) != 0) return false;
    const auto copy = Database::open(path, OpenMode::existing);
    return copy && head_of(**copy) == head;
}

/// `path`, or with the number of the last entry behind it where another copy has that name.
Result<void> copy_aside(Database& db, std::string path) {
    const std::string head = head_of(db);
    if (holds(path, head)) return {};
    struct stat found {};
    if (stat(path.c_str(), &found) == 0) path += "-" + head.substr(0, head.find(':'));
    if (holds(path, head)) return {};
    const std::string partial = path + ".partial";
    ::unlink(partial.c_str());
    {
        auto copy = Database::open(partial, OpenMode::create);
        if (!copy) return no_copy(copy.error().message);
        sqlite3_backup* backup = sqlite3_backup_init((*copy)->handle(), "main", db.handle(), "main");
        if (backup == nullptr) return no_copy(sqlite3_errmsg((*copy)->handle()));
        const int stepped = sqlite3_backup_step(backup, -1);
        const int finished = sqlite3_backup_finish(backup);
        if (stepped != SQLITE_DONE || finished != SQLITE_OK)
            return no_copy(Database::explain(stepped != SQLITE_DONE ? stepped : finished, "copying").message);
        if (auto plain = (*copy)->execute("PRAGMA journal_mode = DELETE"); !plain) return no_copy(plain.error().message);
    }
    ::chmod(partial.c_str(), 0600);
    if (auto synced = sync_to_disk(partial); !synced) return no_copy(synced.error().message);
    if (std::rename(partial.c_str(), path.c_str()) != 0) return no_copy("it could not be given its name");
    if (auto named = sync_to_disk(path.substr(0, path.rfind('/') + 1)); !named) return no_copy(named.error().message);
    return {};
}

}  // namespace

Result<void> migrate(Database& db, std::int64_t from, const std::string& directory) {
    if (auto copied = copy_aside(db, directory + "/ledger.db.schema" + std::to_string(from)); !copied) return copied;
    const auto steps = [&]() -> Result<void> {
        for (std::int64_t version = from; version < kSchemaVersion; ++version) {
            if (auto done = db.execute(kSteps[version - 1]); !done) return done;
        }
        if (auto dropped = db.execute(kDropRetired); !dropped) return dropped;
        if (auto refolded = refold(db); !refolded) return refolded.error();
        return db.execute(("PRAGMA user_version = " + std::to_string(kSchemaVersion)).c_str());
    };
    if (auto begun = db.execute("BEGIN IMMEDIATE"); !begun) return begun;
    auto done = steps();
    if (done) done = db.execute("COMMIT");
    if (done) return {};
    if (!db.autocommit()) (void)db.execute("ROLLBACK");
    return fail(done.error().failure,
                "this version could not bring the ledger up to date, and left it as it was: " + done.error().message);
}

}  // namespace dosario
