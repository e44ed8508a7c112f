// SPDX-License-Identifier: Apache-2.0
// The ledger file: append facts, read them back, answer as Stock. One process, one connection, one thread. Nothing counts as
// written before commit() returned; everything appended in one group is there together or not at all.
#pragma once

#include "base/clock.hpp"
#include "ledger/entries.hpp"
#include "ledger/file_lock.hpp"
#include "ledger/log_check.hpp"
#include "ledger/projection.hpp"
#include "ledger/stock_view.hpp"
#include "wire/branches.hpp"

#include <memory>
#include <optional>
#include <map>
#include <string>
#include <vector>

namespace dosario {

/// When an entry was written, by both clocks.
struct Stamp {
    UtcTime wall{};
    MonoTime mono{};
    bool clock_suspect = false;
};

/// What a ledger is opened with. The referenced objects outlive it.
struct LedgerOpening {
    std::string directory;  ///< holds ledger.db and ledger.lock
    bool create = true;     ///< make the file if there is none
    bool append = true;     ///< a daemon that will write entries; false: read, verify, rebuild
    const Digest* digest = nullptr;
    Entropy* entropy = nullptr;
    Stamp now;
    std::string build;          ///< version, for the boot row
    const char* vfs = nullptr;  ///< SQLite VFS, null = the system's
};

/// How something that is done for the ledger ended; `detail` is empty when it went well.
struct Upkeep {
    UtcTime at{};
    bool good = false;
    std::string detail;
};
inline constexpr std::string_view kVerified = "verify";

class Ledger {
public:
    /// Takes the directory for this process (ledger.lock), checks format, schema and the durability settings as read back.
    /// Failures: unavailable (another process has it), newer, damaged, io, not_found (create is false and there is none).
    static Result<std::unique_ptr<Ledger>> open(const LedgerOpening& opening);
    ~Ledger();
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;

    /// Of the last entries so many are checked before the first scan.
    static constexpr std::size_t kCheckedAtStart = 1000;
    /// Why this ledger is only read, if it is: its end is not whole, or damage_mark.hpp says so. Then whatever writes refuses with this.
    const std::optional<Error>& damage() const { return damage_; }
    /// It was found without its write-ahead log: copied without it, or somebody deleted it. Entries may be missing at its end.
    bool lost_log() const { return lost_log_; }

    /// A group: begin, then for each decision savepoint … keep or undo, then commit.
    Result<void> begin();
    Result<void> savepoint();
    Result<void> keep();
    Result<void> undo();
    /// Durable when it returns well. After a failure nothing of the group is written, and the group is over; after an I/O error the
    /// process must end. When the error says "not certain", the disk took nothing any more after the failed group, and the next start
    /// shows whether it kept it: all of it or nothing.
    Result<void> commit();
    void rollback();
    /// False when SQLite ended the group by itself (a full disk, an I/O error).
    bool in_group() const { return !db_->autocommit(); }

    /// Appends in the current group; its entry number on success. Refused when a rule forbids it; then undo the savepoint.
    Result<Seq> append(const SignedFact& fact, const Stamp& stamp);
    /// The next entry of our own begins a branch: entries after the head were lost here, and others may have them. Those that come
    /// back by restore() still belong to the branch before. In the current group.
    Result<void> owe_branch(std::string_view why);
    bool owes_branch() const { return branch_due_.has_value(); }
    /// Who had it before did not close it: a power cut, a kill, a disk that failed.
    bool was_left_open() const { return left_open_; }

    /// The write-ahead log was damaged when it was found: saved groups may be missing at the end. One wrong bit was turned back, where
    /// the ledger was opened to append; of anything else ledger.db-wal.damaged is a copy then.
    const std::optional<LogDamage>& log_damage() const { return log_damage_; }
    bool log_was_mended() const { return log_mended_; }

    const Stock& stock() const { return stock_; }
    Database& database() { return *db_; }
    const Digest& digest() const { return *digest_; }

    const LedgerId& id() const { return id_; }
    Seq head_seq() const { return head_seq_; }
    const Sha256& head_hash() const { return head_hash_; }
    /// The branch that entries are written to now, 8 bytes as hex.
    const std::string& branch() const { return branch_; }
    /// The latest wall clock of an entry whose clock was good; nothing in an empty ledger.
    std::optional<UtcTime> last_good_wall() const { return last_good_wall_; }
    /// The day that the last entry was decided for; nothing in an empty ledger.
    std::optional<Date> last_decided_on() const { return last_decided_on_; }

