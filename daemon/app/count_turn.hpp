// SPDX-License-Identifier: Apache-2.0
// A person's count (X12) is of what lies on a pad. While a pad asks tags for their chips, and until it has looked again, nobody knows what that
// is, and what was told before may be gone: the count waits. So does what is scanned behind it, for scans mean what they mean in their order.
#pragma once

#include "base/clock.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <string>

namespace dosario {

class CountTurn {
public:
    static constexpr auto kLongest = std::chrono::seconds{2};  ///< that a count waits: then a person is told
    static constexpr std::size_t kMostWaiting = 64;            ///< what is more is answered as a count that waited too long
    /// False: the pad still does not know, and nothing must be decided.
    using Go = std::function<void(bool is_known)>;

    /// `is_unsure` of a zone, on the context's thread; both outlive this.
    CountTurn(boost::asio::io_context& context, const Clock& clock, std::function<bool(const std::string& zone)> is_unsure)
        : timer_(context), clock_(clock), is_unsure_(std::move(is_unsure)) {}

    /// Calls `go` in its turn, mostly at once. On the context's thread.
    void take(const std::string& zone, const std::string& content, Go go);
    /// Whoever waits is told so.
    void stop();

private:
    struct Waiting {
        std::string zone;
        bool is_count = false;
        MonoTime until{};
        Go go;
    };
    void look();
    void look_later();

    boost::asio::steady_timer timer_;
    const Clock& clock_;
    std::function<bool(const std::string&)> is_unsure_;
    std::deque<Waiting> waiting_;
};

}  // namespace dosario
