// SPDX-License-Identifier: Apache-2.0
// The store in one SQLite file, collector.db. One process, one connection, one thread.
#pragma once

#include "base/clock.hpp"
#include "collector/store.hpp"
#include "collector/projection.hpp"
#include "ledger/file_lock.hpp"
#include "ledger/sqlite.hpp"

#include <functional>
#include <memory>

namespace dosario {

class SqliteStore final : public Store {
public:
    /// Makes the file if `create`. Failures: unavailable (another process has it), newer, damaged, not_found, io.
    static Result<std::unique_ptr<SqliteStore>> open(const std::string& directory, bool create, const char* vfs = nullptr);

    Result<void> begin() override;
    Result<void> commit() override;
    void rollback() override;
    Result<SessionStart> begin_session(const SessionWanted& wanted, UtcTime now) override;
    Result<AppendOutcome> append(const Append& entries) override;
    Result<std::vector<std::optional<Sha256>>> hashes(const LedgerId& ledger, const BranchId& branch,
                                                      std::span<const Seq> seqs) override;
    Result<std::vector<Entry>> entries(const LedgerId& ledger, const BranchId& branch, Seq after, std::size_t limit,
                                       std::size_t bytes) override;
    Result<void> keep_clock(const StationClock& clock) override;
    Result<void> seen(const LedgerId& ledger, UtcTime at) override;
    Result<bool> project(std::size_t limit) override;
    Result<void> rest() override;

    /// Throws the projections away; project() makes them again from the first entry.
    Result<void> forget_projections();
    Database& database() { return *db_; }

private:
    SqliteStore(std::unique_ptr<FileLock> lock, std::unique_ptr<Database> database)
        : lock_(std::move(lock)), db_(std::move(database)), projection_(*db_) {}
    Result<void> set_up(bool create);
    Result<void> follow_version();
    std::optional<std::int64_t> ledger_id(const LedgerId& ledger);
    struct BranchRow {
        std::int64_t id = 0;
        Seq starts_after = 0;
        Sha256 parent_hash{};
        Seq head_seq = 0;
        Sha256 head_hash{};
    };
    std::optional<BranchRow> branch_row(std::int64_t ledger, const BranchId& branch);
    std::optional<Sha256> hash_at(const BranchRow& branch, Seq seq);
    Result<std::optional<BranchRow>> grow_branch(std::int64_t ledger, const BranchSpan& span);

    std::unique_ptr<FileLock> lock_;
    std::unique_ptr<Database> db_;
    StoreProjection projection_;
};

}  // namespace dosario
