// SPDX-License-Identifier: Apache-2.0
// Backing up while the counter works: the ledger thread copies the ledger in small steps; a thread of its own verifies the copy, writes it
// to every folder and reads it back. The copy stays in the data directory as last-night.db, for long reports.
#pragma once

#include "app/ledger_thread.hpp"
#include "app/settings.hpp"
#include "backup/contents.hpp"
#include "crypto/age.hpp"
#include "ledger/ledger_copy.hpp"

#include <atomic>
#include <mutex>
#include <thread>

namespace dosario {

/// Beside the ledger.
inline constexpr const char* kLastNight = "last-night.db";

/// What a backup is made of, and where it goes.
struct BackupPlan {
    std::string data_directory;
    std::string station;
    std::string site;
    bool collector = false;
    std::vector<SmallFile> configuration;  ///< beside what lies in the data directory; the first of a name counts
    BackupSettings settings;
    const Clock* clock = nullptr;  ///< outlives the backing up
};

/// In numbers.
struct BackupState {
    std::optional<UtcTime> last_good;
    std::size_t folders = 0;
    std::size_t folders_failing = 0;
};

/// The plan for these settings.
BackupPlan backup_plan(const Settings& settings, const std::string& data_directory, const Clock& clock);

class BackingUp {
public:
    /// Good: at least one folder has a new backup. Called on the ledger thread or on that of the backup.
    using Ended = std::function<void(bool good)>;

    BackingUp(BackupPlan plan, std::unique_ptr<Digest> digest, std::unique_ptr<Entropy> entropy);
    /// As break_off(), and waits until it is over. The ledger thread must have ended before.
    ~BackingUp();
    BackingUp(const BackingUp&) = delete;
    BackingUp& operator=(const BackingUp&) = delete;

    /// One backup, for the ledger thread; unavailable while another one goes on, invalid without a folder or a key. `ended` is not called
    /// when the ledger thread stops before the copy is complete.
    Result<LedgerThread::Chore> begin(Ended ended);
    /// Ends what goes on as soon as possible, and every later one.
    void break_off() { stopping_ = true; }
    /// A chore that was not taken by the ledger thread.
    void not_begun(const Error& error);

    // Any thread.
    v1::BackupReply status() const;
    /// For the staff, few and short. Without folders one line says so.
    std::vector<std::string> warnings() const;
    BackupState state() const;

private:
    struct Run;
    bool copy_some(Run& run, Service& service);
    Result<void> start_copy(Run& run, Service& service);
    void go_on(std::shared_ptr<Run> run);
    void end(const Ended& ended, const std::optional<Error>& failure);

    // On the backup's own thread.
    Result<void> keep_copy(Run& run);
    Result<void> write_all(Run& run);
    std::optional<Error> write_to(const std::string& directory, const BackupContents& contents, const AgeRecipient& recipient);

    void phase(std::string name, std::uint64_t all = 0);
    void progress(std::uint64_t done, std::uint64_t all);
    v1::BackupTarget& target(const std::string& directory);
    std::string path(const char* name) const { return plan_.data_directory + "/" + name; }
    void read_state();
    void keep_state(const v1::BackupReply& state) const;

    BackupPlan plan_;
    std::unique_ptr<Digest> digest_;
    std::unique_ptr<Entropy> entropy_;
    std::atomic<bool> busy_ = false;
    std::atomic<bool> stopping_ = false;
    mutable std::mutex mutex_;
    v1::BackupReply status_;
    std::optional<UtcTime> last_good_;
    std::thread thread_;  ///< of the last run; begun on the ledger thread only
};

}  // namespace dosario
