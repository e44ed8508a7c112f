// SPDX-License-Identifier: Apache-2.0
// The methods are those of https://www.sqlite.org/c3ref/io_methods.html and https://www.sqlite.org/c3ref/vfs.html.
#include "ledger/gathered_log.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace dosario {
namespace {

/// More than a scan's commit; a group of many goes in several writes. SQLite's own VFS takes less than 128 KiB at a time.
constexpr std::size_t kMostWaiting = 96 << 10;

/// The file grows by so much at once, of zeros. A commit that makes a file longer changes the file system's own records too, which are synced
/// with it: that costs as much again as the commit.
constexpr sqlite3_int64 kGrowsBy = 512 << 10;

/// A write-ahead log; the other VFS's own file lies behind it in memory.
struct OpenLog {
    sqlite3_file base;  ///< first: SQLite's pointer is to this
    std::string* waiting;
    sqlite3_int64 begins;  ///< where in the file what waits goes
    sqlite3_int64 size;    ///< of the file, as far as it is known: not more than it is

    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
    const sqlite3_io_methods& methods() { return *real()->pMethods; }
    /// What waits is written, or lost with the error: SQLite begins anew at the same place, or gives up.
    int write_waiting() {
        if (waiting->empty()) return SQLITE_OK;
        const int code = methods().xWrite(real(), waiting->data(), static_cast<int>(waiting->size()), begins);
        const sqlite3_int64 end = begins + static_cast<sqlite3_int64>(waiting->size());
        waiting->clear();
        if (code == SQLITE_OK && end > size) grow_behind(end);
        return code;
    }
    /// Zeros are no frames, and SQLite reads up to the first that is none. A disk without room for them has refused no commit.
    void grow_behind(sqlite3_int64 end) {
        static const std::string kZeros(64 << 10, '\0');
        size = end;
        if (methods().xFileSize(real(), &size) != SQLITE_OK || size > end) return;  // it was longer than was known
        const sqlite3_int64 goal = (end / kGrowsBy + 1) * kGrowsBy;
        while (size < goal) {
            const auto some = static_cast<int>(std::min<sqlite3_int64>(goal - size, static_cast<sqlite3_int64>(kZeros.size())));
            if (methods().xWrite(real(), kZeros.data(), some, size) != SQLITE_OK) return;
            size += some;
        }
    }
};

OpenLog& log_of(sqlite3_file* file) { return *reinterpret_cast<OpenLog*>(file); }

int close_log(sqlite3_file* file) {
    OpenLog& log = log_of(file);
    const int written = log.write_waiting();
    const int code = log.methods().xClose(log.real());
    delete log.waiting;
    return written != SQLITE_OK ? written : code;
}

int write_log(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
    OpenLog& log = log_of(file);
    const bool follows = at == log.begins + static_cast<sqlite3_int64>(log.waiting->size());
    if (!follows || log.waiting->size() + static_cast<std::size_t>(size) > kMostWaiting) {
        if (const int code = log.write_waiting(); code != SQLITE_OK) return code;
    }
    if (log.waiting->empty()) log.begins = at;
    log.waiting->append(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
    return SQLITE_OK;
}

/// What waits is read where it is. To write it here would be to fail here when the disk does, and SQLite takes only a write or a sync
/// that failed for the end of its transaction: it would go on, and commit over what was lost.
int read_log(sqlite3_file* file, void* out, int size, sqlite3_int64 at) {
    OpenLog& log = log_of(file);
    const sqlite3_int64 ends = log.begins + static_cast<sqlite3_int64>(log.waiting->size());
    if (at >= log.begins && at + size <= ends) {
        std::memcpy(out, log.waiting->data() + (at - log.begins), static_cast<std::size_t>(size));
        return SQLITE_OK;
    }
    if (at < ends && at + size > log.begins) {  // in part: SQLite does so only while it writes
        if (const int code = log.write_waiting(); code != SQLITE_OK) return code;
    }
    return log.methods().xRead(log.real(), out, size, at);
}

/// A method of the other VFS's file, after what waits.
template <auto Method, class... Arguments>
int then(sqlite3_file* file, Arguments... arguments) {
    OpenLog& log = log_of(file);
    if (const int code = log.write_waiting(); code != SQLITE_OK) return code;
    return (log.methods().*Method)(log.real(), arguments...);
}

/// A method that does not look at the file's bytes.
template <auto Method, class... Arguments>
int same(sqlite3_file* file, Arguments... arguments) {
    OpenLog& log = log_of(file);
    return (log.methods().*Method)(log.real(), arguments...);
}

int truncate_log(sqlite3_file* file, sqlite3_int64 size) {
    const int code = then<&sqlite3_io_methods::xTruncate>(file, size);
    log_of(file).size = 0;  // what waited may have made it longer before it was cut
    return code;
}

constexpr sqlite3_io_methods log_methods() {
    using Methods = sqlite3_io_methods;
    Methods all{};
    all.iVersion = 1;
    all.xClose = close_log;
    all.xRead = read_log;
    all.xWrite = write_log;
    all.xTruncate = truncate_log;
    all.xSync = then<&Methods::xSync, int>;
    all.xFileSize = then<&Methods::xFileSize, sqlite3_int64*>;
    all.xLock = same<&Methods::xLock, int>;
    all.xUnlock = same<&Methods::xUnlock, int>;
    all.xCheckReservedLock = same<&Methods::xCheckReservedLock, int*>;
    all.xFileControl = same<&Methods::xFileControl, int, void*>;
    all.xSectorSize = same<&Methods::xSectorSize>;
    all.xDeviceCharacteristics = same<&Methods::xDeviceCharacteristics>;
    return all;
}

constexpr sqlite3_io_methods kLogMethods = log_methods();

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
    sqlite3_vfs* other = static_cast<GatheredLog*>(vfs->pAppData)->real();
    if ((flags & SQLITE_OPEN_WAL) == 0) return other->xOpen(other, path, file, flags, out_flags);
    OpenLog& log = *new (file) OpenLog{{nullptr}, nullptr, 0, 0};
    log.real()->pMethods = nullptr;
    const int code = other->xOpen(other, path, log.real(), flags, out_flags);
    if (log.real()->pMethods == nullptr) return code;
    log.waiting = new std::string;
    log.base.pMethods = &kLogMethods;
    return code;
}

/// A function of the other VFS.
template <auto Function, class Out, class... Arguments>
Out other(sqlite3_vfs* vfs, Arguments... arguments) {
    sqlite3_vfs* real = static_cast<GatheredLog*>(vfs->pAppData)->real();
    return (real->*Function)(real, arguments...);
}

}  // namespace

