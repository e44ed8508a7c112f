// SPDX-License-Identifier: Apache-2.0
// A thread that owns a store and decides: a bounded queue in, everything that waits taken as one group, answers after its commit. No
// timer: a lone job waits for nobody, and those that come together share a commit. A stalled disk stalls this thread and nobody else.
#pragma once

#include "base/life_question.hpp"
#include "base/result.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

namespace dosario {

template <class State>
class GroupThread {
public:
    static constexpr std::size_t kLongestQueue = 1024;
    static constexpr std::size_t kLargestGroup = 256;
    static constexpr std::size_t kMostChores = 8;
    /// Quiet for so long: time to rest (move the write-ahead log into the database).
    static constexpr auto kQuiet = std::chrono::seconds{1};
    /// What follows waits so long for the next group, which goes first; but never longer than kLongestLag.
    static constexpr auto kBreath = std::chrono::milliseconds{10};
    static constexpr auto kLongestLag = std::chrono::milliseconds{250};
    static constexpr auto kTurn = std::chrono::milliseconds{60};  ///< then it goes on for so long

    /// `decide` runs inside the group; `answer` after the commit, with the failure if there was one: then nothing of the group is kept.
    struct Job {
        std::function<void(State&)> decide;
        std::function<void(const std::optional<Error>&)> answer;
    };
    /// Takes what came since the group began, as far as the group may grow; nothing: then it is to be committed.
    using Latecomers = std::function<std::vector<Job>()>;
    /// One slice of long work, outside of any group; true while there is more to do.
    using Chore = std::function<bool(State&)>;

    /// What the owner of the state does. All are called on this thread.
    struct Turns {
        /// Once, first. `come_by` may be called in the middle of long work: it answers ask(). May be empty.
        std::function<void(State&, std::function<void()> come_by)> begin;
        /// Decides, commits, answers. Whoever came while it decided may be taken along: they share the commit instead of waiting for it.
        /// An Error says that the disk failed so that going on would be a lie.
        std::function<std::optional<Error>(State&, std::span<const Job>, const Latecomers&)> run;
        /// After a slice of long work: what failed in it so that going on would be a lie. May be empty.
        std::function<std::optional<Error>(State&)> after_chore;
        /// After kQuiet without a group.
        std::function<std::optional<Error>(State&)> rest;
        /// A slice of what follows from every group, between groups, and once after a rest; true while there is more. May be empty.
        std::function<bool(State&)> follow;
        std::function<void(const Error&)> on_fatal;
    };

    GroupThread(std::unique_ptr<State> state, Turns turns)
        : state_(std::move(state)), turns_(std::move(turns)), thread_([this] { loop(); }) {}
    /// Finishes what is queued, then destroys the state.
    ~GroupThread() {
        {
            const std::lock_guard lock{mutex_};
            stopping_ = true;
        }
        wake_.notify_one();
        thread_.join();
    }
    GroupThread(const GroupThread&) = delete;
    GroupThread& operator=(const GroupThread&) = delete;

    /// False when the queue is full or the thread is stopping: the job was not taken and will never be answered.
    bool post(Job job) { return put(jobs_, std::move(job), kLongestQueue); }
    bool post_chore(Chore chore) { return put(chores_, std::move(chore), kMostChores); }
    std::size_t waiting() const {
        const std::lock_guard lock{mutex_};
        return jobs_.size();
    }
    /// Chores between two slices, or before the first.
    std::size_t waiting_chores() const {
        const std::lock_guard lock{mutex_};
        return chores_.size();
    }
    /// Is it alive? `alive` is called on this thread as soon as it comes by: between two groups, two slices of long work, or in the
    /// middle of one where the state's owner says so. Never while it hangs, however short the queue. It must not touch the state.
    void ask(std::function<void()> alive) {
        {
            const std::lock_guard lock{mutex_};
            question_.ask(std::move(alive));
        }
        wake_.notify_one();
    }

private:
    template <class Queue, class Item>
    bool put(Queue& queue, Item item, std::size_t most) {
        {
            const std::lock_guard lock{mutex_};
            if (stopping_ || queue.size() >= most) return false;
            queue.push_back(std::move(item));
        }
        wake_.notify_one();
        return true;
    }

    using Time = std::chrono::steady_clock::time_point;

    /// When the next slice of what follows is due.
    struct Following {
        bool wanted = false;
        Time due{};        ///< unless a group comes before
        Time overdue{};    ///< even then
        Time turn_ends{};  ///< of what was overdue

