// SPDX-License-Identifier: Apache-2.0
#include "ledger/salvage.hpp"

#include "ledger/columns.hpp"
#include "ledger/files.hpp"
#include "ledger/meta.hpp"
#include "ledger/projection.hpp"
#include "ledger/schema.hpp"
#include "ledger/seal.hpp"
#include "wire/fact_codec.hpp"
#include "wire/kept_reply.hpp"

#include <algorithm>
#include <fstream>

namespace dosario {
namespace {

constexpr std::size_t kSlice = 1000;
constexpr std::size_t kPage = 4096;

std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
        out += c;
        if (c == '\'') out += c;
    }
    return out + "'";
}

/// Entries of the old file after that number. What cannot be read ends it, silently: then they are asked one by one.
std::vector<Entry> read_old(Database& db, Seq after, std::int64_t limit) {
    std::vector<Entry> entries;
    auto query = db.query(
        "SELECT seq, event_id, kind, version, boot, mono_us, wall_us, clock, body, hash FROM old.event WHERE seq > ? ORDER BY seq LIMIT ?");
    query.bind(sql(after)).bind(limit);
    while (query.row()) entries.push_back(entry_of(query));
    (void)db.take_failure();
    return entries;
}

/// Nothing where there is none, and where a page on the way to it cannot be read: then `unread`.
std::optional<Entry> read_one(Database& db, Seq seq, bool& unread) {
    auto query =
        db.query("SELECT seq, event_id, kind, version, boot, mono_us, wall_us, clock, body, hash FROM old.event WHERE seq = ?");
    query.bind(sql(seq));
    std::optional<Entry> entry;
    if (query.row()) entry = entry_of(query);
    unread = db.take_failure().has_value();
    return entry;
}

/// A number out of the old file, 0 when it cannot be read.
Seq number_or_none(Database& db, const char* text) {
    auto query = db.query(text);
    const Seq number = query.row() ? natural(query, 0) : 0;
    (void)db.take_failure();
    return number;
}

/// Carries a table over as it is; false when it cannot be read to its end: then nothing of it is there.
bool carry_whole(Database& db, const char* text) {
    const bool done = db.query(text).run().has_value();
    (void)db.take_failure();
    return done;
}

Error too_damaged(const char* what) {
    return fail(
        Failure::damaged,
        std::string{what} +
            " cannot be read any more, so that nothing of this file can be used again: the damaged files are kept;"
            " move ledger.db and ledger.db-wal away and restore the last backup (`dosario restore`). If there is a collector,"
            " it gives back what it has");
}

}  // namespace

Result<void> make_empty_ledger(Database& db) {
    const std::string pragmas =
        "PRAGMA application_id = " + std::to_string(kApplicationId) + "; PRAGMA user_version = " + std::to_string(kSchemaVersion);
    if (auto done = db.execute(kHistorySchema); !done) return done;
    if (auto done = db.execute(kProjectionSchema); !done) return done;
    return db.execute(pragmas.c_str());
}

Result<std::unique_ptr<Salvage>> Salvage::start(const std::string& old_path, const std::string& new_path, const Digest& digest) {
    const bool has_log = file_exists(old_path + "-wal");
    auto db = Database::open(new_path, OpenMode::create);
    if (!db) return db.error();
    (*db)->leave_log(has_log);  // the old file stays as it was found; an empty log that SQLite makes beside it goes
    // EXCLUSIVE before the old file is opened: no shared memory file beside it.
    if (auto set = (*db)->execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
                                  " PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -4000");
        !set)
        return set.error();
    if (auto added = add_seal((*db)->handle(), digest); !added) return added.error();
    if (auto made = make_empty_ledger(**db); !made) return made.error();
    if (auto attached = (*db)->execute(("ATTACH " + quoted(old_path) + " AS old").c_str()); !attached)
        return fail(Failure::damaged, attached.error().message);
    const auto version = (*db)->number("PRAGMA old.user_version");
    const auto tables = (*db)->number("SELECT count(*) FROM old.sqlite_schema WHERE name IN ('meta', 'boot', 'branch', 'event')");
    if (!version || !tables) return fail(Failure::damaged, version ? tables.error().message : version.error().message);
    if (*tables != 4) return fail(Failure::damaged, "the file's table of tables is not that of a ledger");
    if (*version != kSchemaVersion) {
        return fail(Failure::newer, "this ledger is of another version (schema " + std::to_string(*version) +
                                        ", this program knows " + std::to_string(kSchemaVersion) +
                                        "): mend it with the version that wrote it");
    }
    return std::unique_ptr<Salvage>{new Salvage{std::move(*db), digest, has_log}};
}