GatheredLog::GatheredLog(const char* vfs) : real_(sqlite3_vfs_find(vfs)) {
    if (real_ == nullptr) {
        name_ = vfs != nullptr ? vfs : "";
        return;
    }
    using Vfs = sqlite3_vfs;
    name_ = std::string{real_->zName} + "-gathered-" + std::to_string(reinterpret_cast<std::uintptr_t>(this));
    vfs_.iVersion = 2;
    vfs_.szOsFile = real_->szOsFile + static_cast<int>(sizeof(OpenLog));
    vfs_.mxPathname = real_->mxPathname;
    vfs_.zName = name_.c_str();
    vfs_.pAppData = this;
    vfs_.xOpen = open_file;
    vfs_.xDelete = other<&Vfs::xDelete, int, const char*, int>;
    vfs_.xAccess = other<&Vfs::xAccess, int, const char*, int, int*>;
    vfs_.xFullPathname = other<&Vfs::xFullPathname, int, const char*, int, char*>;
    vfs_.xRandomness = other<&Vfs::xRandomness, int, int, char*>;
    vfs_.xSleep = other<&Vfs::xSleep, int, int>;
    vfs_.xCurrentTime = other<&Vfs::xCurrentTime, int, double*>;
    vfs_.xGetLastError = other<&Vfs::xGetLastError, int, int, char*>;
    vfs_.xCurrentTimeInt64 = real_->iVersion >= 2 ? other<&Vfs::xCurrentTimeInt64, int, sqlite3_int64*> : nullptr;
    DOSARIO_CHECK(sqlite3_vfs_register(&vfs_, 0) == SQLITE_OK);
}

GatheredLog::~GatheredLog() {
    if (real_ != nullptr) sqlite3_vfs_unregister(&vfs_);
}

}  // namespace dosario
