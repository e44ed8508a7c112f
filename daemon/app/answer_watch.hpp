// SPDX-License-Identifier: Apache-2.0
// How long people wait for answers of the ledger thread: after half a second they are told that the disk is slow, after two that it is
// not confirmed. What was asked may still be saved after that; the same request id, or the same serial number, books it once.
#pragma once

#include "base/clock.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>

namespace dosario {

class AnswerWatch {
public:
    static constexpr auto kSlow = std::chrono::milliseconds{500};
    static constexpr auto kLate = std::chrono::milliseconds{2000};

    /// One question. Whoever settles it gives the answer.
    class Call {
    public:
        /// True for the first who asks, on any thread.
        bool settle() { return !settled_.exchange(true); }
        bool settled() const { return settled_; }

    private:
        std::atomic<bool> settled_ = false;
    };

    /// `slow` is called once for each time that the disk is slow, on the thread of `context`, which outlives this. So does `clock`.
    AnswerWatch(boost::asio::io_context& context, const Clock& clock, std::function<void()> slow)
        : timer_(context), clock_(clock), slow_(std::move(slow)) {}

    /// On the thread of the context. `late` is called there if nobody settled it within kLate; it has settled it then.
    std::shared_ptr<Call> begin(std::function<void()> late);

    /// When an answer took longer than kSlow last. Any thread.
    std::optional<UtcTime> last_slow() const;
    void stop() { timer_.cancel(); }

private:
    using Time = std::chrono::steady_clock::time_point;
    struct Waiting {
        Time since;
        std::shared_ptr<Call> call;
        std::function<void()> late;
    };
    void look_later();
    void look();

    boost::asio::steady_timer timer_;
    const Clock& clock_;
    std::function<void()> slow_;
    std::deque<Waiting> waiting_;  ///< oldest first; bounded by the queue of the ledger thread and the calls of kLate
    bool looking_ = false;
    bool told_ = false;  ///< of this time that it is slow
    std::atomic<std::int64_t> last_slow_us_ = 0;
};

}  // namespace dosario
