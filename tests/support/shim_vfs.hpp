// SPDX-License-Identifier: Apache-2.0
// A SQLite VFS over the system's that can fail a call on demand and writes down what was done to the files, so that a test can
// make the disk that a power cut leaves behind. It has no shared memory, as the ledger wants none.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace dosario::test {

/// Something done to a file, in order. Files are named without their directory.
struct DiskOperation {
    enum class Kind : std::uint8_t { write, truncate, sync, remove } kind = Kind::write;
    std::string file;
    std::int64_t offset = 0;  ///< of a truncate: the new size
    std::string bytes;
};

class ShimVfs {
public:
    /// Registers with SQLite under that name until it is destroyed; every ledger on it is closed by then.
    explicit ShimVfs(std::string name);
    ~ShimVfs();
    ShimVfs(const ShimVfs&) = delete;
    ShimVfs& operator=(const ShimVfs&) = delete;
    const char* name() const { return name_.c_str(); }

    /// The n-th write from now (1 = the next) and all that follow fail with that SQLite code, until heal(). Likewise syncs.
    void fail_writes(int nth, int code) { write_ = {nth, code}; }
    void fail_syncs(int nth, int code) { sync_ = {nth, code}; }
    void heal() { write_ = sync_ = {}; }
    int failures() const { return failures_; }

    /// Syncs only pretend: for files that no power cut will meet.
    void skip_syncs() { skip_syncs_ = true; }
    bool skips_syncs() const { return skip_syncs_; }

    void record(bool on) { recording_ = on; }
    const std::vector<DiskOperation>& operations() const { return operations_; }

    // For the callbacks.
    int fault_on_write() { return fault(write_); }
    int fault_on_sync() { return fault(sync_); }
    void note(DiskOperation operation) {
        if (recording_ && !operation.file.empty()) operations_.push_back(std::move(operation));  // nameless ones are temporary
    }

private:
    struct Fault {
        int after = 0;
        int code = 0;
    };
    int fault(Fault& fault);

    std::string name_;
    void* vfs_ = nullptr;
    Fault write_;
    Fault sync_;
    int failures_ = 0;
    bool recording_ = false;
    bool skip_syncs_ = false;
    std::vector<DiskOperation> operations_;
};

/// The files as a disk may hold them after a power cut: what was synced is there; of what was not, each 512-byte sector is there or
/// not, as chance wants. Creating and removing files is taken to be durable at once.
class CrashDisk {
public:
    /// `wal_syncs` false pretends that syncs of the write-ahead log never reached the disk (synchronous = NORMAL).
    explicit CrashDisk(bool wal_syncs = true) : wal_syncs_(wal_syncs) {}
    void apply(const DiskOperation& operation);
    /// Writes one possible image into that directory.
    void write_image(const std::string& directory, std::mt19937_64& random) const;

private:
    struct File {
        std::string durable;
        std::vector<DiskOperation> pending;
    };
    bool wal_syncs_;
    std::map<std::string, File> files_;
};

}  // namespace dosario::test
