// SPDX-License-Identifier: Apache-2.0
// A SQLite VFS over the system's that counts calls, fails one of them on demand, and writes down what was done to the files, so that
// a test can make the disk that a power cut leaves behind (crash_disk.hpp). It has no shared memory, as the ledger wants none.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace dosario::test {

/// Something done to a file, in order. Files are named without their directory.
struct DiskOperation {
    /// `sync_directory`: from here on creations and removals before it are durable.
    enum class Kind : std::uint8_t { create, write, truncate, sync, remove, sync_directory } kind = Kind::write;
    std::string file;
    std::int64_t offset = 0;  ///< of a truncate: the new size
    std::string bytes;
};

/// What SQLite asks of a disk.
enum class DiskCall : std::uint8_t { open, read, write, truncate, sync, size, lock, remove, access, path, control };
inline constexpr std::size_t kDiskCalls = 11;
const char* name_of(DiskCall call);

/// How long a failure lasts: for one call, for all calls of its kind, or for all calls from then on.
enum class Lasting : std::uint8_t { once, its_kind, everything };

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
    /// The n-th call from now fails as a disk fails it: an I/O error or, where the call can have it, a full disk, half a write,
    /// or half a read. Which of them n says.
    void fail_call(std::uint64_t nth, Lasting lasting) { fail_at_ = calls_ + nth, lasting_ = lasting, failing_ = false; }
    void heal() { write_ = sync_ = {}, fail_at_ = 0, failing_ = false; }
    int failures() const { return failures_; }
    std::uint64_t calls() const { return calls_; }
    const std::array<std::uint64_t, kDiskCalls>& calls_by_kind() const { return calls_by_kind_; }
    DiskCall failed_call() const { return failed_call_; }

    /// Syncs only pretend: for files that no power cut will meet.
    void skip_syncs() { skip_syncs_ = true; }
    bool skips_syncs() const { return skip_syncs_; }
    /// Every sync takes so much longer.
    void slow_syncs(int milliseconds) { sync_ms_ = milliseconds; }
    std::uint64_t syncs() const { return calls_by_kind_[static_cast<std::size_t>(DiskCall::sync)]; }

    void record(bool on) { recording_ = on; }
    const std::vector<DiskOperation>& operations() const { return operations_; }
    void forget_operations() { operations_.clear(); }

    // For the callbacks.
    /// SQLITE_OK, or how that call fails; `half`: some of it is done all the same.
    int fault_on(DiskCall call, bool* half = nullptr);
    void wait_for_disk() const;
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
    std::uint64_t fail_at_ = 0;  ///< of the call that begins to fail, 0 = none
    Lasting lasting_ = Lasting::once;
    bool failing_ = false;
    DiskCall failed_call_ = DiskCall::open;
    std::uint64_t calls_ = 0;
    std::array<std::uint64_t, kDiskCalls> calls_by_kind_{};
    int failures_ = 0;
    int sync_ms_ = 0;
    bool recording_ = false;
    bool skip_syncs_ = false;
    std::vector<DiskOperation> operations_;
};

}  // namespace dosario::test
