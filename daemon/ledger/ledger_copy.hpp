// SPDX-License-Identifier: Apache-2.0
// A copy of the whole ledger in another SQLite database, made page by page while entries are written, and consistent at its end.
#pragma once

#include "ledger/ledger.hpp"

struct sqlite3_backup;

namespace dosario {

class LedgerCopy {
public:
    /// Into the file at `path`; an empty path is a temporary file without name, which goes with its database. The ledger outlives
    /// this. `vfs`: as in LedgerOpening, for the copy.
    static Result<std::unique_ptr<LedgerCopy>> start(Ledger& ledger, const std::string& path, const char* vfs = nullptr);
    ~LedgerCopy();
    LedgerCopy(const LedgerCopy&) = delete;
    LedgerCopy& operator=(const LedgerCopy&) = delete;

    /// Copies up to `pages` of 4 KiB more; false when the copy is complete. After a failure there is none.
    Result<bool> step(int pages);

    /// How far it is, in pages; 0 of 0 before the first step.
    std::uint64_t pages_copied() const;
    std::uint64_t pages() const;

    /// Of a complete copy: its last entry as the ledger knows it, and the database itself, for any thread.
    Seq head_seq() const { return head_seq_; }
    const Sha256& head_hash() const { return head_hash_; }
    std::unique_ptr<Database> take() { return std::move(copy_); }

private:
    LedgerCopy(Ledger& ledger, std::unique_ptr<Database> copy, sqlite3_backup* backup)
        : ledger_(ledger), copy_(std::move(copy)), backup_(backup) {}

    Ledger& ledger_;
    std::unique_ptr<Database> copy_;
    sqlite3_backup* backup_;
    Seq head_seq_ = 0;
    Sha256 head_hash_{};
};

}  // namespace dosario
