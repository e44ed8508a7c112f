// SPDX-License-Identifier: Apache-2.0
// The thread that owns the ledger and decides. A bounded queue in, groups of decisions, answers after the commit; long work
// (copying, for a snapshot or to verify the copy elsewhere) goes on in slices whenever nobody waits. A stalled disk stalls this thread and
// no reader.
#pragma once

#include "base/life_question.hpp"
#include "control/group.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace dosario {

class LedgerThread {
public:
    static constexpr std::size_t kLongestQueue = 1024;
    static constexpr std::size_t kMostChores = 8;

    /// One slice of long work, outside of any group; true while there is more to do. A scan waits for it: some milliseconds.
    using Chore = std::function<bool(Service&)>;

    /// Called on this thread.
    struct Hooks {
        std::function<void(Error)> fatal;  ///< the disk failed so that going on would be a lie
        std::function<void(Seq)> grew;     ///< there are entries up to here now
        /// A group of so many jobs wrote, or tried to, and took so long from the first decision to the durable end.
        std::function<void(std::size_t jobs, std::chrono::nanoseconds took)> committed = [](std::size_t,
                                                                                            std::chrono::nanoseconds) {};
    };

    /// Starts at once.
    LedgerThread(std::unique_ptr<Ledger> ledger, std::unique_ptr<Service> service, Hooks hooks);
    /// Finishes the jobs that are queued, drops chores where they are, and closes the ledger.
    ~LedgerThread();

    /// False when the queue is full or the thread is stopping: the job was not taken and will never be answered.
    bool post(Job job);
    bool post_chore(Chore chore);
    std::size_t waiting() const;
    /// Is it alive? `alive` is called on this thread as soon as it comes round: between two groups, two slices of long work, or in the
    /// middle of a statement that goes on. Never while it hangs, however short the queue. It must not touch the ledger. A question
    /// takes the place of one that waits.
    void ask(std::function<void()> alive);
    /// Long calls between two slices, or before the first.
    std::size_t waiting_chores() const;

private:
    void run();
    std::vector<Job> take_group();
    void fail_for_good(const Error& why);
    bool run_jobs();

    std::unique_ptr<Ledger> ledger_;
    std::unique_ptr<Service> service_;
    Hooks hooks_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> jobs_;
    std::deque<Chore> chores_;
    bool stopping_ = false;
    LifeQuestion question_;
    std::optional<Error> fatal_;  ///< on the ledger thread only: the disk failed, nothing is decided any more
    std::thread thread_;
};

}  // namespace dosario
