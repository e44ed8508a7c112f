// SPDX-License-Identifier: Apache-2.0
#include "ledger/mend.hpp"

#include "ledger/columns.hpp"
#include "ledger/damage_mark.hpp"
#include "ledger/file_lock.hpp"
#include "ledger/files.hpp"
#include "ledger/log_check.hpp"
#include "ledger/meta.hpp"
#include "ledger/schema.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace dosario {
namespace {

constexpr std::size_t kMostShown = 10;
constexpr int kMostTries = 1000;

class Mending {
public:
    explicit Mending(const MendOf& what)
        : what_(what), file_(what.directory + "/ledger.db"), mended_(file_ + ".mended"), reading_(file_ + ".reading") {}
    ~Mending() { remove_scratch(); }
    Mending(const Mending&) = delete;
    Mending& operator=(const Mending&) = delete;

    Result<Mended> run();

private:
    Result<bool> is_whole();
    Result<void> keep_files();
    Result<void> build();
    Result<void> build_anew();
    void forget_kept();
    Result<std::unique_ptr<Salvage>> open_kept();
    Result<std::unique_ptr<Salvage>> open_copy(const std::optional<LogDamage>& log, bool first_page);
    Result<void> put_in_place();
    void remove_scratch() const;

    const MendOf& what_;
    std::string file_;
    std::string mended_;
    std::string reading_;
    std::string kept_;          ///< directory of the damaged files
    bool kept_before_ = false;  ///< a mend that broke off has made it
    Mended result_;
};

Result<Mended> Mending::run() {
    const auto mark = read_damage_mark(what_.directory);
    kept_before_ = mark && !mark->kept_in.empty();
    if (!file_exists(file_) && !kept_before_) return fail(Failure::not_found, "there is no ledger in " + what_.directory);
    // Not to be taken for damage.
    if (file_exists(file_) && ::euidaccess(file_.c_str(), R_OK | W_OK) != 0)
        return fail(Failure::io, file_ + " may not be read by this user: mend it as root, or as the user that dosariod runs as");
    auto lock = FileLock::take(what_.directory + "/ledger.lock");
    if (!lock) return lock.error();
    if (!kept_before_) {
        if (auto there = refuse_emptied(file_); !there) return there.error();
    }
    remove_scratch();
    const auto whole = is_whole();
    if (!whole) return whole.error();
    if (*whole) {
        if (auto removed = remove_damage_mark(what_.directory); !removed) return removed.error();
        return std::move(result_);
    }
    const auto mend = [&]() -> Result<void> {
        if (auto kept = keep_files(); !kept) return kept;
        if (auto built = build(); !built) return built;
        if (auto placed = put_in_place(); !placed) return placed;
        return remove_damage_mark(what_.directory);
    };
    if (auto mended = mend(); !mended) return mended.error();
    return std::move(result_);
}

/// Nothing is damaged, and no mend had begun. What is found goes into the result.
Result<bool> Mending::is_whole() {
    if (kept_before_) return false;
    if (const auto log = find_log_damage(file_ + "-wal")) {  // SQLite takes it for a log that ends there
        result_.faults.push_back(log->words());
        return false;
    }
    const bool has_log = file_exists(file_ + "-wal");
    auto db = Database::open(file_, OpenMode::existing);
    if (!db) return false;
    (*db)->leave_log(has_log);  // where it is missing SQLite makes an empty one, which would hide that
    const auto opened =
        (*db)->execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
    const auto version = (*db)->number("PRAGMA user_version");
    if (!opened || !version) return false;
    if (*version != kSchemaVersion)
        return fail(Failure::newer, "this ledger is of another version: start the dosariod that wrote it, or this one, once");
    Seq head = 0;
    Sha256 hash{};
    {
        auto last = (*db)->query("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1");
        if (last.row()) {
            head = natural(last, 0);
            hash = fixed<Sha256>(last.blob_view(1));
        }
    }
    (void)(*db)->take_failure();
    VerifyHow how;
    how.full = true;
    how.progress = what_.progress;
    const auto report = verify({**db, *what_.digest, head, hash}, how);
    if (!report) return report.error();
    for (const VerifyFinding& fault : report->faults) {
        if (result_.faults.size() == kMostShown) break;
        result_.faults.push_back((fault.seq == 0 ? "" : "entry " + std::to_string(fault.seq) + ": ") + fault.what);
    }
    return report->ok();
}

/// Step 1.
Result<void> Mending::keep_files() {
    auto mark = read_damage_mark(what_.directory).value_or(DamageMark{});
    if (mark.what.empty()) mark.what = result_.faults.empty() ? "the file cannot be opened" : result_.faults.front();
    for (int n = 1; mark.kept_in.empty(); ++n) {
        const std::string name = "damaged-" + std::to_string(n);
        if (::mkdir((what_.directory + "/" + name).c_str(), 0700) == 0) {
            kept_ = name;
            break;
        }
        if (errno != EEXIST || n == kMostTries)
            return fail(Failure::io, "no directory could be made beside the ledger for the damaged files: " +
                                         std::string{std::strerror(errno)});
    }
    if (!mark.kept_in.empty()) kept_ = mark.kept_in;
    result_.kept_in = what_.directory + "/" + kept_;
    // A mend that broke off has named them before it touched anything.
    if (mark.kept_in.empty()) {
        for (const char* suffix : {"", "-wal"}) {
            if (auto kept = keep_as(file_ + suffix, result_.kept_in + "/ledger.db" + suffix); !kept) return kept;
        }
    }
    if (auto synced = sync_to_disk(result_.kept_in); !synced) return synced;
    give_to_owner(what_.directory, result_.kept_in);
    mark.kept_in = kept_;
    return write_damage_mark(what_.directory, mark, true);
}

/// The damaged file as it is; a copy where something can be put right: one bit of the log, the first page.
Result<std::unique_ptr<Salvage>> Mending::open_kept() {
    const std::string kept = result_.kept_in + "/ledger.db";
    const auto log = find_log_damage(kept + "-wal");
    auto salvage = log && log->bit ? open_copy(log, false) : Salvage::start(kept, mended_, *what_.digest);
    if (!salvage && salvage.error().failure == Failure::damaged) {
        const std::string unread = salvage.error().message;
        salvage = open_copy(log, true);
        if (salvage) result_.faults.insert(result_.faults.begin(), "the first page of the file cannot be read: " + unread);
    }
    if (salvage && log && !log->bit) (*salvage)->lost_end(log->words());
    return salvage;
}

Result<std::unique_ptr<Salvage>> Mending::open_copy(const std::optional<LogDamage>& log, bool first_page) {
    const std::string kept = result_.kept_in + "/ledger.db";
    remove_scratch();
    if (auto copied = copy_file(kept, reading_); !copied) return copied.error();
    if (file_exists(kept + "-wal")) {
        if (auto copied = copy_file(kept + "-wal", reading_ + "-wal"); !copied) return copied.error();
    }
    if (log && log->bit) {
        if (auto turned = mend_log(reading_ + "-wal", *log->bit); !turned) return turned.error();
    }
    if (first_page) {
        if (auto given = give_first_page(reading_, mended_); !given) return given.error();
        ::unlink(mended_.c_str());
    }
    return Salvage::start(reading_, mended_, *what_.digest);
}

/// Nothing can be made of the kept files: what is put in their place is judged by itself the next time.
void Mending::forget_kept() {
    auto mark = read_damage_mark(what_.directory);
    if (!mark || kept_before_) return;
    mark->kept_in.clear();
    (void)write_damage_mark(what_.directory, *mark, true);
}

Result<void> Mending::build() {
    auto built = build_anew();
    if (!built && built.error().failure == Failure::damaged) forget_kept();
    return built;
}

/// Step 2.
Result<void> Mending::build_anew() {
    auto salvage = open_kept();
    if (!salvage) return salvage.error();
    Database& db = (*salvage)->database();
    if (what_.progress) what_.progress({"mending", 0, 1});
    auto carried = (*salvage)->carry_over();
    if (!carried) return carried.error();
    result_.salvaged = std::move(*carried);
    const Salvaged& found = result_.salvaged;
    result_.what = found.why.empty() ? Mended::What::lists : Mended::What::entries;
    if (result_.what == Mended::What::entries) {
        const std::string why = "entries after " + std::to_string(found.kept) + " were damaged on this disk";
        if (auto owed = set_meta(db, kMetaBranchDue, why); !owed) return owed;
    }
    if (auto released = (*salvage)->let_go(); !released) return released;
    VerifyHow how;
    how.full = true;
    how.progress = what_.progress;
    const auto report = verify({db, *what_.digest, found.kept, found.head}, how);
    if (!report) return report.error();
    if (!report->ok())
        return fail(
            Failure::damaged,
            "what could be read does not make a whole ledger (" + report->faults.front().what +
                "): nothing was changed; move ledger.db and ledger.db-wal away and restore the last backup (`dosario restore`)");
    salvage->reset();
    ::chmod(mended_.c_str(), 0600);
    give_to_owner(what_.directory, mended_);
    return sync_to_disk(mended_);
}

/// Step 3. The old write-ahead log must never meet the new file.
Result<void> Mending::put_in_place() {
    if (::unlink((file_ + "-wal").c_str()) != 0 && errno != ENOENT)
        return fail(Failure::io, "ledger.db-wal could not be moved away: " + std::string{std::strerror(errno)});
    if (auto synced = sync_to_disk(what_.directory); !synced) return synced;
    if (std::rename(mended_.c_str(), file_.c_str()) != 0)
        return fail(Failure::io,
                    "the new file could not be put in place: " + std::string{std::strerror(errno)} + "; run mend again");
    return sync_to_disk(what_.directory);
}

void Mending::remove_scratch() const {
    for (const std::string& path : {mended_, reading_}) {
        for (const char* suffix : {"", "-wal", "-shm", "-journal"}) ::unlink((path + suffix).c_str());
    }
}

}  // namespace

Result<Mended> mend(const MendOf& what) { return Mending{what}.run(); }

}  // namespace dosario
