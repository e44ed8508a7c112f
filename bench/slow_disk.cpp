// SPDX-License-Identifier: Apache-2.0
#include "bench/slow_disk.hpp"

#include "base/check.hpp"

#include <sqlite3.h>

#include <atomic>
#include <map>
#include <thread>

namespace dosario::bench {
namespace {

std::atomic<std::int64_t> longer_us = 0;
sqlite3_vfs* system_vfs = nullptr;
int (*system_sync)(sqlite3_file*, int) = nullptr;
/// By the system's: databases and logs have tables of their own, with the same sync in both.
std::map<const sqlite3_io_methods*, sqlite3_io_methods> slow_methods;

int slow_sync(sqlite3_file* file, int flags) {
    const int code = system_sync(file, flags);
    std::this_thread::sleep_for(std::chrono::microseconds{longer_us});
    return code;
}

/// The system's own file, with one method exchanged.
int open_file(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out_flags) {
    const int code = system_vfs->xOpen(system_vfs, path, file, flags, out_flags);
    if (code != SQLITE_OK) return code;
    auto [slow, is_new] = slow_methods.try_emplace(file->pMethods, *file->pMethods);
    if (is_new) {
        DOSARIO_CHECK(system_sync == nullptr || system_sync == slow->second.xSync);
        system_sync = slow->second.xSync;
        slow->second.xSync = slow_sync;
    }
    file->pMethods = &slow->second;
    return code;
}

sqlite3_vfs make_vfs() {
    system_vfs = sqlite3_vfs_find(nullptr);
    DOSARIO_CHECK(system_vfs != nullptr);
    sqlite3_vfs vfs = *system_vfs;
    vfs.pNext = nullptr;
    vfs.zName = "slow_disk";
    vfs.xOpen = open_file;
    return vfs;
}

}  // namespace

const char* slow_disk(std::chrono::microseconds longer) {
    static sqlite3_vfs vfs = make_vfs();
    static const int registered = sqlite3_vfs_register(&vfs, 0);
    DOSARIO_CHECK(registered == SQLITE_OK);
    longer_us = longer.count();
    return vfs.zName;
}

}  // namespace dosario::bench
