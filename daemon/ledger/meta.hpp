// SPDX-License-Identifier: Apache-2.0
// The few values that a ledger file says of itself.
#pragma once

#include "ledger/sqlite.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace dosario {

/// 16 random bytes; its name, to all who speak of it.
inline constexpr std::string_view kMetaLedgerId = "ledger_id";
/// How entries are hashed: 1.
inline constexpr std::string_view kMetaHashVersion = "hash_version";
/// When the file was made.
inline constexpr std::string_view kMetaCreated = "created_wall_us";
/// Why the next entry of our own begins a branch: the end of this ledger was lost. Absent: it does not.
inline constexpr std::string_view kMetaBranchDue = "branch_due";
/// The boot that has the ledger open to write. Left behind by a process that was killed; its write-ahead log is then beside the file.
inline constexpr std::string_view kMetaInUse = "in_use";

/// SHA-256 over the others, whichever are there (seal.hpp).
inline constexpr std::string_view kMetaSeal = "seal";
/// One row when it fits, on a connection that has seal().
extern const char* const kMetaSealFits;

/// These seal the table anew, in one transaction with the change.
Result<void> set_meta(Database& db, std::string_view key, ByteView value);
Result<void> set_meta(Database& db, std::string_view key, std::string_view value);
Result<void> set_meta(Database& db, std::string_view key, std::int64_t value);
Result<void> erase_meta(Database& db, std::string_view key);
/// Nothing where there is no such row.
std::optional<Bytes> meta_blob(Database& db, std::string_view key);
std::optional<std::string> meta_text(Database& db, std::string_view key);

}  // namespace dosario