Result<Salvaged> Salvage::carry_over() {
    // No transaction is open while the old file is read: SQLite writes nothing more in one that met a damaged page.
    const auto carry = [&]() -> Result<void> {
        if (auto carried = carry_identity(); !carried) return carried;
        if (auto carried = carry_boots(); !carried) return carried;
        if (auto carried = carry_entries(); !carried) return carried;
        if (auto carried = carry_branches(); !carried) return carried;
        carry_hints();
        carry_replies();
        look_behind();
        return {};
    };
    if (auto carried = carry(); !carried) return carried.error();
    return std::move(found_);
}

Result<void> Salvage::carry_identity() {
    if (!carry_whole(*db_, "INSERT INTO main.meta SELECT * FROM old.meta"))
        return too_damaged("the ledger's identity (table meta)");
    const auto id = meta_blob(*db_, kMetaLedgerId);
    if (!id || id->size() != id_.size()) return too_damaged("the ledger's identity (table meta)");
    id_ = fixed<LedgerId>(*id);
    if (auto sealed = seal_identity(); !sealed) return sealed;
    if (!has_log_ && meta_text(*db_, kMetaInUse)) lost_end("the write-ahead log (ledger.db-wal) was missing");
    return erase_meta(*db_, kMetaInUse);  // of the damaged files: the new one has no log yet
}

/// What was changed in it, the chain shows if it is the id: every hash begins with it. The rest are hints.
Result<void> Salvage::seal_identity() {
    if (db_->query(kMetaSealFits).row()) return {};
    found_.notes.emplace_back("when the ledger was made, or that it owes a branch (table meta), was changed and stands as it is");
    if (auto gone = db_->execute("DELETE FROM main.meta WHERE k = 'seal'"); !gone) return gone;
    return set_meta(*db_, kMetaLedgerId, ByteView{id_});
}

Result<void> Salvage::carry_boots() {
    const bool whole = carry_whole(*db_,
                                   "INSERT INTO main.boot SELECT * FROM old.boot b WHERE b.seal = seal('boot', b.boot, b.boot_id,"
                                   " b.started_wall_us, b.build)");
    std::vector<EntryHeader> changed;
    {
        auto others = db_->query("SELECT boot, started_wall_us FROM old.boot b WHERE b.boot NOT IN (SELECT boot FROM main.boot)");
        while (others.row()) {
            changed.emplace_back();
            changed.back().boot = others.number(0);
            changed.back().wall_us = others.number(1);
        }
    }
    (void)db_->take_failure();
    for (const EntryHeader& boot : changed) {
        if (auto known = know_restored_boot(*db_, boot); !known) return known;
    }
    if (!whole || !changed.empty())
        found_.notes.emplace_back(
            "when the daemon was started (table boot) cannot all be read: of some runs only the numbers are known");
    return {};
}

/// In order, as far as each follows from the one before and breaks no rule.
Result<void> Salvage::carry_entries() {
    Projection projection{*db_, [this](Seq seq) { return read_fact(*db_, seq); }};
    for (;;) {
        const auto entries = read_old(*db_, found_.kept, kSlice);
        const bool last = entries.empty();
        const Seq before = found_.kept;
        auto why = carry_slice(projection, entries);
        if (!why) return why.error();
        if (!why->empty()) {
            found_.why = *why;
            return {};
        }
        if (!last && found_.kept > before) continue;
        // The end, or a page that cannot be read: the next one by its number.
        bool unread = false;
        const auto next = read_one(*db_, found_.kept + 1, unread);
        if (unread) found_.why = "entry " + std::to_string(found_.kept + 1) + " cannot be read any more";
        if (!next) return {};
        why = carry_slice(projection, {*next});
        if (!why) return why.error();
        if (!why->empty()) {
            found_.why = *why;
            return {};
        }
    }
}

/// Why it stopped within, empty when all are carried.
Result<std::string> Salvage::carry_slice(Projection& projection, const std::vector<Entry>& entries) {
    if (auto begun = db_->execute("BEGIN"); !begun) return begun.error();
    auto why = carry_each(projection, entries);
    if (auto committed = db_->execute("COMMIT"); !committed) return committed.error();
    return why;
}