        void want(Time now) {
            if (!wanted) overdue = now + kLongestLag;
            wanted = true;
            due = std::min(now + kBreath, overdue);
        }
        /// A slice that began at `began` is over.
        void done(Time began, Time now, bool more) {
            wanted = more;
            due = now;
            if (began >= overdue && turn_ends == Time{}) turn_ends = began + kTurn;
            if (more && now < turn_ends) return;  // so overdue that it goes on
            turn_ends = {};
            overdue = now + kLongestLag;
        }
    };

    void loop() {
        bool restless = false;  // something was decided since the last rest
        Time quiet_at = std::chrono::steady_clock::now();
        Following following;
        if (turns_.follow != nullptr) following.want(quiet_at);  // of the run before
        if (turns_.begin != nullptr) turns_.begin(*state_, [this] { question_.answer(); });
        std::unique_lock lock{mutex_};
        for (;;) {
            wait(lock, restless, quiet_at, following);
            const Time now = std::chrono::steady_clock::now();
            if (question_.asked()) {  // a question breaks no quiet
                lock.unlock();
                question_.answer();
                lock.lock();
                continue;
            }
            if (jobs_.empty() && stopping_) return;
            if (!jobs_.empty() && !(following.wanted && now >= following.overdue)) {
                const std::vector<Job> group = take(kLargestGroup);
                lock.unlock();
                run(group);
                restless = true;
                if (turns_.follow != nullptr && !fatal_) following.want(std::chrono::steady_clock::now());
                lock.lock();
            } else if (following.wanted && now >= following.due) {
                lock.unlock();
                const bool more = !fatal_ && turns_.follow(*state_);
                following.done(now, std::chrono::steady_clock::now(), more);
                restless = restless || more;
                lock.lock();
            } else if (!chores_.empty() && !following.wanted) {
                Chore chore = std::move(chores_.front());
                chores_.pop_front();
                lock.unlock();
                const bool more = chore(*state_);
                if (auto failed = turns_.after_chore ? turns_.after_chore(*state_) : std::nullopt) fail_for_good(*failed);
                lock.lock();
                if (more && !stopping_) chores_.push_back(std::move(chore));
            } else if (restless && now >= quiet_at) {
                lock.unlock();
                if (auto failed = turns_.rest(*state_)) fail_for_good(*failed);
                restless = false;
                // What follows may have failed for want of the room that resting gave back.
                if (turns_.follow != nullptr && !fatal_) following.want(std::chrono::steady_clock::now());
                lock.lock();
                continue;
            } else {
                continue;  // woken early
            }
            quiet_at = std::chrono::steady_clock::now() + kQuiet;
        }
    }

    /// Until there is something to do.
    void wait(std::unique_lock<std::mutex>& lock, bool restless, Time quiet_at, const Following& following) {
        const auto busy = [&] {
            return stopping_ || question_.asked() || !jobs_.empty() || (!chores_.empty() && !following.wanted);
        };
        if (following.wanted)
            wake_.wait_until(lock, following.due, busy);
        else if (restless)
            wake_.wait_until(lock, quiet_at, busy);
        else
            wake_.wait(lock, busy);
    }

    std::vector<Job> take(std::size_t most) {
        const auto end = jobs_.begin() + static_cast<std::ptrdiff_t>(std::min(jobs_.size(), most));
        std::vector<Job> group{std::make_move_iterator(jobs_.begin()), std::make_move_iterator(end)};
        jobs_.erase(jobs_.begin(), end);
        return group;
    }

    std::vector<Job> take_now(std::size_t most) {
        const std::lock_guard lock{mutex_};
        return take(most);
    }

    void run(std::span<const Job> group) {
        if (fatal_) {
            for (const Job& job : group) job.answer(fatal_);
            return;
        }
        std::size_t room = kLargestGroup - group.size();
        const auto latecomers = [this, &room] {
            std::vector<Job> came = take_now(room);
            const bool crowded = room + 1 < kLargestGroup;
            if (came.empty() && crowded) {  // others may be about to come: their answer was given with that of these
                std::this_thread::yield();
                came = take_now(room);
            }
            room -= came.size();
            return came;
        };
        if (auto failed = turns_.run(*state_, group, latecomers)) fail_for_good(*failed);
    }

    void fail_for_good(const Error& why) {
        if (fatal_) return;
        fatal_ = why;
        turns_.on_fatal(why);
    }

    LifeQuestion question_;  ///< before the state, which may answer it until it is gone
    std::unique_ptr<State> state_;
    Turns turns_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> jobs_;
    std::deque<Chore> chores_;
    bool stopping_ = false;
    std::optional<Error> fatal_;  ///< on this thread only: nothing is decided any more
    std::thread thread_;
};

}  // namespace dosario
