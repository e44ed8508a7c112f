// SPDX-License-Identifier: Apache-2.0
// The tables of a ledger file. docs/ledger-format.md explains each; the version is SQLite's user_version.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dosario {

/// Of the schema this code writes. A file with a larger one is refused untouched.
inline constexpr std::int64_t kSchemaVersion = 3;

/// "DOSA": tells a ledger from any other SQLite file (application_id).
inline constexpr std::int64_t kApplicationId = 0x444f5341;

/// What was said, for ever: entries, boots, branches. Append-only by triggers.
extern const char* const kHistorySchema;

/// What follows from it: can be dropped and made again by rebuild.
extern const char* const kProjectionSchema;

/// The projection tables by name, each with all its columns comparable and its primary key first.
extern const char* const kProjectionTables[];
extern const std::size_t kProjectionTableCount;

}  // namespace dosario