Result<std::string> Salvage::carry_each(Projection& projection, const std::vector<Entry>& entries) {
    for (const Entry& entry : entries) {
        const std::string name = "entry " + std::to_string(found_.kept + 1);
        if (entry.header.seq != found_.kept + 1) return name + " cannot be read any more";
        if (!follows(digest_, id_, found_.head, entry)) return name + " was changed, or one before it: its hash does not fit";
        const auto fact = decode_fact(entry.body);
        if (!fact) return name + ": " + fact.error().message;
        if (auto run = db_->execute("SAVEPOINT one"); !run) return run.error();
        auto inserted = know_restored_boot(*db_, entry.header);
        auto insert = db_->query("INSERT INTO main.event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        if (inserted) inserted = bind(insert, entry).run();
        if (inserted) inserted = projection.apply(entry.header.seq, *fact);
        if (auto run = db_->execute(inserted ? "RELEASE one" : "ROLLBACK TO one; RELEASE one"); !run) return run.error();
        if (!inserted && inserted.error().failure != Failure::refused) return inserted.error();
        if (!inserted) return name + " breaks a rule: " + inserted.error().message;
        found_.kept = entry.header.seq;
        found_.head = entry.hash;
    }
    return std::string{};
}

/// Those that begin within what is kept.
Result<void> Salvage::carry_branches() {
    auto carry = db_->query("INSERT INTO main.branch SELECT * FROM old.branch WHERE starts_after <= ? ORDER BY n");
    const bool carried = carry.bind(sql(found_.kept)).run().has_value();
    (void)db_->take_failure();
    const auto rows = db_->number("SELECT count(*) FROM main.branch WHERE n = 1 AND starts_after = 0");
    if (!carried || !rows || *rows != 1) return too_damaged("which branches the ledger has (table branch)");
    return {};
}

void Salvage::carry_hints() {
    auto acked =
        db_->query("INSERT INTO main.acked SELECT * FROM old.acked WHERE seq <= ? AND branch IN (SELECT n FROM main.branch)");
    (void)acked.bind(sql(found_.kept)).run();
    (void)db_->take_failure();
    (void)carry_whole(*db_, "INSERT INTO main.clock_sample SELECT * FROM old.clock_sample");
    (void)carry_whole(*db_, "INSERT OR IGNORE INTO main.upkeep SELECT * FROM old.upkeep");
}

void Salvage::carry_replies() {
    std::vector<std::string> ids;
    {
        auto query = db_->query(
            "SELECT request_id, reply FROM old.request r WHERE r.seal = seal('request', r.request_id, r.wall_us, r.reply)");
        while (query.row()) {
            const auto entries = entries_of_reply(query.blob_view(1));
            const bool there =
                entries && std::all_of(entries->begin(), entries->end(), [this](Seq seq) { return seq <= found_.kept; });
            if (there) ids.push_back(query.text(0));
        }
        if (query.failed())
            found_.notes.emplace_back(
                "replies that were kept for requests sent twice cannot all be read: look at the log before repeating one");
    }
    (void)db_->take_failure();
    for (const std::string& id : ids) {
        auto carry = db_->query("INSERT INTO main.request SELECT * FROM old.request WHERE request_id = ?");
        (void)carry.bind(id).run();
    }
    (void)db_->take_failure();
}

/// What the old file shows of entries behind the last good one.
void Salvage::look_behind() {
    for (const char* text : {"SELECT max(seq) FROM old.event", "SELECT seq FROM old.folding", "SELECT max(seq) FROM old.acked",
                             "SELECT max(last_seq) FROM old.taken_back", "SELECT max(seq) FROM old.subject_event"}) {
        found_.end = std::max(found_.end, number_or_none(*db_, text));
    }
    constexpr Seq kFarthest = 10'000'000;  // a number read from a damaged page may be any
    found_.end = std::max(found_.kept, std::min(found_.end, found_.kept + kFarthest));
    if (found_.end > found_.kept && found_.why.empty())
        found_.why = "entry " + std::to_string(found_.kept + 1) + " cannot be read any more";
    if (found_.why.empty() && !lost_end_.empty()) found_.why = lost_end_ + ": entries may be missing at the end";
    // A number that a damaged page made large is not looked for behind what the file has room for: an entry is longer than its hash and id.
    const Seq looked_at = std::min(found_.end, found_.kept + number_or_none(*db_, "PRAGMA old.page_count") * kPage / 64);
    for (Seq seq = found_.kept + 1; seq <= looked_at && found_.loose.size() < Salvaged::kMostLoose; ++seq) {
        bool unread = false;
        if (auto entry = read_one(*db_, seq, unread); entry && decode_fact(entry->body))
            found_.loose.push_back(std::move(*entry));
    }
}

Result<void> Salvage::let_go() { return db_->execute("DETACH old"); }

Result<void> give_first_page(const std::string& path, const std::string& scratch_path) {
    {
        auto fresh = Database::open(scratch_path, OpenMode::create);
        if (!fresh) return fresh.error();
        if (auto set = (*fresh)->execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF"); !set) return set;
        if (auto made = make_empty_ledger(**fresh); !made) return made;
    }
    std::ifstream fresh{scratch_path, std::ios::binary};
    std::string page(kPage, '\0');
    fresh.read(page.data(), static_cast<std::streamsize>(page.size()));
    // SQLite's file format, 1.3: no free pages, and the size counts from the file because the two counters differ.
    std::fill_n(page.begin() + 28, 12, '\0');
    page[92] = static_cast<char>(~page[24]);
    std::fstream file{path, std::ios::binary | std::ios::in | std::ios::out};
    file.write(page.data(), static_cast<std::streamsize>(page.size()));
    file.close();
    if (!fresh || !file) return fail(Failure::io, "the copy that is read could not be written to " + path);
    return {};
}

}  // namespace dosario
