// SPDX-License-Identifier: Apache-2.0
// Opening a ledger: whose file it is, how it is kept, whether its end is whole. What is refused is not touched.
#include "base/check.hpp"
#include "ledger/columns.hpp"
#include "ledger/damage_mark.hpp"
#include "ledger/files.hpp"
#include "ledger/ledger.hpp"
#include "ledger/meta.hpp"
#include "ledger/migrate.hpp"
#include "ledger/schema.hpp"
#include "ledger/seal.hpp"
#include "wire/fact_codec.hpp"

#include <boost/endian/conversion.hpp>

#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <fstream>

namespace dosario {
namespace {

constexpr off_t kFirstPage = 4096;

/// The power went while the first page was written: it may be anything, and what lies beside it takes it back. That is SQLite's journal
/// while the file is being made, later the write-ahead log, which holds the page until the file was synced.
bool first_page_was_being_written(const std::string& path) {
    struct stat size {};
    struct stat beside {};
    if (stat(path.c_str(), &size) == 0 && size.st_size <= kFirstPage && stat((path + "-journal").c_str(), &beside) == 0)
        return true;
    std::array<unsigned char, 4> magic{};
    std::ifstream log{path + "-wal", std::ios::binary};
    log.read(reinterpret_cast<char*>(magic.data()), magic.size());
    constexpr std::uint32_t kLogMagic = 0x377f0682;  // or one more; https://www.sqlite.org/fileformat2.html#walformat
    return log && (boost::endian::load_big_u32(magic.data()) & ~1U) == kLogMagic;
}

/// Looks at the file's header before SQLite touches it, so that a newer or foreign file stays as it is.
Result<void> check_header(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    std::array<char, 108> header{};  // the file's header, and that of the schema's page
    file.read(header.data(), header.size());
    if (file.gcount() == 0) return {};  // new
    if (std::memcmp(header.data(), "SQLite format 3", 16) != 0) {
        if (first_page_was_being_written(path)) return {};
        return fail(
            Failure::damaged,
            path +
                " is no ledger (it is not a SQLite file): move it away, or choose another data directory. If it was one until"
                " now it is damaged: `dosario ledger mend` saves what can be read");
    }
    const auto* bytes = reinterpret_cast<const unsigned char*>(header.data());
    const auto version = boost::endian::load_big_u32(bytes + 60);
    const auto application = boost::endian::load_big_u32(bytes + 68);
    // A ledger that was just made has no id in the file yet, only in the write-ahead log; then its page of tables is an empty leaf.
    const bool nothing_yet = version == 0 && bytes[100] == 0x0d && boost::endian::load_big_u16(bytes + 103) == 0;
    if (application != kApplicationId && !(application == 0 && nothing_yet)) {
        if (first_page_was_being_written(path)) return {};
        return fail(Failure::damaged, path + " belongs to another program: choose another data directory");
    }
    if (version > kSchemaVersion) {
        return fail(Failure::newer, "this ledger was written by a newer version (schema " + std::to_string(version) +
                                        ", this program knows " + std::to_string(kSchemaVersion) +
                                        "): it was not touched; install the newer version again");
    }
    return {};
}

/// Before SQLite writes over it.
Result<void> keep_damaged_log(const std::string& log, const LogDamage& damage) {
    std::error_code failed;
    std::filesystem::copy_file(log, log + ".damaged", std::filesystem::copy_options::overwrite_existing, failed);
    if (failed) return fail(Failure::io, damage.words() + ", and it could not be copied to " + log + ".damaged: make room there");
    return damage.bit ? mend_log(log, *damage.bit) : Result<void>{};
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
    const bool log_exists = stat((path + "-wal").c_str(), &found) == 0;
    if (!exists && !opening.create) {
        return fail(Failure::not_found, "there is no ledger in " + opening.directory + " yet: start dosariod there once");
    }
    auto lock = FileLock::take(opening.directory + "/ledger.lock");
    if (!lock) return lock.error();
    if (auto there = refuse_emptied(path); !there) return there.error();
    if (auto header = check_header(path); !header) return header.error();
    const auto log_damage = find_log_damage(path + "-wal");  // SQLite would cut the log off there
    const bool turns_back =
        log_damage && opening.append && !read_damage_mark(opening.directory);  // `mend` wants it as it was found
    if (turns_back) {
        if (auto kept = keep_damaged_log(path + "-wal", *log_damage); !kept) return kept.error();
    }
    auto database = Database::open(path, exists ? OpenMode::existing : OpenMode::create, opening.vfs);
    if (!database) return database.error();
    if (auto set = set_up(**database); !set) return set.error();
    if (!log_exists) (*database)->leave_log(false);  // the empty one that SQLite made goes: it would hide that one is missing
    if (auto added = add_seal((*database)->handle(), *opening.digest); !added) return added.error();
    std::unique_ptr<Ledger> ledger{new Ledger{std::move(*lock), std::move(*database), opening}};
    ledger->log_damage_ = log_damage;
    ledger->log_mended_ = turns_back && log_damage->bit;
    if (auto read = ledger->read_or_create(opening); !read) return read.error();
    if (!ledger->damage_) {
        if (auto checked = ledger->check_end(); !checked) return checked.error();
    }
    ledger->heed_mark(opening.directory);
    // A process that was killed left its log beside the file, and the next daemon has to find it there. Damaged files stay as they were found.
    if (!opening.append || ledger->damage_) {
        ledger->db_->leave_log(log_exists && (ledger->damage_ || meta_text(*ledger->db_, kMetaInUse)));
        return ledger;
    }
    if (auto owed = ledger->owe_lost_log(log_exists); !owed) return owed.error();
    if (auto started = ledger->take_into_use(opening.now.wall); !started) return started.error();
    ledger->db_->leave_log(false);
    return ledger;
}

Result<void> Ledger::set_up(Database& db) {
    // EXCLUSIVE comes before the first access in WAL mode: no shared memory file, no second process, one checkpointer.
    if (auto done = db.execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; "
                               "PRAGMA temp_store = MEMORY;");
        !done)
        return done;
    // A foreign file stays as it is; and a start that fails leaves the log of a run that was killed, as the mark of that run says it is there.
    db.leave_log(true);
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
    } else if (*version < kSchemaVersion) {
        if (!opening.append) {
            return fail(Failure::newer, "this ledger is of an older version (schema " + std::to_string(*version) +
                                            "): start dosariod there once, it makes a copy and brings the ledger up to date");
        }
        if (auto migrated = migrate(*db_, *version, opening.directory); !migrated) return migrated;
    }
    return read_head();
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
        if (auto done = set_meta(*db_, kMetaLedgerId, ByteView{id}); !done) return done;
        if (auto done = set_meta(*db_, kMetaHashVersion, std::int64_t{1}); !done) return done;
        if (auto done = set_meta(*db_, kMetaCreated, sql(opening.now.wall)); !done) return done;
        auto first = db_->query(
            "INSERT INTO branch VALUES (1, 0, ?1, zeroblob(32), 'first', seal('branch', 1, 0, ?1, zeroblob(32), 'first'))");
        if (auto done = first.bind(ByteView{branch}).run(); !done) return done;
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
    const auto id = meta_blob(*db_, kMetaLedgerId);
    if (!id || id->size() != id_.size()) {
        return fail(Failure::damaged, "the ledger has lost its identity (table meta): keep the file and restore a backup");
    }
    id_ = fixed<LedgerId>(*id);
    branch_due_ = meta_text(*db_, kMetaBranchDue);
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
    if (const auto failure = db_->take_failure()) {
        if (failure->failure != Failure::damaged) return *failure;
        only_read(failure->message);
    }
    return {};
}

