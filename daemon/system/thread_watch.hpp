// SPDX-License-Identifier: Apache-2.0
// Proves to the service manager's watchdog that the thread which owns the disk lives: the manager hears of this process only what that
// thread has answered. A hang there (a deadlock, a disk that never comes back) therefore ends in a restart; a hang of the main thread too,
// since it asks. Long work that goes on is no hang.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>

namespace dosario {

class ThreadWatch {
public:
    /// Asks a thread whether it lives: `alive` is to be called on it. See LifeQuestion.
    using Ask = std::function<void(std::function<void()> alive)>;

    /// Each third of `period` the thread is asked, so that a stall of less than two thirds of it is never taken for a hang. `context`
    /// outlives it, what `ask` speaks of outlives stop(). It lives on the thread that runs `context`.
    ThreadWatch(boost::asio::io_context& context, Ask ask, std::chrono::microseconds period);
    /// Asks no more.
    void stop();

private:
    void ask_again();

    boost::asio::io_context& context_;
    Ask ask_;
    std::chrono::microseconds interval_;
    boost::asio::steady_timer timer_;
    bool stopped_ = false;
};

}  // namespace dosario
