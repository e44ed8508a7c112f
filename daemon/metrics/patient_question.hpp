// SPDX-License-Identifier: Apache-2.0
// Asks a thread that may hang on its disk, for a scrape that must not: numbers are wanted most when something stalls.
#pragma once

#include "base/result.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace dosario {

class PatientQuestion {
public:
    static constexpr auto kPatience = std::chrono::seconds{2};
    /// Unanswered at a time: scrapes must not fill the queue of a thread that hangs.
    static constexpr int kMostUnanswered = 4;

    /// `context` and every thread that is asked end before this object, or are never run again.
    explicit PatientQuestion(boost::asio::io_context& context, std::chrono::milliseconds patience = kPatience)
        : context_(context), patience_(patience) {}

    /// Runs `look` on the thread (whose post() takes {decide, answer}), then `then(true)` on the context's. `then(false)`, when the thread
    /// did not answer in time or failed, or its queue is full: then what `look` writes to must not be read, it may still be at it.
    template <class Thread, class Look>
    void ask(Thread& thread, Look look, std::function<void(bool answered)> then) {
        if (unanswered_ >= kMostUnanswered) return then(false);
        auto wait = std::make_shared<Wait>(context_, patience_, std::move(then));
        wait->timer.async_wait([wait](const boost::system::error_code&) { wait->then(wait->answered); });
        ++unanswered_;
        auto answer = [this, wait](const std::optional<Error>& failure) {
            --unanswered_;
            boost::asio::post(context_, [wait, answered = !failure] {
                wait->answered = answered;
                wait->timer.cancel();
            });
        };
        if (!thread.post({std::move(look), answer})) answer(fail(Failure::unavailable, "the queue is full"));
    }

private:
    struct Wait {
        Wait(boost::asio::io_context& context, std::chrono::milliseconds patience, std::function<void(bool)> what)
            : timer(context, patience), then(std::move(what)) {}
        boost::asio::steady_timer timer;
        std::function<void(bool)> then;
        bool answered = false;
    };

    boost::asio::io_context& context_;
    std::chrono::milliseconds patience_;
    std::atomic<int> unanswered_{0};
};

}  // namespace dosario
