// SPDX-License-Identifier: Apache-2.0
#include "support/shim_vfs.hpp"

#include "base/check.hpp"

#include <sqlite3.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <thread>
#include <utility>

namespace dosario::test {
namespace {

struct ShimFile {
    sqlite3_file base;
    ShimVfs* owner;
    std::string* name;
    sqlite3_file* real;
    bool new_in_directory;  ///< SQLite's system VFS syncs the directory with the first sync of a new journal or log
};

ShimFile& shim(sqlite3_file* file) { return *reinterpret_cast<ShimFile*>(file); }
sqlite3_file* real(sqlite3_file* file) { return shim(file).real; }
ShimVfs& owner(sqlite3_file* file) { return *shim(file).owner; }
sqlite3_vfs* system_vfs(sqlite3_vfs* vfs) { return static_cast<std::pair<ShimVfs*, sqlite3_vfs*>*>(vfs->pAppData)->second; }
ShimVfs& owner_of(sqlite3_vfs* vfs) { return *static_cast<std::pair<ShimVfs*, sqlite3_vfs*>*>(vfs->pAppData)->first; }

std::string base_name(const char* path) {
    if (path == nullptr) return "";
    const char* slash = std::strrchr(path, '/');
    return slash == nullptr ? path : slash + 1;
}

int close_file(sqlite3_file* file) {
    const int code = real(file)->pMethods->xClose(real(file));
    delete shim(file).name;
    return code;
}

int read_bytes(sqlite3_file* file, void* out, int size, sqlite3_int64 at) {
    bool half = false;
    if (const int code = owner(file).fault_on(DiskCall::read, &half); code != SQLITE_OK) {
        if (!half) return code;
        (void)real(file)->pMethods->xRead(real(file), out, size / 2, at);
        return code;
    }
    return real(file)->pMethods->xRead(real(file), out, size, at);
}

int write_bytes(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
    const auto write = [&](int length) {
        owner(file).note({DiskOperation::Kind::write,
                          *shim(file).name,
                          at,
                          {static_cast<const char*>(bytes), static_cast<std::size_t>(length)}});
        return real(file)->pMethods->xWrite(real(file), bytes, length, at);
    };
    bool half = false;
    if (const int code = owner(file).fault_on(DiskCall::write, &half); code != SQLITE_OK) {
        if (half) (void)write(size / 2);
        return code;
    }
    return write(size);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
    if (const int code = owner(file).fault_on(DiskCall::truncate); code != SQLITE_OK) return code;
    owner(file).note({DiskOperation::Kind::truncate, *shim(file).name, size, {}});
    return real(file)->pMethods->xTruncate(real(file), size);
}

int sync_file(sqlite3_file* file, int flags) {
    if (const int code = owner(file).fault_on(DiskCall::sync); code != SQLITE_OK) return code;
    owner(file).wait_for_disk();
    owner(file).note({DiskOperation::Kind::sync, *shim(file).name, 0, {}});
    if (std::exchange(shim(file).new_in_directory, false))
        owner(file).note({DiskOperation::Kind::sync_directory, *shim(file).name, 0, {}});
    return owner(file).skips_syncs() ? SQLITE_OK : real(file)->pMethods->xSync(real(file), flags);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
    if (const int code = owner(file).fault_on(DiskCall::size); code != SQLITE_OK) return code;
    return real(file)->pMethods->xFileSize(real(file), size);
}

int lock_file(sqlite3_file* file, int level) {
    if (const int code = owner(file).fault_on(DiskCall::lock); code != SQLITE_OK) return code;
    return real(file)->pMethods->xLock(real(file), level);
}

int unlock_file(sqlite3_file* file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }

int check_reserved(sqlite3_file* file, int* out) {
    if (const int code = owner(file).fault_on(DiskCall::lock); code != SQLITE_OK) return code;
    return real(file)->pMethods->xCheckReservedLock(real(file), out);
}

int file_control(sqlite3_file* file, int op, void* arg) {
    // Only these touch the disk; of the others SQLite's system VFS just takes note.
    if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_HAS_MOVED) {
        if (const int code = owner(file).fault_on(DiskCall::control); code != SQLITE_OK) return code;
    }
    return real(file)->pMethods->xFileControl(real(file), op, arg);
}

int sector_size(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
int characteristics(sqlite3_file* file) { return real(file)->pMethods->xDeviceCharacteristics(real(file)); }

const sqlite3_io_methods& methods() {
    static const sqlite3_io_methods table = [] {
        sqlite3_io_methods all{};
        all.iVersion = 1;
        all.xClose = close_file;
        all.xRead = read_bytes;
        all.xWrite = write_bytes;
        all.xTruncate = truncate_file;
        all.xSync = sync_file;
        all.xFileSize = file_size;
        all.xLock = lock_file;
        all.xUnlock = unlock_file;
        all.xCheckReservedLock = check_reserved;
        all.xFileControl = file_control;
        all.xSectorSize = sector_size;
        all.xDeviceCharacteristics = characteristics;
        return all;
    }();
    return table;
}

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
    ShimFile& mine = shim(file);
    mine.base.pMethods = nullptr;
    mine.owner = &owner_of(vfs);
    mine.real = reinterpret_cast<sqlite3_file*>(&mine + 1);
    if (const int code = mine.owner->fault_on(DiskCall::open); code != SQLITE_OK) return code;
    sqlite3_vfs* system = system_vfs(vfs);
    int exists = 1;
    if (path != nullptr) system->xAccess(system, path, SQLITE_ACCESS_EXISTS, &exists);
    const int code = system->xOpen(system, path, mine.real, flags, out_flags);
    if (code != SQLITE_OK) return code;
    mine.name = new std::string{base_name(path)};
    mine.base.pMethods = &methods();
    constexpr int kJournals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
    mine.new_in_directory = (flags & SQLITE_OPEN_CREATE) != 0 && (flags & kJournals) != 0;
    // An empty file may be there already (SQLite asks by size, not by name).
    if (exists == 0) mine.owner->note({DiskOperation::Kind::create, *mine.name, 0, {}});
    return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* path, int sync_directory) {
    if (const int code = owner_of(vfs).fault_on(DiskCall::remove); code != SQLITE_OK) return code;
    const int code = system_vfs(vfs)->xDelete(system_vfs(vfs), path, sync_directory);
    if (code == SQLITE_OK) {
        owner_of(vfs).note({DiskOperation::Kind::remove, base_name(path), 0, {}});
        if (sync_directory != 0) owner_of(vfs).note({DiskOperation::Kind::sync_directory, base_name(path), 0, {}});
    }
    return code;
}

int access_file(sqlite3_vfs* vfs, const char* path, int flags, int* out) {
    if (const int code = owner_of(vfs).fault_on(DiskCall::access); code != SQLITE_OK) return code;
    return system_vfs(vfs)->xAccess(system_vfs(vfs), path, flags, out);
}

int full_pathname(sqlite3_vfs* vfs, const char* path, int size, char* out) {
    if (const int code = owner_of(vfs).fault_on(DiskCall::path); code != SQLITE_OK) return code;
    return system_vfs(vfs)->xFullPathname(system_vfs(vfs), path, size, out);
}

struct HowItFails {
    int code;
    int other_code;  ///< of every second failure
    bool other_is_half;
};

HowItFails how_it_fails(DiskCall call) {
    switch (call) {
        case DiskCall::open: return {SQLITE_CANTOPEN, SQLITE_IOERR, false};
        // Not SQLITE_IOERR_SHORT_READ: the system's VFS says that at the end of a file only, and SQLite takes it for zeros.
        case DiskCall::read: return {SQLITE_IOERR_READ, SQLITE_IOERR_CORRUPTFS, true};
        case DiskCall::write: return {SQLITE_IOERR_WRITE, SQLITE_FULL, true};
        case DiskCall::truncate: return {SQLITE_IOERR_TRUNCATE, SQLITE_IOERR_TRUNCATE, false};
        case DiskCall::sync: return {SQLITE_IOERR_FSYNC, SQLITE_IOERR_DIR_FSYNC, false};
        case DiskCall::size: return {SQLITE_IOERR_FSTAT, SQLITE_IOERR_FSTAT, false};
        case DiskCall::lock: return {SQLITE_IOERR_LOCK, SQLITE_BUSY, false};
        case DiskCall::remove: return {SQLITE_IOERR_DELETE, SQLITE_IOERR_DELETE, false};
        case DiskCall::access: return {SQLITE_IOERR_ACCESS, SQLITE_IOERR_ACCESS, false};
        case DiskCall::path: return {SQLITE_CANTOPEN_FULLPATH, SQLITE_CANTOPEN_FULLPATH, false};
        case DiskCall::control: return {SQLITE_IOERR, SQLITE_FULL, false};
    }
    return {SQLITE_IOERR, SQLITE_IOERR, false};
}

}  // namespace

