// SPDX-License-Identifier: Apache-2.0
// Small steps on files beside the ledger.
#pragma once

#include "base/result.hpp"

#include <string>

namespace dosario {

bool file_exists(const std::string& path);

/// A database that is gone or empty beside a write-ahead log that is not: SQLite would throw the log away with all that is in it, and begin
/// anew. damaged: says so.
Result<void> refuse_emptied(const std::string& database);

/// The file's content, or the names in a directory, are on the disk when it returns well.
Result<void> sync_to_disk(const std::string& path);

/// A second name for the file; a copy where the file system has no such thing. What has the new name already is left as it is.
Result<void> keep_as(const std::string& path, const std::string& name);

/// What root made becomes the owner's of the directory: the daemon is another user. For others it does nothing.
void give_to_owner(const std::string& directory, const std::string& path);

Result<void> copy_file(const std::string& from, const std::string& to);

}  // namespace dosario
