// SPDX-License-Identifier: Apache-2.0
// The collector's one thread that writes: sessions and batches of all stations in groups, one sync for each, then the projections.
#pragma once

#include "base/group_thread.hpp"
#include "collector/sqlite_store.hpp"

namespace dosario {

using StoreThread = GroupThread<SqliteStore>;

/// Of every group that wrote, or tried to, for metrics: its jobs, and how long it took to its durable end. Called on the thread.
struct StoreObserver {
    std::function<void(std::size_t jobs, std::chrono::nanoseconds took)> committed = [](std::size_t, std::chrono::nanoseconds) {};
};

/// Owns the store. `on_fatal` is called on the thread when the disk failed.
std::unique_ptr<StoreThread> make_store_thread(std::unique_ptr<SqliteStore> store, StoreObserver observer,
                                               std::function<void(const Error&)> on_fatal);

}  // namespace dosario
