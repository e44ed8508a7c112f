// SPDX-License-Identifier: Apache-2.0
#include "ledger/snapshot.hpp"

#include "ledger/files.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace dosario {
namespace {

constexpr std::uint64_t kPage_bytes = 4096;

std::string partial(const std::string& path) { return path + ".partial"; }

Result<std::uint64_t> ledger_bytes(Ledger& ledger) {
    const auto pages = ledger.database().number("PRAGMA page_count");
    if (!pages) return pages.error();
    return static_cast<std::uint64_t>(*pages) * kPage_bytes;
}

/// Of the folder that the file is to lie in; nothing when it cannot be known.
std::optional<std::uint64_t> free_bytes(const std::string& path) {
    struct statvfs space {};
    if (statvfs(path.substr(0, path.rfind('/') + 1).c_str(), &space) != 0) return std::nullopt;
    return std::uint64_t{space.f_bavail} * space.f_frsize;
}

std::string mebibytes(std::uint64_t bytes) { return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB"; }

Result<void> sync(const std::string& path) {
    if (auto synced = sync_to_disk(path); !synced)
        return fail(Failure::io, "the snapshot is not on the disk: " + synced.error().message + "; the ledger is untouched");
    return {};
}

}  // namespace

Result<std::unique_ptr<Snapshot>> Snapshot::start(Ledger& ledger, const std::string& path) {
    struct stat found {};
    if (path.empty() || path.front() != '/')
        return fail(Failure::invalid, "a snapshot needs the whole path of a new file, beginning with /");
    if (stat(path.c_str(), &found) == 0) return fail(Failure::invalid, path + " exists already: name a new file");
    const auto wanted = ledger_bytes(ledger);
    if (!wanted) return wanted.error();
    if (const auto free = free_bytes(path); free && *free < *wanted + kReserve_bytes) {
        return fail(Failure::full, "the copy needs " + mebibytes(*wanted) + " and 256 MiB must stay free, but only " +
                                       mebibytes(*free) + " are free on the disk of " + path +
                                       ": name another disk; the ledger is untouched");
    }
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

std::uint64_t Snapshot::bytes_expected() const { return copy_ == nullptr ? bytes_ : copy_->pages() * kPage_bytes; }

Result<SnapshotEstimate> estimate_snapshot(Ledger& ledger, const std::string& path, int pages) {
    constexpr int kSlices = 16;
    auto copy = Snapshot::start(ledger, path);
    if (!copy) return copy.error();
    const auto bytes = ledger_bytes(ledger);
    if (!bytes) return bytes.error();
    SnapshotEstimate estimate{*bytes, free_bytes(path).value_or(0), {}};
    const auto began = std::chrono::steady_clock::now();
    std::uint64_t copied = 0;
    // The last slice would finish it, and give it its name.
    for (int slice = 0; slice < kSlices && copied + static_cast<std::uint64_t>(pages) < *bytes / kPage_bytes; ++slice) {
        if (const auto more = (*copy)->step(pages); !more) return more.error();
        copied += static_cast<std::uint64_t>(pages);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    const double all = copied == 0 ? 0 : took.count() * static_cast<double>(*bytes / kPage_bytes) / static_cast<double>(copied);
    estimate.takes = std::chrono::ceil<std::chrono::seconds>(std::chrono::duration<double>{all});
    return estimate;
}

Result<void> Snapshot::finish() {
    copy_->take().reset();
    if (auto synced = sync(partial(path_)); !synced) return synced;
    struct stat made {};
    if (stat(partial(path_).c_str(), &made) == 0) bytes_ = static_cast<std::uint64_t>(made.st_size);
    if (std::rename(partial(path_).c_str(), path_.c_str()) != 0) {
        return fail(Failure::io, "the snapshot could not be given its name " + path_ + ": " + std::strerror(errno));
    }
    copy_.reset();
    return sync(path_.substr(0, path_.rfind('/') + 1));  // its name too
}

}  // namespace dosario
