// SPDX-License-Identifier: Apache-2.0
// The data directory, as the daemon or whoever may look there sees it. Leaves nothing behind and reads no content.
#pragma once

#include "base/result.hpp"
#include "doctor/facts.hpp"

#include <string>

namespace dosario {

/// So many durable writes are timed.
inline constexpr std::size_t kSyncTrials = 9;

/// All but the writes.
FolderFacts see_folder(const std::string& path, std::uint64_t least_free_bytes);

/// Times durable writes of 4 KiB each in a file of its own, `doctor.trial`, which is gone when this ends.
class SyncTrial {
public:
    explicit SyncTrial(const std::string& directory);
    ~SyncTrial();
    SyncTrial(const SyncTrial&) = delete;
    SyncTrial& operator=(const SyncTrial&) = delete;
    /// Writes once more. io: the system's words.
    Result<std::uint64_t> once_us();

private:
    std::string path_;
    int file_ = -1;
    int error_ = 0;
};

/// All kSyncTrials of them into `folder`; a failure becomes its problem.
void measure_sync(FolderFacts& folder);

/// `own`: the station's, with its private key, which its owner alone may read. `authority`: who signs the collector's.
enum class CertificateUse : std::uint8_t { own, authority };
CertificateFacts see_certificate(const std::string& path, CertificateUse use);

/// The table of persons and its keys; only whether they are there.
PersonFacts see_persons(const std::string& directory, bool kept);

/// A folder of backups: is it there, and when was the newest one of any ledger made?
BackupFacts::Target see_backups(const std::string& directory);

}  // namespace dosario
