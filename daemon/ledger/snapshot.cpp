// SPDX-License-Identifier: Apache-2.0
#include "ledger/snapshot.hpp"

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
    auto copy = LedgerCopy::start(ledger, partial(path));
    if (!copy) {
        return fail(copy.error().failure,
                    "the snapshot cannot be written to " + path + ": check the folder and its rights; the ledger is untouched");
    }
    ::chmod(partial(path).c_str(), 0600);
    return std::unique_ptr<Snapshot>{new Snapshot{path, std::move(*copy)}};
}

Snapshot::~Snapshot() {
    if (copy_ == nullptr) return;
    copy_.reset();
    ::unlink(partial(path_).c_str());
}

Result<bool> Snapshot::step(int pages) {
    auto more = copy_->step(pages);
    if (!more || *more) return more;
    entries_ = copy_->head_seq();
    if (auto finished = finish(); !finished) return finished.error();
    return false;
}

Result<void> Snapshot::finish() {
    copy_->take().reset();
    if (auto synced = sync_file(partial(path_)); !synced) return synced;
    struct stat made {};
    if (stat(partial(path_).c_str(), &made) == 0) bytes_ = static_cast<std::uint64_t>(made.st_size);
    if (std::rename(partial(path_).c_str(), path_.c_str()) != 0) {
        return fail(Failure::io, "the snapshot could not be given its name " + path_ + ": " + std::strerror(errno));
    }
    copy_.reset();
    return {};
}

}  // namespace dosario
