// SPDX-License-Identifier: Apache-2.0
// The collector's SQLite file: what stations sent, and what is derived from it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dosario {

inline constexpr std::int64_t kStoreApplicationId = 0x446f7363;  // "Dosc"
inline constexpr std::int64_t kStoreSchemaVersion = 1;
/// Raised whenever entries are folded otherwise than before, or more kinds of them: then all are folded again.
inline constexpr std::int64_t kStoreProjectionVersion = 2;

extern const char* const kRawSchema;
extern const char* const kStoreProjectionSchema;
extern const char* const kStoreProjectionTables[];
extern const std::size_t kStoreProjectionTableCount;

}  // namespace dosario
