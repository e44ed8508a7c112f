// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger.hpp"

#include "base/check.hpp"
#include "ledger/columns.hpp"
#include "ledger/schema.hpp"
#include "wire/fact_codec.hpp"

#include <boost/endian/conversion.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace dosario {
namespace {

constexpr off_t kPage = 4096;

/// Looks at the file's header before SQLite touches it, so that a newer or foreign file stays as it is.
Result<void> check_header(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    std::array<char, 108> header{};  // the file's header, and that of the schema's page
    file.read(header.data(), header.size());
    if (file.gcount() == 0) return {};  // new
    if (std::memcmp(header.data(), "SQLite format 3", 16) != 0) {
        // The power went while the file was being made: its first page is torn, and SQLite's journal beside it takes it back.
        struct stat size {};
        struct stat journal {};
        if (stat(path.c_str(), &size) == 0 && size.st_size <= kPage && stat((path + "-journal").c_str(), &journal) == 0)
            return {};
        return fail(Failure::damaged,
                    path + " is no ledger (it is not a SQLite file): move it away, or choose another data directory");
    }
    const auto* bytes = reinterpret_cast<const unsigned char*>(header.data());
    const auto version = boost::endian::load_big_u32(bytes + 60);
    const auto application = boost::endian::load_big_u32(bytes + 68);
    // A ledger that was just made has no id in the file yet, only in the write-ahead log; then its page of tables is an empty leaf.
    const bool nothing_yet = version == 0 && bytes[100] == 0x0d && boost::endian::load_big_u16(bytes + 103) == 0;
    if (application != kApplicationId && !(application == 0 && nothing_yet)) {
        return fail(Failure::damaged, path + " belongs to another program: choose another data directory");
    }
    if (version > kSchemaVersion) {
        return fail(Failure::newer, "this ledger was written by a newer version (schema " + std::to_string(version) +
                                        ", this program knows " + std::to_string(kSchemaVersion) +
                                        "): it was not touched; install the newer version again");
    }
    return {};
}

/// A file without our marks is ours only when it is empty: one that was being made when the power went.
Result<void> refuse_foreign(Database& db) {
    const auto application = db.number("PRAGMA application_id");
    if (!application) return application.error();
    if (*application != 0) return {};
    const auto tables = db.number("SELECT count(*) FROM sqlite_schema");
    if (!tables) return tables.error();
    if (*tables != 0) return fail(Failure::damaged, "ledger.db belongs to another program: choose another data directory");
    return {};
}

}  // namespace

Ledger::Ledger(std::unique_ptr<FileLock> lock, std::unique_ptr<Database> database, const LedgerOpening& opening)
    : lock_(std::move(lock)),
      db_(std::move(database)),
      digest_(opening.digest),
      entropy_(opening.entropy),
      projection_(*db_, [this](Seq seq) { return fact(seq); }),
      stock_(*db_, [this](Seq seq) { return fact(seq); }),
      build_(opening.build) {}

Result<std::unique_ptr<Ledger>> Ledger::open(const LedgerOpening& opening) {
    DOSARIO_CHECK(opening.digest != nullptr && opening.entropy != nullptr);
    struct stat found {};
    if (stat(opening.directory.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)) {
        return fail(Failure::not_found,
                    "there is no data directory " + opening.directory + ": create it, or name another with --data");
    }
    const std::string path = opening.directory + "/ledger.db";
    const bool exists = stat(path.c_str(), &found) == 0;
    if (!exists && !opening.create) {
        return fail(Failure::not_found, "there is no ledger in " + opening.directory + " yet: start dosariod there once");
    }
    auto lock = FileLock::take(opening.directory + "/ledger.lock");
    if (!lock) return lock.error();
    if (auto header = check_header(path); !header) return header.error();
    auto database = Database::open(path, exists ? OpenMode::existing : OpenMode::create, opening.vfs);
    if (!database) return database.error();
    if (auto set = set_up(**database); !set) return set.error();
    std::unique_ptr<Ledger> ledger{new Ledger{std::move(*lock), std::move(*database), opening}};
    if (auto read = ledger->read_or_create(opening); !read) return read.error();
    return ledger;
}

Result<void> Ledger::set_up(Database& db) {
    // EXCLUSIVE comes before the first access in WAL mode: no shared memory file, no second process, one checkpointer.
    if (auto done = db.execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;");
        !done)
        return done;
    if (auto ours = refuse_foreign(db); !ours) return ours;  // before WAL mode, which writes into the file
    return db.keep_every_commit();
}

