// SPDX-License-Identifier: Apache-2.0
// Trays that were told and did not come to the desk, for the disk refused the group or too much was waiting. The desk would decide on what
// lay there before, or take a count for the number of the next packs: what lies on the pad then is told again, until it is taken.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <utility>

namespace dosario {

class UntoldTrays {
public:
    static constexpr auto kWait = std::chrono::seconds{1};
    /// Tells what lies on that pad now; where the pad is gone, that nothing does.
    using Tell = std::function<void(const std::string& pad, const std::string& zone)>;

    UntoldTrays(boost::asio::io_context& context, Tell tell, std::chrono::milliseconds wait = kWait)
        : timer_(context), tell_(std::move(tell)), wait_(wait) {}

    /// What that pad told in that zone was not taken. On the context's thread.
    void lost(const std::string& pad, const std::string& zone) {
        pads_.emplace(pad, zone);
        if (pads_.size() == 1) tell_later();
    }
    void stop() {
        timer_.cancel();
        pads_.clear();
    }

private:
    void tell_later() {
        timer_.expires_after(wait_);
        timer_.async_wait([this](const boost::system::error_code& error) {
            if (error) return;
            for (const auto pads = std::exchange(pads_, {}); const auto& [pad, zone] : pads) tell_(pad, zone);
        });
    }

    boost::asio::steady_timer timer_;
    Tell tell_;
    std::chrono::milliseconds wait_;
    std::set<std::pair<std::string, std::string>> pads_;  ///< and zones; no more than there are readers
};

}  // namespace dosario
