// SPDX-License-Identifier: Apache-2.0
// A copy of the ledger as one plain SQLite file, consistent while scans go on, for reports and for people with a SQL tool.
#pragma once

#include "ledger/ledger_copy.hpp"

#include <chrono>
#include <string>

namespace dosario {

class Snapshot {
public:
    /// This much of a disk is left free: a copy must not be why the counter stops.
    static constexpr std::uint64_t kReserve_bytes = 256ULL << 20;

    /// Writes beside `path` and renames at the end; an existing file is refused, and a disk without room for the copy and the reserve
    /// (full). The ledger outlives the snapshot.
    static Result<std::unique_ptr<Snapshot>> start(Ledger& ledger, const std::string& path);
    ~Snapshot();
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

    /// Copies up to `pages` of 4 KiB more; false when the file stands complete under its name.
    Result<bool> step(int pages);
    /// What the copy will have; known after the first step.
    std::uint64_t bytes_expected() const;
    std::uint64_t bytes() const { return bytes_; }
    Seq entries() const { return entries_; }
    /// Of 4 KiB, while there is more to copy.
    std::uint64_t copied_pages() const { return copy_->pages_copied(); }
    std::uint64_t all_pages() const { return copy_->pages(); }

private:
    Snapshot(std::string path, std::unique_ptr<LedgerCopy> copy) : path_(std::move(path)), copy_(std::move(copy)) {}
    Result<void> finish();

    std::string path_;
    std::unique_ptr<LedgerCopy> copy_;  ///< null when it stands under its name
    std::uint64_t bytes_ = 0;
    Seq entries_ = 0;
};

struct SnapshotEstimate {
    std::uint64_t bytes = 0;
    std::uint64_t free_bytes = 0;  ///< of the disk that `path` is on
    std::chrono::seconds takes{0};
};

/// Writes a few slices of `pages`, measures, and takes them away again. Errors as Snapshot::start().
Result<SnapshotEstimate> estimate_snapshot(Ledger& ledger, const std::string& path, int pages);

}  // namespace dosario
