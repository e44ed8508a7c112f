// SPDX-License-Identifier: Apache-2.0
// A time limit for what a coroutine waits for. Internal to net.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace dosario {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Calls `cut` on the executor when the time is over, unless this is gone by then: `cut` may use what lives longer than this.
class Deadline {
public:
    Deadline(const boost::asio::any_io_executor& executor, SteadyTime until, std::function<void()> cut)
        : timer_(executor, until), flags_(std::make_shared<Flags>()) {
        timer_.async_wait([flags = flags_, cut = std::move(cut)](const boost::system::error_code& error) {
            if (error || !flags->armed) return;
            flags->passed = true;
            cut();
        });
    }
    /// The timer's handler may be on its way already, so a cancel alone is not enough.
    ~Deadline() { flags_->armed = false; }
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

    bool passed() const { return flags_->passed; }

private:
    struct Flags {
        bool armed = true;
        bool passed = false;
    };
    boost::asio::steady_timer timer_;
    std::shared_ptr<Flags> flags_;
};

}  // namespace dosario
