// SPDX-License-Identifier: Apache-2.0
#include "app/ledger_thread.hpp"

#include <malloc.h>

namespace dosario {

GroupThread<Service>::Turns LedgerThread::turns(Ledger& ledger, Hooks hooks) {
    GroupThread<Service>::Turns turns;
    turns.begin = [&ledger](Service&, std::function<void()> come_by) {
        ledger.database().on_progress([come_by = std::move(come_by)] {
            come_by();
            return true;
        });
    };
    turns.on_fatal = [fatal = hooks.fatal](const Error& why) { fatal(why); };
    turns.run = [&ledger, hooks = std::move(hooks)](Service& service, std::span<const Job> jobs, const Latecomers& latecomers) {
        const Seq before = ledger.head_seq();
        const auto written = ledger.database().changes_so_far();
        const auto began = std::chrono::steady_clock::now();
        std::size_t decided = jobs.size();
        auto failed = run_group(service, jobs, [&] {
            auto came = latecomers();
            decided += came.size();
            return came;
        });
        if (ledger.database().changes_so_far() != written) hooks.committed(decided, std::chrono::steady_clock::now() - began);
        if (ledger.head_seq() != before) hooks.grew(ledger.head_seq());
        return failed;
    };
    turns.after_chore = [](Service& service) { return service.take_fatal(); };
    turns.rest = [&ledger](Service& service) -> std::optional<Error> {
        service.rest();
        ::malloc_trim(0);  // what a long answer took goes back to the system
        if (auto moved = ledger.checkpoint(); !moved && moved.error().failure == Failure::io) return moved.error();
        return std::nullopt;
    };
    return turns;
}

}  // namespace dosario
