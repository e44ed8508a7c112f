// SPDX-License-Identifier: Apache-2.0
// Names of backups, and which of them may go. `dosario-LEDGER-TIME.tar.zst.age`: the first eight digits of the ledger's id, so that several
// stations may share a stick, and when it was made in UTC. A file has that name only when it was read back whole.
#pragma once

#include "backup/folder.hpp"
#include "base/time.hpp"

#include <optional>

namespace dosario {

/// `ledger` is the ledger's id in hexadecimal.
std::string backup_name(std::string_view ledger, UtcTime made_at);
/// The name while it is being written: nobody takes it for a backup.
std::string partial_name(const std::string& name);

struct BackupName {
    std::string ledger;  ///< eight digits
    UtcTime made_at;
};
/// Nothing for a name that is not exactly one of ours.
std::optional<BackupName> parse_backup_name(std::string_view name);

/// The backups of that ledger, newest first; of every ledger when it is empty.
Result<std::vector<FolderEntry>> backups_in(Folder& folder, std::string_view ledger);
/// Removes what a power cut left half written of that ledger.
void remove_partials(Folder& folder, std::string_view ledger);
/// Removes the oldest backups of that ledger until `keep` are there; never `just_made`, never the last one, and nothing that has another
/// name. What cannot be removed stays. How many went.
std::size_t rotate(Folder& folder, std::string_view ledger, std::size_t keep, const std::string& just_made);
/// Removes the oldest backup of that ledger, if another one stays that looks whole. False when none may go.
bool make_room(Folder& folder, std::string_view ledger);

}  // namespace dosario
