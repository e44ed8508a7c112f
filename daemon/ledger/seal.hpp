// SPDX-License-Identifier: Apache-2.0
// The SQL function seal(table, value, ...): a SHA-256 over a row that no entry's hash covers (boot, branch, request, meta), kept beside
// it, so that verify sees when one bit of the row changed. It tells damage, not intent: who can write the row can write its seal.
//
//     seal = SHA-256( "dosario.row.1" | for the table's name and each value: kind 1 | length 8 | bytes )
//
// Kinds are SQLite's fundamental types (1 integer, 2 real, 3 text, 4 blob, 5 null); numbers are 8 bytes; all big-endian.
#pragma once

#include "base/clock.hpp"
#include "ledger/sqlite.hpp"

struct sqlite3;

namespace dosario {

/// Gives the connection that function; the digest outlives it.
Result<void> add_seal(sqlite3* connection, const Digest& digest);

}  // namespace dosario
