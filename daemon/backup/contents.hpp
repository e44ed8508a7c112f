// SPDX-License-Identifier: Apache-2.0
// What goes into a backup: a finished, verified copy of the ledger, and a few small files that are held in memory.
#pragma once

#include "backup/archive.hpp"
#include "backup/manifest.hpp"

#include <functional>
#include <map>

namespace dosario {

inline constexpr std::uint64_t kLargestSmallMember_bytes = 32 * 1024 * 1024;

/// A file of the station that goes in under another name. One that is not there is left out.
struct SmallFile {
    std::string name;
    std::string path;
};

/// Of the station's data directory: certificates, recovery.pub, and every file that begins with `site-keys`. Never persons.db: who somebody
/// is must be forgettable, and no copy of a year ago may remember it.
std::vector<SmallFile> small_files_of(const std::string& data_directory);

struct BackupContents {
    Manifest manifest;
    std::string ledger_file;
    std::map<std::string, std::string> small;  ///< by name; wiped at the end

    BackupContents() = default;
    BackupContents(BackupContents&&) = default;
    BackupContents& operator=(BackupContents&&) = default;
    ~BackupContents();
};

/// Reads everything once: `manifest` comes with what is known of the ledger and goes with its members. `stop` is asked often (unavailable).
Result<BackupContents> gather(Manifest manifest, const std::string& ledger_file, const std::vector<SmallFile>& small,
                              const std::function<bool()>& stop);

}  // namespace dosario
