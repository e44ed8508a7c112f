// SPDX-License-Identifier: Apache-2.0
// SQLite writes a commit into its write-ahead log piece by piece: for each page a header of 24 bytes and the page, some twenty calls of
// the system, a quarter of a commit's time. Here what follows on what was written before waits, and goes to the file in one write at
// the sync. The order of the bytes, the syncs and all other files stay as they are; but behind its end the log has zeros, which the next
// commits overwrite: to make a file longer with each commit costs twice as much.
// Only for synchronous = FULL: without a sync of its own a commit would wait here.
#pragma once

#include <sqlite3.h>

#include <string>

namespace dosario {

/// An SQLite VFS that is as another one but for that. It is registered while it lives, and must outlive what was opened through it.
class GatheredLog {
public:
    /// `vfs` names the other one; null is the system's. Without such a VFS name() is its name: opening then says what is wrong.
    explicit GatheredLog(const char* vfs);
    ~GatheredLog();
    GatheredLog(const GatheredLog&) = delete;
    GatheredLog& operator=(const GatheredLog&) = delete;

    const char* name() const { return name_.c_str(); }
    sqlite3_vfs* real() const { return real_; }

private:
    std::string name_;
    sqlite3_vfs* real_;
    sqlite3_vfs vfs_{};
};

}  // namespace dosario
