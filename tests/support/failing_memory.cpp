// SPDX-License-Identifier: Apache-2.0
#include "support/failing_memory.hpp"

#include "base/check.hpp"

#include <sqlite3.h>

namespace dosario::test {
namespace {

struct Memory {
    sqlite3_mem_methods system{};
    std::uint64_t count = 0;
    std::uint64_t fails_at = 0;
    bool for_ever = false;
    std::uint64_t failed = 0;

    bool fails() {
        ++count;
        if (fails_at == 0 || count < fails_at || (count > fails_at && !for_ever)) return false;
        ++failed;
        return true;
    }
};
Memory memory;

}  // namespace

void take_over_memory() {
    DOSARIO_CHECK(sqlite3_shutdown() == SQLITE_OK);
    DOSARIO_CHECK(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory.system) == SQLITE_OK);
    sqlite3_mem_methods mine = memory.system;
    mine.xMalloc = [](int size) -> void* { return memory.fails() ? nullptr : memory.system.xMalloc(size); };
    mine.xRealloc = [](void* old, int size) -> void* { return memory.fails() ? nullptr : memory.system.xRealloc(old, size); };
    DOSARIO_CHECK(sqlite3_config(SQLITE_CONFIG_MALLOC, &mine) == SQLITE_OK);
    DOSARIO_CHECK(sqlite3_initialize() == SQLITE_OK);
}

void fail_allocation(std::uint64_t nth, bool for_ever) {
    memory.fails_at = nth == 0 ? 0 : memory.count + nth;
    memory.for_ever = for_ever;
}

std::uint64_t allocations() { return memory.count; }
std::uint64_t failed_allocations() { return memory.failed; }

}  // namespace dosario::test
