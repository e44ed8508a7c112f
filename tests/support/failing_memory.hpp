// SPDX-License-Identifier: Apache-2.0
// SQLite's allocations, counted, one of them failing on demand (https://www.sqlite.org/malloc.html, SQLITE_CONFIG_MALLOC).
#pragma once

#include <cstdint>

namespace dosario::test {

/// For a process of its own in which no database is open: takes SQLite's allocator over for good.
void take_over_memory();
/// The n-th allocation from now (1 = the next) fails; `for_ever`: and all that follow. 0: none.
void fail_allocation(std::uint64_t nth, bool for_ever);
/// Since it was taken over.
std::uint64_t allocations();
std::uint64_t failed_allocations();

}  // namespace dosario::test
