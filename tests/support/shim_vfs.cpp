// SPDX-License-Identifier: Apache-2.0
#include "support/shim_vfs.hpp"

#include "base/check.hpp"
#include "support/temporary_directory.hpp"

#include <sqlite3.h>

#include <cstring>
#include <memory>

namespace dosario::test {
namespace {

constexpr std::size_t kSector = 512;

struct ShimFile {
    sqlite3_file base;
    ShimVfs* owner;
    std::string* name;
    sqlite3_file* real;
};

ShimFile& shim(sqlite3_file* file) { return *reinterpret_cast<ShimFile*>(file); }
sqlite3_file* real(sqlite3_file* file) { return shim(file).real; }
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
    return real(file)->pMethods->xRead(real(file), out, size, at);
}
int write_bytes(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
    if (const int code = shim(file).owner->fault_on_write(); code != SQLITE_OK) return code;
    shim(file).owner->note(
        {DiskOperation::Kind::write, *shim(file).name, at, {static_cast<const char*>(bytes), static_cast<std::size_t>(size)}});
    return real(file)->pMethods->xWrite(real(file), bytes, size, at);
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
    shim(file).owner->note({DiskOperation::Kind::truncate, *shim(file).name, size, {}});
    return real(file)->pMethods->xTruncate(real(file), size);
}
int sync_file(sqlite3_file* file, int flags) {
    if (const int code = shim(file).owner->fault_on_sync(); code != SQLITE_OK) return code;
    shim(file).owner->note({DiskOperation::Kind::sync, *shim(file).name, 0, {}});
    return shim(file).owner->skips_syncs() ? SQLITE_OK : real(file)->pMethods->xSync(real(file), flags);
}
int file_size(sqlite3_file* file, sqlite3_int64* size) { return real(file)->pMethods->xFileSize(real(file), size); }
int lock_file(sqlite3_file* file, int level) { return real(file)->pMethods->xLock(real(file), level); }
int unlock_file(sqlite3_file* file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
int check_reserved(sqlite3_file* file, int* out) { return real(file)->pMethods->xCheckReservedLock(real(file), out); }
int file_control(sqlite3_file* file, int op, void* arg) { return real(file)->pMethods->xFileControl(real(file), op, arg); }
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
    const int code = system_vfs(vfs)->xOpen(system_vfs(vfs), path, mine.real, flags, out_flags);
    if (code != SQLITE_OK) return code;
    mine.name = new std::string{base_name(path)};
    mine.base.pMethods = &methods();
    return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* path, int sync_directory) {
    owner_of(vfs).note({DiskOperation::Kind::remove, base_name(path), 0, {}});
    return system_vfs(vfs)->xDelete(system_vfs(vfs), path, sync_directory);
}

int access_file(sqlite3_vfs* vfs, const char* path, int flags, int* out) {
    return system_vfs(vfs)->xAccess(system_vfs(vfs), path, flags, out);
}
int full_pathname(sqlite3_vfs* vfs, const char* path, int size, char* out) {
    return system_vfs(vfs)->xFullPathname(system_vfs(vfs), path, size, out);
}

void put(std::string& content, std::size_t at, std::string_view bytes) {
    if (content.size() < at + bytes.size()) content.resize(at + bytes.size());
    content.replace(at, bytes.size(), bytes);
}

void put(std::string& content, const DiskOperation& operation) {
    if (operation.kind == DiskOperation::Kind::write) put(content, static_cast<std::size_t>(operation.offset), operation.bytes);
    if (operation.kind == DiskOperation::Kind::truncate) content.resize(static_cast<std::size_t>(operation.offset));
}

}  // namespace

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

void CrashDisk::apply(const DiskOperation& operation) {
    if (operation.kind == DiskOperation::Kind::remove) {
        files_.erase(operation.file);
        return;
    }
    File& file = files_[operation.file];
    if (operation.kind != DiskOperation::Kind::sync) {
        file.pending.push_back(operation);
        return;
    }
    if (!wal_syncs_ && operation.file.ends_with("-wal")) return;
    for (const DiskOperation& one : file.pending) put(file.durable, one);
    file.pending.clear();
}

void CrashDisk::write_image(const std::string& directory, std::mt19937_64& random) const {
    const std::uint64_t style = random() % 4;  // all of it arrived, none of it, or a part
    const auto arrives = [&] { return style == 0 || (style > 1 && random() % 2 == 0); };
    for (const auto& [name, file] : files_) {
        std::string content = file.durable;
        for (const DiskOperation& one : file.pending) {
            if (one.kind == DiskOperation::Kind::truncate) {
                if (arrives()) put(content, one);
                continue;
            }
            for (std::size_t at = 0; at < one.bytes.size();) {
                const std::size_t place = static_cast<std::size_t>(one.offset) + at;
                const std::size_t length = std::min(kSector - place % kSector, one.bytes.size() - at);
                if (arrives()) put(content, place, std::string_view{one.bytes}.substr(at, length));
                at += length;
            }
        }
        write_file(directory + "/" + name, content);
    }
}

}  // namespace dosario::test