void Ledger::only_read(const std::string& what) {
    damage_ = fail(Failure::damaged,
                   "the ledger is damaged and only read: " + what +
                       "; nothing new is saved. Keep the files; stop the daemon and run `dosario --data DIR ledger mend`");
}

/// Found earlier, by a daemon that met it or by verifying.
void Ledger::heed_mark(const std::string& directory) {
    const auto mark = read_damage_mark(directory);
    if (mark && !damage_) only_read(mark->what);
}

Result<void> Ledger::start_boot(UtcTime now) {
    std::array<std::byte, 16> boot_id;
    entropy_->fill(boot_id);
    auto insert = db_->query(
        "INSERT INTO boot SELECT n, ?1, ?2, ?3, seal('boot', n, ?1, ?2, ?3) FROM (SELECT coalesce(max(boot), 0) + 1 AS n FROM boot)");
    insert.bind(ByteView{boot_id}).bind(sql(now)).bind(build_);
    if (auto inserted = insert.run(); !inserted) return inserted;
    const auto boot = db_->number("SELECT max(boot) FROM boot");
    if (!boot) return boot.error();
    boot_ = *boot;
    return {};
}

/// The run and the mark that it has the file are moved into the file itself at once: a copy of ledger.db alone, without what is in the
/// write-ahead log, shows by the mark that it is not whole.
Result<void> Ledger::take_into_use(UtcTime now) {
    left_open_ = meta_text(*db_, kMetaInUse).has_value();
    if (auto begun = begin(); !begun) return begun;
    const auto mark = [&]() -> Result<void> {
        if (auto started = start_boot(now); !started) return started;
        return set_meta(*db_, kMetaInUse, boot_);
    };
    if (auto marked = mark(); !marked) {
        rollback();
        return marked;
    }
    if (auto committed = commit(); !committed) return committed;
    in_use_ = true;
    return checkpoint();
}