Result<void> Ledger::read_or_create(const LedgerOpening& opening) {
    const auto version = db_->number("PRAGMA user_version");
    if (!version) return version.error();
    if (*version > kSchemaVersion) {
        return fail(Failure::newer, "this ledger was written by a newer version (schema " + std::to_string(*version) +
                                        "): it was not touched; install the newer version again");
    }
    if (*version == 0) {
        if (!opening.create) return fail(Failure::not_found, "the ledger is empty: start dosariod there once");
        if (auto made = create(opening); !made) return made;
    }
    if (auto read = read_head(); !read) return read;
    return opening.append ? start_boot(opening.now.wall) : Result<void>{};
}

Result<void> Ledger::create(const LedgerOpening& opening) {
    if (auto done = begin(); !done) return done;
    const auto build = [&]() -> Result<void> {
        if (auto done = db_->execute(kHistorySchema); !done) return done;
        if (auto done = db_->execute(kProjectionSchema); !done) return done;
        LedgerId id;
        entropy_->fill(id);
        std::array<std::byte, 8> branch;
        entropy_->fill(branch);
        if (auto done = db_->query("INSERT INTO meta VALUES ('ledger_id', ?)").bind(ByteView{id}).run(); !done) return done;
        if (auto done = db_->query("INSERT INTO meta VALUES ('hash_version', ?)").bind(std::int64_t{1}).run(); !done) return done;
        if (auto done = db_->query("INSERT INTO meta VALUES ('created_wall_us', ?)").bind(sql(opening.now.wall)).run(); !done) {
            return done;
        }
        if (auto done = db_->query("INSERT INTO branch VALUES (1, 0, ?, zeroblob(32), 'first')").bind(ByteView{branch}).run();
            !done)
            return done;
        const std::string pragmas = "PRAGMA application_id = " + std::to_string(kApplicationId) +
                                    "; PRAGMA user_version = " + std::to_string(kSchemaVersion);
        return db_->execute(pragmas.c_str());
    };
    if (auto built = build(); !built) {
        rollback();
        return built;
    }
    return commit();
}

Result<void> Ledger::read_head() {
    auto meta = db_->query("SELECT v FROM meta WHERE k = 'ledger_id'");
    if (!meta.row() || meta.blob_view(0).size() != id_.size()) {
        return fail(Failure::damaged, "the ledger has lost its identity (table meta): keep the file and restore a backup");
    }
    id_ = fixed<LedgerId>(meta.blob_view(0));
    auto branch = db_->query("SELECT branch_id FROM branch ORDER BY starts_after DESC, n DESC LIMIT 1");
    if (!branch.row()) return fail(Failure::damaged, "the ledger has lost its branches: keep the file and restore a backup");
    branch_ = to_hex(branch.blob_view(0));
    auto last = db_->query("SELECT seq, hash, body FROM event ORDER BY seq DESC LIMIT 1");
    if (last.row()) {
        head_seq_ = static_cast<Seq>(last.number(0));
        head_hash_ = fixed<Sha256>(last.blob_view(1));
        if (const auto fact = decode_fact(last.blob_view(2))) last_decided_on_ = fact->decided_on;
    }
    auto good = db_->query("SELECT wall_us FROM event WHERE clock = 0 ORDER BY seq DESC LIMIT 1");
    if (good.row()) last_good_wall_ = UtcTime{Micros{good.number(0)}};
    if (auto failure = db_->take_failure()) return *failure;
    return {};
}

Result<void> Ledger::start_boot(UtcTime now) {
    std::array<std::byte, 16> boot_id;
    entropy_->fill(boot_id);
    auto insert = db_->query("INSERT INTO boot (boot_id, started_wall_us, build) VALUES (?, ?, ?)");
    insert.bind(ByteView{boot_id}).bind(sql(now)).bind(build_);
    if (auto inserted = insert.run(); !inserted) return inserted;
    const auto boot = db_->number("SELECT max(boot) FROM boot");
    if (!boot) return boot.error();
    boot_ = *boot;
    return {};
}

Result<void> Ledger::begin() {
    at_begin_ = head();
    return db_->execute("BEGIN IMMEDIATE");
}

Result<void> Ledger::savepoint() {
    at_savepoint_ = head();
    return db_->execute("SAVEPOINT decision");
}

Result<void> Ledger::keep() { return db_->execute("RELEASE decision"); }

