// SPDX-License-Identifier: Apache-2.0
#include "collector/store_thread.hpp"

#include "system/log.hpp"

#include <malloc.h>

namespace dosario {
namespace {

constexpr std::size_t kEntriesProjectedAtOnce = 512;

std::optional<Error> run_group(SqliteStore& store, std::span<const StoreThread::Job> jobs, const StoreObserver& observer) {
    const auto written = store.database().changes_so_far();
    const auto began = std::chrono::steady_clock::now();
    std::optional<Error> failure;
    (void)store.database().take_failure();  // of long work in between, which has told it
    if (auto begun = store.begin(); !begun) failure = begun.error();
    for (const StoreThread::Job& job : jobs) {
        if (failure) break;
        job.decide(store);
        // An answer that the disk could not give is no answer: then nothing of the group is kept, and everybody hears so.
        if (const auto broken = store.database().take_failure()) failure = *broken;
        if (!failure && store.database().autocommit())
            failure = fail(Failure::full, "the collector's disk refused to save this (is it full?): nothing of it was kept");
    }
    if (!failure) {
        if (auto committed = store.commit(); !committed) failure = committed.error();
    } else {
        store.rollback();
    }
    if (store.database().changes_so_far() != written) observer.committed(jobs.size(), std::chrono::steady_clock::now() - began);
    for (const StoreThread::Job& job : jobs) job.answer(failure);
    // Where the file is damaged a new start would find it so again; the rest of it serves.
    if (failure && failure->failure == Failure::damaged) log(Level::error, "store_damaged", {{"why", failure->message}});
    return failure && failure->failure == Failure::io ? failure : std::nullopt;
}

}  // namespace

std::unique_ptr<StoreThread> make_store_thread(std::unique_ptr<SqliteStore> store, StoreObserver observer,
                                               std::function<void(const Error&)> on_fatal) {
    StoreThread::Turns turns;
    turns.begin = [](SqliteStore& one, std::function<void()> come_by) {
        one.database().on_progress([come_by = std::move(come_by)] {
            come_by();
            return true;
        });
    };
    turns.run = [observer = std::move(observer)](SqliteStore& one, std::span<const StoreThread::Job> jobs, const auto&) {
        return run_group(one, jobs, observer);
    };
    turns.rest = [](SqliteStore& one) -> std::optional<Error> {
        ::malloc_trim(0);  // what a crowd of stations took goes back to the system
        if (auto rested = one.rest(); !rested && rested.error().failure == Failure::io) return rested.error();
        return std::nullopt;
    };
    turns.follow = [failing = false](SqliteStore& one) mutable {
        // A full disk: the projections wait, the raw entries are what counts. They go on after the next group, or when the log has
        // given its room back.
        const auto more = one.project(kEntriesProjectedAtOnce);
        if (!more && !failing) log(Level::error, "projection_failed", {{"why", more.error().message}});
        failing = !more;
        return more && *more;
    };
    turns.on_fatal = std::move(on_fatal);
    return std::make_unique<StoreThread>(std::move(store), std::move(turns));
}

}  // namespace dosario
