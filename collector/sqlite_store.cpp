// SPDX-License-Identifier: Apache-2.0
#include "collector/sqlite_store.hpp"

#include "collector/store_schema.hpp"
#include "ledger/columns.hpp"

#include <sys/stat.h>

#include <limits>

namespace dosario {
namespace {

constexpr std::int64_t kClockEvery_us = 600LL * 1'000'000;

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& directory, bool create, const char* vfs) {
    const std::string path = directory + "/collector.db";
    struct stat found {};
    const bool there = stat(path.c_str(), &found) == 0;
    if (!there && !create) return fail(Failure::not_found, "there is no " + path + ": start the collector there once");
    auto lock = FileLock::take(directory + "/collector.lock");
    if (!lock) return lock.error();
    auto database = Database::open(path, OpenMode::create, vfs);
    if (!database) return database.error();
    std::unique_ptr<SqliteStore> store{new SqliteStore{std::move(*lock), std::move(*database)}};
    if (auto set = store->set_up(create); !set) return set.error();
    return store;
}

Result<void> SqliteStore::set_up(bool create) {
    db_->leave_log(true);  // until it is certain that the file is ours
    if (auto done = db_->execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;");
        !done)
        return done;
    const auto application = db_->number("PRAGMA application_id");
    if (!application) return application.error();
    const auto tables = db_->number("SELECT count(*) FROM sqlite_schema");
    if (!tables) return tables.error();
    if (*application != kStoreApplicationId && (*application != 0 || *tables != 0))
        return fail(Failure::damaged, "collector.db belongs to another program: choose another data directory");
    const auto version = db_->number("PRAGMA user_version");
    if (!version) return version.error();
    if (*version > kStoreSchemaVersion) {
        return fail(Failure::newer, "collector.db was written by a newer version (schema " + std::to_string(*version) +
                                        ", this program knows " + std::to_string(kStoreSchemaVersion) +
                                        "): it was not touched; install the newer version again");
    }
    db_->leave_log(false);
    if (auto kept = db_->keep_every_commit(); !kept) return kept;
    if (*version == kStoreSchemaVersion) return follow_version();
    if (!create) return fail(Failure::not_found, "collector.db is empty: start the collector there once");
    if (auto begun = begin(); !begun) return begun;
    const std::string pragmas = "PRAGMA application_id = " + std::to_string(kStoreApplicationId) +
                                "; PRAGMA user_version = " + std::to_string(kStoreSchemaVersion);
    for (const char* const statements : {kRawSchema, kStoreProjectionSchema, pragmas.c_str()}) {
        if (auto done = db_->execute(statements); !done) {
            rollback();
            return done;
        }
    }
    if (auto committed = commit(); !committed) return committed;
    return follow_version();
}

/// What an older version set aside may be understood by this one.
Result<void> SqliteStore::follow_version() {
    const auto version = db_->number("SELECT version FROM projected");
    if (!version) return version.error();
    if (*version == kStoreProjectionVersion) return {};
    return forget_projections();
}

Result<void> SqliteStore::begin() {
    (void)db_->take_failure();  // of the group before: it has been told
    return db_->execute("BEGIN IMMEDIATE");
}

Result<void> SqliteStore::commit() {
    auto done = db_->execute("COMMIT");
    if (!done) rollback();
    return done;
}

void SqliteStore::rollback() {
    if (!db_->autocommit()) (void)db_->execute("ROLLBACK");
}

Result<void> SqliteStore::rest() { return db_->execute("PRAGMA wal_checkpoint(PASSIVE)"); }

// --- heads -----------------------------------------------------------------------------------------------------------------------

std::optional<std::int64_t> SqliteStore::ledger_id(const LedgerId& ledger) {
    auto find = db_->query("SELECT id FROM ledger WHERE ledger = ?");
    find.bind(ByteView{ledger});
    return find.row() ? std::optional{find.number(0)} : std::nullopt;
}

std::optional<SqliteStore::BranchRow> SqliteStore::branch_row(std::int64_t ledger, const BranchId& branch) {
    auto find =
        db_->query("SELECT id, starts_after, parent_hash, head_seq, head_hash FROM branch WHERE ledger = ? AND branch = ?");
    find.bind(ledger).bind(ByteView{branch});
    if (!find.row()) return std::nullopt;
    return BranchRow{find.number(0), static_cast<Seq>(find.number(1)), fixed<Sha256>(find.blob_view(2)),
                     static_cast<Seq>(find.number(3)), fixed<Sha256>(find.blob_view(4))};
}

std::optional<Sha256> SqliteStore::hash_at(const BranchRow& branch, Seq seq) {
    if (seq == branch.head_seq) return branch.head_hash;
    if (seq == branch.starts_after) return branch.parent_hash;
    auto find = db_->query("SELECT hash FROM event WHERE branch = ? AND seq = ?");
    find.bind(branch.id).bind(sql(seq));
    return find.row() ? std::optional{fixed<Sha256>(find.blob_view(0))} : std::nullopt;
}

Result<SessionStart> SqliteStore::begin_session(const SessionWanted& wanted, UtcTime now) {
    SessionStart start;
    start.number = 1;
    auto find = db_->query("SELECT id, station, machine, session FROM ledger WHERE ledger = ?");
    find.bind(ByteView{wanted.ledger});
    std::int64_t id = 0;
    if (find.row()) {
        id = find.number(0);
        start.belongs_to = find.text(1);
        start.other_station = start.belongs_to != wanted.station;
        start.other_machine = fixed<Sha256>(find.blob_view(2)) != wanted.machine;
        start.number = static_cast<std::uint64_t>(find.number(3)) + 1;
    }
    if (find.failed()) return find.error();
    if (start.other_station) return start;
    if (id == 0) {
        auto other = db_->query("SELECT 1 FROM ledger WHERE station = ?");
        start.second_ledger = other.bind(wanted.station).row();
        auto insert = db_->query(
            "INSERT INTO ledger (ledger, station, machine, build, session, first_seen_us, last_seen_us) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " RETURNING id");
        insert.bind(ByteView{wanted.ledger}).bind(wanted.station).bind(ByteView{wanted.machine}).bind(wanted.build);
        insert.bind(sql(start.number)).bind(sql(now)).bind(sql(now));
        if (!insert.row()) return insert.error();
        id = insert.number(0);
    } else {
        auto update = db_->query("UPDATE ledger SET machine = ?, build = ?, session = ?, last_seen_us = ? WHERE id = ?");
        update.bind(ByteView{wanted.machine}).bind(wanted.build).bind(sql(start.number)).bind(sql(now)).bind(id);
        if (auto updated = update.run(); !updated) return updated.error();
        if (start.other_machine) {
            auto alarm = db_->query("UPDATE ledger SET other_machine_us = ? WHERE id = ?");
            if (auto noted = alarm.bind(sql(now)).bind(id).run(); !noted) return noted.error();
        }
    }
    for (const BranchSpan& span : wanted.branches) {
        BranchHead head{span.branch, span.starts_after, span.parent_hash, span.starts_after, span.parent_hash};
        if (const auto row = branch_row(id, span.branch)) {
            head.have = row->head_seq;
            head.have_hash = row->head_hash;
            head.common = std::min(row->head_seq, span.end);
            const auto common = hash_at(*row, head.common);
            // A branch has one beginning; a station that names another one hears a hash that is not its own.
            head.common_hash = common && row->starts_after == span.starts_after ? *common : Sha256{};
        }
        start.heads.push_back(head);
    }
    if (auto failure = db_->take_failure()) return *failure;
    return start;
}

// --- entries ---------------------------------------------------------------------------------------------------------------------

/// The row of a branch that entries arrive for; made when the entry it grows from is here. Nothing when that one is missing.
Result<std::optional<SqliteStore::BranchRow>> SqliteStore::grow_branch(std::int64_t ledger, const BranchSpan& span) {
    if (auto row = branch_row(ledger, span.branch)) return row;
    std::optional<std::int64_t> parent;
    if (span.starts_after > 0) {
        auto find = db_->query(
            "SELECT b.id FROM event e JOIN branch b ON b.id = e.branch WHERE b.ledger = ? AND e.seq = ? AND e.hash = ?");
        find.bind(ledger).bind(sql(span.starts_after)).bind(ByteView{span.parent_hash});
        if (!find.row()) return std::optional<BranchRow>{};
        parent = find.number(0);
    }
    auto insert = db_->query(
        "INSERT INTO branch (ledger, branch, starts_after, parent, parent_hash, head_seq, head_hash) VALUES (?, ?, ?, nullif(?, 0), ?, ?,"
        " ?)");
    insert.bind(ledger).bind(ByteView{span.branch}).bind(sql(span.starts_after)).bind(parent.value_or(0));
    insert.bind(ByteView{span.parent_hash}).bind(sql(span.starts_after)).bind(ByteView{span.parent_hash});
    if (auto inserted = insert.run(); !inserted) return inserted.error();
    return branch_row(ledger, span.branch);
}

Result<AppendOutcome> SqliteStore::append(const Append& entries) {
    std::int64_t ledger = 0;
    {
        auto find = db_->query("SELECT id, session FROM ledger WHERE ledger = ?");
        find.bind(ByteView{entries.ledger});
        if (!find.row()) return find.failed() ? find.error() : fail(Failure::damaged, "the collector has lost a ledger's row");
        ledger = find.number(0);
        if (static_cast<std::uint64_t>(find.number(1)) != entries.session) return AppendOutcome{Appended::fenced, 0, {}, 0};
    }
    for (std::size_t i = 1; i < entries.entries.size(); ++i) {
        if (entries.entries[i].header.seq != entries.entries[i - 1].header.seq + 1) return AppendOutcome{Appended::gap, 0, {}, 0};
    }
    const auto grown = grow_branch(ledger, entries.span);
    if (!grown) return grown.error();
    if (!*grown) return AppendOutcome{Appended::orphaned, 0, {}, 0};
    const BranchRow& branch = **grown;
    AppendOutcome outcome{Appended::stored, branch.head_seq, branch.head_hash, 0};
    for (const Entry& entry : entries.entries) {
        if (entry.header.seq <= branch.head_seq) {  // it was here before
            if (hash_at(branch, entry.header.seq) != entry.hash) {
                outcome.what = Appended::differs;
                return outcome;
            }
            continue;
        }
        if (entry.header.seq != outcome.head + 1) {
            outcome.what = Appended::gap;
            return outcome;
        }
        auto insert = db_->query(
            "INSERT INTO event (branch, seq, event_id, kind, version, boot, mono_us, wall_us, clock, body, hash, received_us, damaged)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        bind(insert.bind(branch.id), entry);
        insert.bind(sql(entries.received)).bind(std::int64_t{entry.header.seq == entries.damaged ? 1 : 0});
        if (auto inserted = insert.run(); !inserted) return inserted.error();
        outcome.head = entry.header.seq;
        outcome.hash = entry.hash;
        ++outcome.fresh;
    }
    auto update = db_->query("UPDATE branch SET head_seq = ?, head_hash = ? WHERE id = ?");
    if (auto moved = update.bind(sql(outcome.head)).bind(ByteView{outcome.hash}).bind(branch.id).run(); !moved)
        return moved.error();
    auto seen = db_->query("UPDATE ledger SET last_seen_us = ? WHERE id = ?");
    if (auto told = seen.bind(sql(entries.received)).bind(ledger).run(); !told) return told.error();
    return outcome;
}

Result<std::vector<std::optional<Sha256>>> SqliteStore::hashes(const LedgerId& ledger, const BranchId& branch,
                                                               std::span<const Seq> seqs) {
    std::vector<std::optional<Sha256>> out(seqs.size());
    if (const auto id = ledger_id(ledger)) {
        if (const auto row = branch_row(*id, branch)) {
            for (std::size_t i = 0; i < seqs.size(); ++i) out[i] = hash_at(*row, seqs[i]);
        }
    }
    if (auto failure = db_->take_failure()) return *failure;
    return out;
}

Result<std::vector<Entry>> SqliteStore::entries(const LedgerId& ledger, const BranchId& branch, Seq after, std::size_t limit,
                                                std::size_t bytes) {
    std::vector<Entry> out;
    if (after > static_cast<Seq>(std::numeric_limits<std::int64_t>::max())) return out;
    const auto id = ledger_id(ledger);
    const auto row = id ? branch_row(*id, branch) : std::nullopt;
    if (!row) return out;
    auto query = db_->query(
        "SELECT seq, event_id, kind, version, boot, mono_us, wall_us, clock, body, hash FROM event WHERE branch = ? AND seq > ?"
        " ORDER BY seq LIMIT ?");
    query.bind(row->id).bind(sql(after)).bind(static_cast<std::int64_t>(limit));
    std::size_t total = 0;
    while (query.row()) {
        Entry entry = entry_of(query);
        total += entry.body.size();
        if (!out.empty() && total > bytes) break;
        out.push_back(std::move(entry));
    }
    if (query.failed()) return query.error();
    return out;
}

// --- clocks ----------------------------------------------------------------------------------------------------------------------

/// One sample every ten minutes of a run, the one with the shortest round trip.
Result<void> SqliteStore::keep_clock(const StationClock& clock) {
    const auto id = ledger_id(clock.ledger);
    if (!id) return {};
    std::optional<std::pair<std::int64_t, std::int64_t>> last;  // mono, rtt
    {
        auto find =
            db_->query("SELECT mono_us, rtt_us FROM station_clock WHERE ledger = ? AND boot = ? ORDER BY mono_us DESC LIMIT 1");
        if (find.bind(*id).bind(clock.boot).row()) last = {find.number(0), find.number(1)};
    }
    if (last && clock.mono_us - last->first < kClockEvery_us) {
        if (clock.mono_us <= last->first || clock.rtt_us >= last->second) return {};
        auto drop = db_->query("DELETE FROM station_clock WHERE ledger = ? AND boot = ? AND mono_us = ?");
        if (auto dropped = drop.bind(*id).bind(clock.boot).bind(last->first).run(); !dropped) return dropped;
    }
    return db_->query("INSERT OR REPLACE INTO station_clock VALUES (?, ?, ?, ?, ?)")
        .bind(*id)
        .bind(clock.boot)
        .bind(clock.mono_us)
        .bind(clock.collector_us)
        .bind(clock.rtt_us)
        .run();
}

Result<void> SqliteStore::seen(const LedgerId& ledger, UtcTime at) {
    return db_->query("UPDATE ledger SET last_seen_us = max(last_seen_us, ?) WHERE ledger = ?")
        .bind(sql(at))
        .bind(ByteView{ledger})
        .run();
}

// --- projections -----------------------------------------------------------------------------------------------------------------

Result<bool> SqliteStore::project(std::size_t limit) {
    if (auto begun = begin(); !begun) return begun.error();
    const auto more = projection_.step(limit);
    if (!more) {
        rollback();
        return more;
    }
    if (auto committed = commit(); !committed) return committed.error();
    return more;
}

Result<void> SqliteStore::forget_projections() {
    if (auto begun = begin(); !begun) return begun;
    const auto make_again = [this]() -> Result<void> {
        for (std::size_t i = 0; i < kStoreProjectionTableCount; ++i) {
            if (auto dropped = db_->execute((std::string{"DROP TABLE "} + kStoreProjectionTables[i]).c_str()); !dropped)
                return dropped;
        }
        if (auto made = db_->execute(kStoreProjectionSchema); !made) return made;
        return db_->query("UPDATE projected SET version = ?").bind(kStoreProjectionVersion).run();
    };
    if (auto made = make_again(); !made) {
        rollback();
        return made;
    }
    return commit();
}

}  // namespace dosario