Result<void> Ledger::undo() {
    return_to(at_savepoint_);
    return db_->execute("ROLLBACK TO decision; RELEASE decision");
}

Result<void> Ledger::commit() {
    auto done = db_->execute("COMMIT");
    if (done) return done;
    rollback();
    // The group may stand in the write-ahead log although its sync failed: then the next start finds it.
    if (done.error().failure == Failure::io) {
        return fail(
            Failure::io,
            "the disk reports an error and whether this was saved is not certain: look at the last entries (dosario status)"
            " after the restart, before repeating it; " +
                done.error().message);
    }
    return done;
}

void Ledger::rollback() {
    if (!db_->autocommit()) (void)db_->execute("ROLLBACK");
    return_to(at_begin_);
}

void Ledger::return_to(const Head& before) {
    head_seq_ = before.seq;
    head_hash_ = before.hash;
    last_good_wall_ = before.good_wall;
    branch_ = before.branch;
    boot_ = before.boot;
    last_decided_on_ = before.decided_on;
}

Result<Seq> Ledger::append(const SignedFact& fact, const Stamp& stamp) {
    const std::string body = encode_fact(fact);
    DOSARIO_CHECK(body.size() <= kLargestBody);
    // What could not be read back is not written: it would be for ever.
    if (const auto read = decode_fact(as_bytes(body)); !read)
        return fail(Failure::refused, "a rule of the ledger forbids this: " + read.error().message);
    const Seq seq = head_seq_ + 1;
    const EntryHeader header{seq,
                             kind_of(fact.fact),
                             kBodyVersion,
                             boot_,
                             stamp.mono.time_since_epoch().count(),
                             sql(stamp.wall),
                             stamp.clock_suspect ? 1 : 0};
    EventId event_id;
    entropy_->fill(event_id);
    boost::endian::store_big_u64(reinterpret_cast<unsigned char*>(event_id.data()),
                                 seq);  // ordered ids keep the index append-only
    Entry entry{header, event_id, {}, {}};
    const ByteView bytes = as_bytes(body);
    entry.body.assign(bytes.begin(), bytes.end());
    entry.hash = chain_hash(*digest_, id_, head_hash_, header, event_id, entry.body);
    if (auto inserted = insert(entry, fact); !inserted) return inserted.error();
    return seq;
}

Result<void> Ledger::insert(const Entry& entry, const SignedFact& fact) {
    const EntryHeader& header = entry.header;
    auto insert = db_->query("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    if (auto inserted = bind(insert, entry).run(); !inserted) return inserted;
    if (auto projected = projection_.apply(header.seq, fact); !projected) return projected;
    head_seq_ = header.seq;
    head_hash_ = entry.hash;
    if (header.clock == 0) last_good_wall_ = UtcTime{Micros{header.wall_us}};
    last_decided_on_ = fact.decided_on;
    return {};
}

Result<std::vector<Entry>> Ledger::entries_after(Seq after, std::size_t limit) const { return read_entries(*db_, after, limit); }

Result<std::vector<Entry>> Ledger::entries_after(Seq after, std::size_t limit, std::size_t bytes) const {
    return read_entries(*db_, after, limit, bytes);
}

Result<SignedFact> Ledger::fact(Seq seq) const { return read_fact(*db_, seq); }

std::optional<Bytes> Ledger::reply_to(std::string_view request_id) const {
    auto query = db_->query("SELECT reply FROM request WHERE request_id = ?");
    query.bind(request_id);
    if (!query.row()) return std::nullopt;
    return query.blob(0);
}

Result<void> Ledger::keep_reply(std::string_view request_id, ByteView reply, UtcTime now) {
    constexpr std::int64_t kKeptFor_us = 7LL * 24 * 3600 * 1'000'000;
    const std::int64_t now_us = sql(now);
    constexpr std::uint64_t kPruneEvery = 256;  // the table is small, and has no index by time
    if (replies_kept_++ % kPruneEvery == 0) {
        if (auto pruned = db_->query("DELETE FROM request WHERE wall_us < ?").bind(now_us - kKeptFor_us).run(); !pruned)
            return pruned;
    }
    return db_->query("INSERT OR REPLACE INTO request VALUES (?, ?, ?)").bind(request_id).bind(now_us).bind(reply).run();
}

Result<void> Ledger::checkpoint() { return db_->execute("PRAGMA wal_checkpoint(PASSIVE)"); }

}  // namespace dosario