Result<void> Ledger::owe_lost_log(bool log_exists) {
    if (log_damage_ && !log_mended_) {
        lost_log_ = true;
        return owe_branch("the write-ahead log was damaged when the ledger was opened");
    }
    if (log_exists || !meta_text(*db_, kMetaInUse)) return {};
    lost_log_ = true;
    return owe_branch("the write-ahead log was missing when the ledger was opened");
}

// The night looks at everything; before the first scan only at the end, where a power cut or a half copied file shows.
Result<void> Ledger::check_end() {
    const Seq before = head_seq_ > kCheckedAtStart ? head_seq_ - kCheckedAtStart : 0;
    Sha256 previous{};
    const auto damaged = [this](const std::string& what) {
        only_read(what);
        return Result<void>{};
    };
    if (before > 0) {
        const auto hash = hashes_at({&before, 1});
        if (!hash) return damaged(hash.error().message);
        previous = hash->front();
    }
    const auto entries = read_entries(*db_, before, kCheckedAtStart);
    if (!entries) return damaged(entries.error().message);
    Seq seq = before;
    for (const Entry& entry : *entries) {
        if (entry.header.seq != ++seq || !follows(*digest_, id_, previous, entry))
            return damaged("entry " + std::to_string(seq) + " is missing or was changed");
        previous = entry.hash;
    }
    if (seq != head_seq_) return damaged("entry " + std::to_string(seq + 1) + " is missing");
    const auto folded = db_->number("SELECT seq FROM folding");
    if (!folded) return damaged(folded.error().message);
    if (static_cast<Seq>(*folded) != head_seq_) {
        return damaged("the lists end at entry " + std::to_string(*folded) + " and the entries at " + std::to_string(head_seq_));
    }
    return {};
}

// Closed in peace: the file is whole without its log. Where the mark stays the log stays.
Ledger::~Ledger() {
    if (!in_use_ || damage_) return;
    if (!db_->autocommit() || !erase_meta(*db_, kMetaInUse)) db_->leave_log(true);
}

}  // namespace dosario