    /// Entries after that number, oldest first, at most `limit`.
    Result<std::vector<Entry>> entries_after(Seq after, std::size_t limit) const;
    Result<SignedFact> fact(Seq seq) const;

    /// The same, but no more than `bytes` of bodies (one entry at least, if there is one).
    Result<std::vector<Entry>> entries_after(Seq after, std::size_t limit, std::size_t bytes) const;

    // For the uplink (branches.cpp). What writes does so in the current group, and is undone with it.
    Result<LedgerTail> tail() const;
    /// The hashes at these entries; zeros at 0.
    Result<std::vector<Sha256>> hashes_at(std::span<const Seq> seqs) const;
    /// A branch of its own for everything after that entry.
    Result<void> fork_after(Seq after, std::string_view why);
    /// Entries that this ledger had before it was restored from an older copy: appended as they are. Refused unless they follow from
    /// the head and their facts fold.
    Result<void> restore(std::span<const Entry> entries, const Stamp& now);
    /// Hints, for people: what the collector has, and how far its clock is from ours.
    Result<void> keep_acked(const BranchId& branch, Seq seq, const Sha256& hash, UtcTime now);
    Result<void> keep_clock_sample(std::int64_t boot, MonoTime mono, UtcTime wall, UtcTime collector, Micros rtt);
    /// Entries that the collector is not known to have, by keep_acked.
    Result<std::uint64_t> unacknowledged() const;
    std::int64_t boot() const { return boot_; }

    /// Replies kept for retried requests; nothing for a request that recorded nothing.
    Result<std::optional<Bytes>> reply_to(std::string_view request_id) const;
    Result<void> keep_reply(std::string_view request_id, ByteView reply, UtcTime now);

    /// Moves the write-ahead log into the database file, when there is nothing else to do.
    Result<void> checkpoint();
    /// The same, and gives the log's room back to the disk.
    Result<void> cut_log();

    /// When something was done for the ledger last: a hint, for people. Writing is in the current group.
    Result<void> keep_upkeep(std::string_view what, const Upkeep& how);
    Result<std::optional<Upkeep>> upkeep(std::string_view what) const;
    /// All whose `what` begins so: the rest of it, and what is kept.
    Result<std::map<std::string, Upkeep>> upkeep_of(std::string_view prefix) const;
    Result<void> drop_upkeep(std::string_view what);

private:
    Ledger(std::unique_ptr<FileLock> lock, std::unique_ptr<Database> database, const LedgerOpening& opening);
    bool overwrite_failed_group();
    static Result<void> set_up(Database& database);
    Result<void> read_or_create(const LedgerOpening& opening);
    Result<void> create(const LedgerOpening& opening);
    Result<void> read_head();
    Result<void> start_boot(UtcTime now);
    Result<void> take_into_use(UtcTime now);
    Result<void> owe_lost_log(bool log_exists);
    Result<void> check_end();
    void heed_mark(const std::string& directory);
    void only_read(const std::string& what);
    Result<void> begin_owed_branch();
    Result<void> insert(const Entry& entry, const SignedFact& fact);

    std::unique_ptr<FileLock> lock_;
    std::unique_ptr<Database> db_;
    const Digest* digest_;
    Entropy* entropy_;
    Projection projection_;
    StockView stock_;
    std::optional<LogDamage> log_damage_;
    bool log_mended_ = false;
    LedgerId id_{};
    std::string branch_;
    std::string build_;
    std::int64_t boot_ = 0;
    Seq head_seq_ = 0;
    Sha256 head_hash_{};
    std::optional<UtcTime> last_good_wall_;
    std::optional<Date> last_decided_on_;
    std::uint64_t replies_kept_ = 0;
    std::optional<std::string> branch_due_;
    std::optional<Error> damage_;
    bool lost_log_ = false;
    bool in_use_ = false;
    bool left_open_ = false;
    // As they were at begin() and at savepoint(), to return to.
    struct Head {
        Seq seq;
        Sha256 hash;
        std::optional<UtcTime> good_wall;
        std::optional<Date> decided_on;
        std::string branch;
        std::int64_t boot;
        std::optional<std::string> branch_due;
    };
    Head head() const { return {head_seq_, head_hash_, last_good_wall_, last_decided_on_, branch_, boot_, branch_due_}; }
    void return_to(const Head& head);
    Head at_begin_{};
    Head at_savepoint_{};
};

}  // namespace dosario
