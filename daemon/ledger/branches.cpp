// SPDX-License-Identifier: Apache-2.0
// The half of the ledger that the uplink needs: branches, and entries that come back.
#include "ledger/columns.hpp"
#include "ledger/ledger.hpp"
#include "wire/fact_codec.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::int64_t kMostClockSamples = 256;

}  // namespace

Result<LedgerTail> Ledger::tail() const {
    LedgerTail tail{id_, {}, head_hash_, boot_};
    auto query = db_->query("SELECT branch_id, starts_after, parent_hash FROM branch ORDER BY starts_after, n");
    while (query.row()) {
        const auto starts_after = static_cast<Seq>(query.number(1));
        if (!tail.branches.empty()) tail.branches.back().end = starts_after;
        tail.branches.push_back(
            {fixed<BranchId>(query.blob_view(0)), starts_after, head_seq_, fixed<Sha256>(query.blob_view(2))});
    }
    if (query.failed()) return query.error();
    return tail;
}

Result<std::vector<Sha256>> Ledger::hashes_at(std::span<const Seq> seqs) const {
    std::vector<Sha256> hashes;
    for (const Seq seq : seqs) {
        hashes.emplace_back();
        if (seq == 0) continue;
        auto query = db_->query("SELECT hash FROM event WHERE seq = ?");
        query.bind(sql(seq));
        if (!query.row())
            return query.failed() ? query.error() : fail(Failure::not_found, "there is no entry " + std::to_string(seq));
        hashes.back() = fixed<Sha256>(query.blob_view(0));
    }
    return hashes;
}

Result<void> Ledger::fork_after(Seq after, std::string_view why) {
    if (damage_) return *damage_;
    const auto parent = hashes_at({&after, 1});
    if (!parent) return parent.error();
    BranchId branch;
    entropy_->fill(branch);
    auto insert = db_->query(
        "INSERT INTO branch SELECT n, ?1, ?2, ?3, ?4, seal('branch', n, ?1, ?2, ?3, ?4) FROM (SELECT max(n) + 1 AS n FROM branch)");
    if (auto inserted = insert.bind(sql(after)).bind(ByteView{branch}).bind(ByteView{parent->front()}).bind(why).run(); !inserted)
        return inserted;
    auto last = db_->query("SELECT branch_id FROM branch ORDER BY starts_after DESC, n DESC LIMIT 1");
    if (!last.row()) return last.error();
    branch_ = to_hex(last.blob_view(0));
    return {};
}

Result<void> Ledger::restore(std::span<const Entry> entries, const Stamp& now) {
    if (damage_) return *damage_;
    std::int64_t last_boot = 0;
    for (const Entry& entry : entries) {
        if (entry.header.seq != head_seq_ + 1 || !follows(*digest_, id_, head_hash_, entry))
            return fail(Failure::refused,
                        "the collector's entry " + std::to_string(entry.header.seq) + " does not follow from ours");
        const auto fact = decode_fact(entry.body);
        if (!fact)
            return fail(fact.error().failure == Failure::newer ? Failure::newer : Failure::invalid,
                        "the collector's entry " + std::to_string(entry.header.seq) + ": " + fact.error().message);
        // Of the runs between the copy and its loss nothing is known but their numbers.
        if (auto known = know_restored_boot(*db_, entry.header); !known) return known;
        last_boot = std::max(last_boot, entry.header.boot);
        if (auto inserted = insert(entry, *fact); !inserted) return inserted;
    }
    // Our own run took a number that one of those had: from here on it has another.
    return last_boot >= boot_ ? start_boot(now.wall) : Result<void>{};
}

Result<void> Ledger::keep_acked(const BranchId& branch, Seq seq, const Sha256& hash, UtcTime now) {
    if (damage_) return *damage_;
    auto keep = db_->query("INSERT OR REPLACE INTO acked SELECT n, ?, ?, ? FROM branch WHERE branch_id = ?");
    return keep.bind(sql(seq)).bind(ByteView{hash}).bind(sql(now)).bind(ByteView{branch}).run();
}

Result<std::uint64_t> Ledger::unacknowledged() const {
    auto query = db_->query(
        "SELECT branch.starts_after, coalesce(acked.seq, 0) FROM branch LEFT JOIN acked ON acked.branch = branch.n"
        " ORDER BY branch.starts_after DESC, branch.n DESC");
    std::uint64_t unknown = 0;
    Seq end = head_seq_;
    while (query.row()) {
        const auto starts_after = static_cast<Seq>(query.number(0));
        unknown += end - std::clamp(static_cast<Seq>(query.number(1)), starts_after, end);
        end = starts_after;
    }
    if (query.failed()) return query.error();
    return unknown;
}

Result<void> Ledger::keep_clock_sample(std::int64_t boot, MonoTime mono, UtcTime wall, UtcTime collector, Micros rtt) {
    if (damage_) return *damage_;
    auto keep = db_->query("INSERT INTO clock_sample VALUES (?, ?, ?, ?, ?)");
    keep.bind(boot).bind(mono.time_since_epoch().count()).bind(sql(wall));
    if (auto kept = keep.bind(sql(collector)).bind(rtt.count()).run(); !kept) return kept;
    auto prune = db_->query("DELETE FROM clock_sample WHERE rowid <= (SELECT max(rowid) FROM clock_sample) - ?");
    return prune.bind(kMostClockSamples).run();
}

}  // namespace dosario