const char* name_of(DiskCall call) {
    constexpr const char* kNames[kDiskCalls] = {"open", "read",   "write",  "truncate", "sync",   "size",
                                                "lock", "remove", "access", "path",     "control"};
    return kNames[static_cast<std::size_t>(call)];
}

ShimVfs::ShimVfs(std::string name) : name_(std::move(name)) {
    sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
    DOSARIO_CHECK(system != nullptr);
    auto vfs = std::make_unique<sqlite3_vfs>(*system);
    vfs->szOsFile = static_cast<int>(sizeof(ShimFile)) + system->szOsFile;
    vfs->pNext = nullptr;
    vfs->zName = name_.c_str();
    vfs->pAppData = new std::pair<ShimVfs*, sqlite3_vfs*>{this, system};
    vfs->xOpen = open_file;
    vfs->xDelete = delete_file;
    vfs->xAccess = access_file;
    vfs->xFullPathname = full_pathname;
    DOSARIO_CHECK(sqlite3_vfs_register(vfs.get(), 0) == SQLITE_OK);
    vfs_ = vfs.release();
}

ShimVfs::~ShimVfs() {
    auto* vfs = static_cast<sqlite3_vfs*>(vfs_);
    sqlite3_vfs_unregister(vfs);
    delete static_cast<std::pair<ShimVfs*, sqlite3_vfs*>*>(vfs->pAppData);
    delete vfs;
}

int ShimVfs::fault(Fault& fault) {
    if (fault.after == 0) return SQLITE_OK;
    if (fault.after > 1) {
        --fault.after;
        return SQLITE_OK;
    }
    ++failures_;
    return fault.code;
}

int ShimVfs::fault_on(DiskCall call, bool* half) {
    ++calls_;
    ++calls_by_kind_[static_cast<std::size_t>(call)];
    if (call == DiskCall::write)
        if (const int code = fault(write_); code != SQLITE_OK) return code;
    if (call == DiskCall::sync)
        if (const int code = fault(sync_); code != SQLITE_OK) return code;
    const bool begins = calls_ == fail_at_;
    if (begins) failed_call_ = call, failing_ = true;
    const bool goes_on = failing_ && (lasting_ == Lasting::everything || (lasting_ == Lasting::its_kind && call == failed_call_));
    if (!begins && !goes_on) return SQLITE_OK;
    ++failures_;
    const HowItFails how = how_it_fails(call);
    if (fail_at_ % 2 == 0) return how.code;
    if (half != nullptr) *half = how.other_is_half;
    return how.other_code;
}

void ShimVfs::wait_for_disk() const {
    if (sync_ms_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds{sync_ms_});
}

}  // namespace dosario::test
