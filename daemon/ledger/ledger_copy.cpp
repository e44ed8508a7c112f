// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger_copy.hpp"

#include <sqlite3.h>

namespace dosario {

Result<std::unique_ptr<LedgerCopy>> LedgerCopy::start(Ledger& ledger, const std::string& path, const char* vfs) {
    auto copy = Database::open(path, OpenMode::create, vfs);
    if (!copy) return copy.error();
    if (auto set = (*copy)->execute(kForScratch); !set) return set.error();
    sqlite3_backup* backup = sqlite3_backup_init((*copy)->handle(), "main", ledger.database().handle(), "main");
    if (backup == nullptr)
        return Database::explain(sqlite3_extended_errcode((*copy)->handle()), sqlite3_errmsg((*copy)->handle()));
    return std::unique_ptr<LedgerCopy>{new LedgerCopy{ledger, std::move(*copy), backup}};
}

LedgerCopy::~LedgerCopy() {
    if (backup_ != nullptr) sqlite3_backup_finish(backup_);
}

std::uint64_t LedgerCopy::pages() const {
    return backup_ == nullptr ? 0 : static_cast<std::uint64_t>(sqlite3_backup_pagecount(backup_));
}

std::uint64_t LedgerCopy::pages_copied() const {
    return backup_ == nullptr ? 0 : pages() - static_cast<std::uint64_t>(sqlite3_backup_remaining(backup_));
}

Result<bool> LedgerCopy::step(int pages) {
    const int code = sqlite3_backup_step(backup_, pages);
    if (code == SQLITE_OK) return true;
    head_seq_ = ledger_.head_seq();
    head_hash_ = ledger_.head_hash();
    const int finished = sqlite3_backup_finish(std::exchange(backup_, nullptr));
    const int failed = code != SQLITE_DONE ? code : finished;
    if (failed != SQLITE_OK) return Database::explain(failed, "while copying the ledger; the ledger itself is untouched");
    // The copy says WAL in its header, as the ledger does: make it a plain file that can be read anywhere.
    if (auto plain = copy_->execute("PRAGMA journal_mode = DELETE"); !plain) return plain.error();
    return false;
}

}  // namespace dosario
