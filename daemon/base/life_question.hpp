// SPDX-License-Identifier: Apache-2.0
// A question to a thread that works: does it live? Asked from outside, answered by the thread itself when it comes by. A thread that hangs
// answers nothing.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <utility>

namespace dosario {

class LifeQuestion {
public:
    /// `alive` is called by the next answer(). It takes the place of a question that waits.
    void ask(std::function<void()> alive) {
        const std::lock_guard lock{mutex_};
        alive_ = std::move(alive);
        asked_ = true;
    }

    /// Whether a question waits. Cheap: it may be looked at as often as one likes.
    bool asked() const { return asked_; }

    /// On the thread that was asked.
    void answer() {
        if (!asked_) return;
        std::function<void()> alive;
        {
            const std::lock_guard lock{mutex_};
            alive = std::exchange(alive_, nullptr);
            asked_ = false;
        }
        if (alive) alive();
    }

private:
    std::mutex mutex_;
    std::function<void()> alive_;
    std::atomic<bool> asked_ = false;
};

}  // namespace dosario
