// SPDX-License-Identifier: Apache-2.0
#include "ledger/snapshot.hpp"

#include <sqlite3.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace dosario {
namespace {

std::string partial(const std::string& path) { return path + ".partial"; }

Result<void> sync_file(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool synced = descriptor >= 0 && fsync(descriptor) == 0;
    const int why = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (!synced)
        return fail(Failure::io, "the snapshot could not be written to the disk (" + std::string{std::strerror(why)} +
                                     "); the ledger is untouched");
    return {};
}

}  // namespace

Result<std::unique_ptr<Snapshot>> Snapshot::start(Ledger& ledger, const std::string& path) {
    struct stat found {};
    if (path.empty() || path.front() != '/')
        return fail(Failure::invalid, "a snapshot needs the whole path of a new file, beginning with /");
    if (stat(path.c_str(), &found) == 0) return fail(Failure::invalid, path + " exists already: name a new file");
    ::unlink(partial(path).c_str());
    auto copy = Database::open(partial(path), OpenMode::create);
    if (!copy) {
        return fail(copy.error().failure,
                    "the snapshot cannot be written to " + path + ": check the folder and its rights; the ledger is untouched");
    }
    ::chmod(partial(path).c_str(), 0600);
    if (auto set = (*copy)->execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF"); !set) return set.error();
    sqlite3_backup* backup = sqlite3_backup_init((*copy)->handle(), "main", ledger.database().handle(), "main");
    if (backup == nullptr)
        return Database::explain(sqlite3_extended_errcode((*copy)->handle()), sqlite3_errmsg((*copy)->handle()));
    return std::unique_ptr<Snapshot>{new Snapshot{ledger, path, std::move(*copy), backup}};
}

Snapshot::~Snapshot() {
    if (backup_ != nullptr) sqlite3_backup_finish(backup_);
    if (copy_ != nullptr) {
        copy_.reset();
        ::unlink(partial(path_).c_str());
    }
}

Result<bool> Snapshot::step(int pages) {
    const int code = sqlite3_backup_step(backup_, pages);
    if (code == SQLITE_OK) return true;
    entries_ = ledger_.head_seq();
    if (code != SQLITE_DONE) return Database::explain(code, "while copying the ledger; the ledger itself is untouched");
    if (auto finished = finish(); !finished) return finished.error();
    return false;
}

Result<void> Snapshot::finish() {
    const int code = sqlite3_backup_finish(std::exchange(backup_, nullptr));
    if (code != SQLITE_OK) return Database::explain(code, "while copying the ledger; the ledger itself is untouched");
    // The copy says WAL in its header, as the ledger does: make it a plain file that can be read anywhere.
    if (auto plain = copy_->execute("PRAGMA journal_mode = DELETE"); !plain) return plain;
    copy_.reset();
    if (auto synced = sync_file(partial(path_)); !synced) return synced;
    struct stat made {};
    if (stat(partial(path_).c_str(), &made) == 0) bytes_ = static_cast<std::uint64_t>(made.st_size);
    if (std::rename(partial(path_).c_str(), path_.c_str()) != 0) {
        return fail(Failure::io, "the snapshot could not be given its name " + path_ + ": " + std::strerror(errno));
    }
    return {};
}

}  // namespace dosario
