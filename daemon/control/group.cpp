// SPDX-License-Identifier: Apache-2.0
#include "control/group.hpp"

namespace dosario {
namespace {

/// Decides these; a failure that ended SQLite's transaction in the middle: then nothing decided so far is in it.
std::optional<Error> decide_all(Service& service, std::span<const Job> jobs) {
    Ledger& ledger = service.ledger();
    for (const Job& job : jobs) {
        job.decide(service);
        const auto left =
            ledger.database().take_failure();  // what concerned this job it has told; the next one does not inherit it
        if (left && left->failure == Failure::full) service.disk_full();
        // What was read of a damaged page, or could not be, decides nothing: not this job, and not those before it in the group.
        if (left && left->failure == Failure::damaged && !ledger.damage()) return left;
        if (ledger.in_group()) continue;
        if (left) return left;
        return fail(Failure::full,
                    "the disk refused to save this (is it full?); nothing of it was saved: free some space and repeat");
    }
    return std::nullopt;
}

}  // namespace

std::optional<Error> run_group(Service& service, std::span<const Job> jobs, const Latecomers& latecomers) {
    Ledger& ledger = service.ledger();
    service.group_begins();
    std::optional<Error> failure;
    if (auto begun = ledger.begin(); !begun) failure = begun.error();
    if (!failure) failure = decide_all(service, jobs);
    std::vector<Job> late;
    while (!failure) {
        const std::vector<Job> came = latecomers();
        if (came.empty()) break;
        late.insert(late.end(), came.begin(), came.end());
        failure = decide_all(service, came);
    }
    // A ledger that is only read: each job has told why it cannot write, and that it reads is no failure of the disk.
    if (ledger.damage()) {
        ledger.rollback();
        service.group_failed();
        for (const Job& job : jobs) job.answer(failure);
        for (const Job& job : late) job.answer(failure);
        return std::nullopt;
    }
    if (!failure) {
        if (auto committed = ledger.commit(); !committed) failure = committed.error();
    } else {
        ledger.rollback();
    }
    if (failure) service.group_failed();
    if (failure && failure->failure == Failure::full) service.disk_full();
    for (const Job& job : jobs) job.answer(failure);
    for (const Job& job : late) job.answer(failure);
    if (failure && (failure->failure == Failure::io || failure->failure == Failure::damaged)) return failure;
    return std::nullopt;
}

}  // namespace dosario
