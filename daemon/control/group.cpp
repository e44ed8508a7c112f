// SPDX-License-Identifier: Apache-2.0
#include "control/group.hpp"

namespace dosario {

std::optional<Error> run_group(Service& service, std::span<const Job> jobs) {
    Ledger& ledger = service.ledger();
    service.group_begins();
    std::optional<Error> failure;
    if (auto begun = ledger.begin(); !begun) failure = begun.error();
    for (const Job& job : jobs) {
        if (failure) break;
        job.decide(service);
        const auto left =
            ledger.database().take_failure();  // what concerned this job it has told; the next one does not inherit it
        // A full disk or an I/O error can end SQLite's transaction in the middle: then nothing decided so far is in it.
        if (left && left->failure == Failure::full) service.disk_full();
        if (!ledger.in_group()) failure = left;
        if (!ledger.in_group() && !failure)
            failure = fail(Failure::full,
                           "the disk refused to save this (is it full?); nothing of it was saved: free some space and repeat");
    }
    if (!failure) {
        if (auto committed = ledger.commit(); !committed) failure = committed.error();
    } else {
        ledger.rollback();
    }
    if (failure) service.group_failed();
    if (failure && failure->failure == Failure::full) service.disk_full();
    for (const Job& job : jobs) job.answer(failure);
    if (failure && (failure->failure == Failure::io || failure->failure == Failure::damaged)) return failure;
    return std::nullopt;
}

}  // namespace dosario
