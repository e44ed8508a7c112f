// SPDX-License-Identifier: Apache-2.0
// One group of the ledger: everything that was waiting is decided in order, committed once, and only then answered.
#pragma once

#include "control/service.hpp"

#include <functional>
#include <span>

namespace dosario {

/// A request to the ledger. `decide` runs inside the group and must handle its own savepoint (Service::scan does); `answer` runs
/// after the commit, with the failure if there was one: then nothing of the group is in the ledger.
struct Job {
    std::function<void(Service&)> decide;
    std::function<void(const std::optional<Error>&)> answer;
};

/// Most jobs in one group: bounds the time that the first of them waits.
inline constexpr std::size_t kLargestGroup = 256;

/// Decides, commits, answers. An Error comes back when the disk failed so that the process must not go on (failed sync, I/O error).
std::optional<Error> run_group(Service& service, std::span<const Job> jobs);

}  // namespace dosario
