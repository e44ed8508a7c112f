// SPDX-License-Identifier: Apache-2.0
// Writes a backup into one folder, reads it back from the medium, and gives it its name only then.
#pragma once

#include "backup/contents.hpp"
#include "backup/folder.hpp"
#include "crypto/age.hpp"

namespace dosario {

struct BackupOrder {
    const BackupContents& contents;
    const AgeRecipient& recipient;
    Entropy& entropy;
    std::size_t keep = 14;  ///< of this ledger in this folder, at least 1
    /// How many bytes were written and read back, of twice all_bytes().
    std::function<void(std::uint64_t)> on_progress = [](std::uint64_t) {};
    std::function<bool()> stop = [] { return false; };
};

struct WrittenBackup {
    std::string name;
    std::uint64_t bytes = 0;
    std::size_t rotated = 0;  ///< older ones that went
};

/// Of all members.
std::uint64_t all_bytes(const Manifest& manifest);

/// After a failure the folder has no file more than before; at full, old backups may have gone, never the last one.
Result<WrittenBackup> write_backup(Folder& folder, const BackupOrder& order);

}  // namespace dosario
