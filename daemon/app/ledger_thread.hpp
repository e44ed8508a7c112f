// SPDX-License-Identifier: Apache-2.0
// The thread that owns the ledger and decides. A bounded queue in, groups of decisions, answers after the commit; long work
// (copying, for a snapshot or to verify the copy elsewhere) goes on in slices whenever nobody waits. A stalled disk stalls this thread and
// no reader.
#pragma once

#include "control/group.hpp"

namespace dosario {

class LedgerThread {
public:
    using Chore = GroupThread<Service>::Chore;

    /// Called on this thread.
    struct Hooks {
        std::function<void(Error)> fatal;  ///< the disk failed so that going on would be a lie
        std::function<void(Seq)> grew;     ///< there are entries up to here now
        /// A group of so many jobs wrote, or tried to, and took so long from the first decision to the durable end.
        std::function<void(std::size_t jobs, std::chrono::nanoseconds took)> committed = [](std::size_t,
                                                                                            std::chrono::nanoseconds) {};
    };

    /// Starts at once.
    LedgerThread(std::unique_ptr<Ledger> ledger, std::unique_ptr<Service> service, Hooks hooks)
        : ledger_(std::move(ledger)), thread_(std::in_place, std::move(service), turns(*ledger_, std::move(hooks))) {}
    /// Finishes the jobs that are queued, drops chores where they are, and closes the ledger.
    ~LedgerThread() {
        thread_.reset();
        ledger_->database().on_progress(nullptr);  // it asked the thread
    }

    // As GroupThread has them.
    bool post(Job job) { return thread_->post(std::move(job)); }
    bool post_chore(Chore chore) { return thread_->post_chore(std::move(chore)); }
    std::size_t waiting() const { return thread_->waiting(); }
    std::size_t waiting_chores() const { return thread_->waiting_chores(); }
    void ask(std::function<void()> alive) { thread_->ask(std::move(alive)); }

private:
    static GroupThread<Service>::Turns turns(Ledger& ledger, Hooks hooks);

    std::unique_ptr<Ledger> ledger_;
    std::optional<GroupThread<Service>> thread_;
};

}  // namespace dosario
