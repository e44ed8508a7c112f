// SPDX-License-Identifier: Apache-2.0
// A copy of the ledger as one plain SQLite file, consistent while scans go on, for reports and for people with a SQL tool.
#pragma once

#include "ledger/ledger_copy.hpp"

#include <string>

namespace dosario {

class Snapshot {
public:
    /// Writes beside `path` and renames at the end; an existing file is refused. The ledger outlives the snapshot.
    static Result<std::unique_ptr<Snapshot>> start(Ledger& ledger, const std::string& path);
    ~Snapshot();
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

    /// Copies up to `pages` of 4 KiB more; false when the file stands complete under its name.
    Result<bool> step(int pages);
    std::uint64_t bytes() const { return bytes_; }
    Seq entries() const { return entries_; }

private:
    Snapshot(std::string path, std::unique_ptr<LedgerCopy> copy) : path_(std::move(path)), copy_(std::move(copy)) {}
    Result<void> finish();

    std::string path_;
    std::unique_ptr<LedgerCopy> copy_;  ///< null when it stands under its name
    std::uint64_t bytes_ = 0;
    Seq entries_ = 0;
};

}  // namespace dosario
