// SPDX-License-Identifier: Apache-2.0
// One group of the ledger: everything that was waiting is decided in order, committed once, and only then answered.
#pragma once

#include "base/group_thread.hpp"
#include "control/service.hpp"

#include <span>

namespace dosario {

/// A request to the ledger. `decide` runs inside the group and must handle its own savepoint (Service::scan does); `answer` runs
/// after the commit, with the failure if there was one: then nothing of the group is in the ledger.
using Job = GroupThread<Service>::Job;

/// Jobs that came while the group was decided; none: nobody waits.
using Latecomers = GroupThread<Service>::Latecomers;
inline std::vector<Job> nobody_else() { return {}; }

/// Decides, commits, answers. Latecomers are asked for when all others are decided, until there are none.
/// An Error comes back when the disk failed so that the process must not go on (failed sync, I/O error).
std::optional<Error> run_group(Service& service, std::span<const Job> jobs, const Latecomers& latecomers = nobody_else);

}  // namespace dosario
