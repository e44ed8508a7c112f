// SPDX-License-Identifier: Apache-2.0
// The daemon's daily work: looks now and then whether something is due, on the main thread.
#pragma once

#include "app/night.hpp"
#include "base/clock.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace dosario {

class NightShift {
public:
    /// `hour_at`: of the day at the site. The references outlive this.
    NightShift(boost::asio::io_context& context, const Clock& clock, std::function<int(UtcTime)> hour_at)
        : clock_(clock), hour_at_(std::move(hour_at)), timer_(context), worked_at_(clock.mono()) {
        wait();
    }

    /// Nothing begins any more; what has begun may still end.
    void stop() { timer_.cancel(); }

    void add(NightTask task) { night_.add(std::move(task)); }
    /// Somebody works at the counter. On the main thread.
    void worked() { worked_at_ = clock_.mono(); }

private:
    void wait() {
        timer_.expires_after(Night::kTick);
        timer_.async_wait([this](const boost::system::error_code& error) {
            if (error) return;
            const UtcTime wall = clock_.wall();
            const MonoTime mono = clock_.mono();
            night_.tick({wall, mono, hour_at_(wall), mono - worked_at_});
            wait();
        });
    }

    const Clock& clock_;
    std::function<int(UtcTime)> hour_at_;
    boost::asio::steady_timer timer_;
    MonoTime worked_at_;
    Night night_;
};

}  // namespace dosario
