// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger.hpp"

#include "base/check.hpp"
#include "ledger/columns.hpp"
#include "ledger/meta.hpp"
#include "wire/fact_codec.hpp"

#include <boost/endian/conversion.hpp>

#include <algorithm>

namespace dosario {
namespace {

// The ways back are prepared before anything is decided: then they need no memory.
constexpr const char* kRollback = "ROLLBACK";
constexpr const char* kBackToDecision = "ROLLBACK TO decision";
constexpr const char* kReleaseDecision = "RELEASE decision";

/// A process that cannot leave its transaction ends, and with it the transaction.
void leave_transaction(Database& db) {
    if (!db.autocommit()) (void)db.repeat(kRollback);
    DOSARIO_CHECK(db.autocommit());
}

}  // namespace

Result<void> Ledger::begin() {
    at_begin_ = head();
    (void)db_->take_failure();  // of the group before: it has been told
    if (const auto prepared = db_->query(kRollback); prepared.failed()) return prepared.error();
    auto begun = db_->repeat("BEGIN IMMEDIATE");
    db_->hold_commits(begun.has_value());
    return begun;
}

Result<void> Ledger::savepoint() {
    at_savepoint_ = head();
    auto saved = db_->repeat("SAVEPOINT decision");
    for (const char* way : {kBackToDecision, kReleaseDecision}) {
        if (!saved) break;
        if (const auto prepared = db_->query(way); prepared.failed()) {
            saved = prepared.error();
            leave_transaction(*db_);
        }
    }
    return saved;
}

// A decision that is told as refused must not stay in the group: where it cannot be taken out alone the group goes with it.
Result<void> Ledger::keep() {
    auto kept = db_->repeat(kReleaseDecision);
    if (!kept) leave_transaction(*db_);
    return kept;
}

Result<void> Ledger::undo() {
    return_to(at_savepoint_);
    auto undone = db_->repeat(kBackToDecision);
    if (undone) undone = db_->repeat(kReleaseDecision);
    if (!undone) leave_transaction(*db_);
    return undone;
}

Result<void> Ledger::commit() {
    db_->hold_commits(false);
    auto done = db_->repeat("COMMIT");
    if (done) return done;
    rollback();
    if (done.error().failure != Failure::io) return done;
    if (overwrite_failed_group())
        return fail(Failure::io, "nothing of this was saved, what was saved before is intact; " + done.error().message);
    return fail(Failure::io,
                "the disk reports an error and whether this was saved is not certain: look at the last entries (dosario status)"
                " after the restart, before repeating it; " +
                    done.error().message);
}

/// All of the group may stand in the write-ahead log although its sync failed, and then the next start would find it. SQLite writes
/// its next transaction over it: so an empty one is written at once. From the first of its bytes on the checksums of what is left of
/// the group do not fit any more.
bool Ledger::overwrite_failed_group() {
    const auto version = db_->number("PRAGMA user_version");  // none yet, when the ledger was being made
    if (!version) return false;
    const std::string same = "PRAGMA user_version = " + std::to_string(*version);
    return db_->execute(same.c_str()).has_value();
}

void Ledger::rollback() {
    db_->hold_commits(false);
    leave_transaction(*db_);
    return_to(at_begin_);
}

void Ledger::return_to(const Head& before) {
    head_seq_ = before.seq;
    head_hash_ = before.hash;
    last_good_wall_ = before.good_wall;
    branch_ = before.branch;
    boot_ = before.boot;
    last_decided_on_ = before.decided_on;
    branch_due_ = before.branch_due;
}

Result<void> Ledger::owe_branch(std::string_view why) {
    if (damage_) return *damage_;
    branch_due_ = why;
    return set_meta(*db_, kMetaBranchDue, why);
}

Result<void> Ledger::begin_owed_branch() {
    if (!branch_due_) return {};
    if (auto forked = fork_after(head_seq_, *branch_due_); !forked) return forked;
    branch_due_.reset();
    return erase_meta(*db_, kMetaBranchDue);
}

Result<Seq> Ledger::append(const SignedFact& fact, const Stamp& stamp) {
    if (damage_) return *damage_;
    if (auto begun = begin_owed_branch(); !begun) return begun.error();
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

Result<std::optional<Bytes>> Ledger::reply_to(std::string_view request_id) const {
    auto query = db_->query("SELECT reply FROM request WHERE request_id = ?");
    query.bind(request_id);
    if (query.row()) return std::optional{query.blob(0)};
    if (query.failed()) return query.error();
    return std::optional<Bytes>{};
}

Result<void> Ledger::keep_reply(std::string_view request_id, ByteView reply, UtcTime now) {
    if (damage_) return *damage_;
    constexpr std::int64_t kKeptFor_us = 7LL * 24 * 3600 * 1'000'000;
    const std::int64_t now_us = sql(now);
    constexpr std::uint64_t kPruneEvery = 256;  // the table is small, and has no index by time
    if (replies_kept_++ % kPruneEvery == 0) {
        // The last ones stay whatever the clock says: it may have been set meanwhile.
        auto prune = db_->query(
            "DELETE FROM request WHERE wall_us < ? AND request_id NOT IN (SELECT request_id FROM request ORDER BY wall_us DESC LIMIT 4096)");
        if (auto pruned = prune.bind(now_us - kKeptFor_us).run(); !pruned) return pruned;
    }
    auto keep = db_->query("INSERT OR REPLACE INTO request VALUES (?1, ?2, ?3, seal('request', ?1, ?2, ?3))");
    return keep.bind(request_id).bind(now_us).bind(reply).run();
}

}  // namespace dosario
