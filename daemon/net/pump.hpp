// SPDX-License-Identifier: Apache-2.0
// Drives a protocol core over a TLS connection: bytes in, bytes out, its timers, its wishes. One for each connection, one thread.
#pragma once

#include "base/clock.hpp"
#include "net/tls_connection.hpp"
#include "net/waiting.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <array>
#include <functional>
#include <optional>

namespace dosario {

/// `Core` has receive(bytes, mono, wall), wake(mono, wall), closed(), next_write(), unsent(), next_event() and next_wake().
/// Whoever asks and does not listen is not heard any more until it does: answers that wait are bounded.
template <class Core>
class Pump {
public:
    using Event = typename decltype(std::declval<Core&>().next_event())::value_type;

    /// The connection and the core outlive run(). `on_event` may call the core's command(), and then poke(); and stop().
    Pump(boost::asio::any_io_executor executor, const Clock& clock, TlsConnection& connection, Core& core,
         std::function<void(Event)> on_event)
        : executor_(executor),
          clock_(clock),
          connection_(connection),
          core_(core),
          on_event_(std::move(on_event)),
          news_(executor),
          room_(executor),
          alarm_(executor),
          farewell_(executor) {}

    /// Until the connection ends or stop() was called and what had to be said is said. Why it ended, if the connection says so.
    boost::asio::awaitable<std::optional<Error>> run() {
        children_ += 2;
        boost::asio::co_spawn(executor_, read(), boost::asio::detached);
        boost::asio::co_spawn(executor_, watch(), boost::asio::detached);
        for (;;) {
            drain();
            if (lost_) break;
            const Bytes bytes = core_.next_write();
            room_.cancel();
            if (!bytes.empty()) {
                if (auto written = co_await connection_.write(bytes); !written) {
                    if (!lost_) lost_ = written.error();
                }
                continue;
            }
            if (stopping_) break;
            co_await wait(news_);
        }
        if (!lost_) co_await let_leave();
        stopping_ = over_ = true;
        connection_.close();
        alarm_.cancel();
        room_.cancel();
        farewell_.cancel();
        while (children_ > 0) co_await wait(news_);
        core_.closed();
        co_return end_known_ ? std::optional<Error>{} : lost_;
    }

    /// Something was said to the core.
    void poke() {
        drain();
        news_.cancel();
        alarm_.cancel();
    }

    /// Says what is left to say, then closes: at once, or when the other side has closed, for which it gets `patience`. Closing before it
    /// has read all makes TCP take back our last words, if it was still sending.
    void stop(Micros patience = {}) {
        patience_ = patience;
        stopping_ = true;
        end_known_ = true;
        news_.cancel();
        if (over_ || std::exchange(limited_, true)) return;
        ++children_;
        boost::asio::co_spawn(executor_, limit_farewell(), boost::asio::detached);
    }

private:
    /// Every connection has a buffer like this for as long as it lives.
    static constexpr std::size_t kPiece_bytes = 4 * 1024;
    static constexpr auto kLongestFarewell = std::chrono::seconds{5};
    static constexpr std::size_t kMostUnsent_bytes = 1024 * 1024;  ///< more than an honest conversation ever has

    /// Until the timer is cancelled; a minute at most, so that nothing depends on a lost signal.
    boost::asio::awaitable<void> wait(boost::asio::steady_timer& timer) {
        timer.expires_after(std::chrono::seconds{60});
        const auto waited = co_await timer.async_wait(kToken);
        (void)waited;
    }

    boost::asio::awaitable<void> let_leave() {
        const auto until = std::chrono::steady_clock::now() + patience_;
        while (!lost_ && std::chrono::steady_clock::now() < until) {
            news_.expires_at(until);
            const auto waited = co_await news_.async_wait(kToken);
            (void)waited;
        }
    }

    /// Whoever reads a little now and then would keep the last words for ever.
    boost::asio::awaitable<void> limit_farewell() {
        if (!over_) {  // it may begin after all is said
            farewell_.expires_after(patience_ + kLongestFarewell);
            const auto waited = co_await farewell_.async_wait(kToken);
            if (!std::get<0>(waited)) connection_.close();
        }
        --children_;
        news_.cancel();
    }

    void drain() {
        if (draining_) return;
        draining_ = true;
        while (auto event = core_.next_event()) on_event_(std::move(*event));
        draining_ = false;
    }

    boost::asio::awaitable<void> read() {
        std::array<std::byte, kPiece_bytes> buffer;
        while (!over_) {
            const auto came = co_await connection_.read_some(buffer);
            if (!came || *came == 0) {
                lost_ = came ? fail(Failure::unavailable, "the other side closed the connection") : came.error();
                break;
            }
            core_.receive({buffer.data(), *came}, clock_.mono(), clock_.wall());
            poke();
            while (!over_ && core_.unsent() > kMostUnsent_bytes) co_await wait(room_);
        }
        --children_;
        news_.cancel();
    }

    boost::asio::awaitable<void> watch() {
        while (!stopping_ && !lost_) {
            const auto next = core_.next_wake();
            alarm_.expires_after(next ? std::clamp<Micros>(*next - clock_.mono(), Micros{0}, std::chrono::seconds{60})
                                      : Micros{std::chrono::seconds{60}});
            const auto waited = co_await alarm_.async_wait(kToken);
            (void)waited;
            if (stopping_ || lost_) break;
            if (const auto due = core_.next_wake(); due && *due <= clock_.mono()) {
                core_.wake(clock_.mono(), clock_.wall());
                drain();
                news_.cancel();
            }
        }
        --children_;
        news_.cancel();
    }

    boost::asio::any_io_executor executor_;
    const Clock& clock_;
    TlsConnection& connection_;
    Core& core_;
    std::function<void(Event)> on_event_;
    boost::asio::steady_timer news_;
    boost::asio::steady_timer room_;  ///< what was to be sent is on its way
    boost::asio::steady_timer alarm_;
    boost::asio::steady_timer farewell_;
    std::optional<Error> lost_;
    int children_ = 0;
    bool draining_ = false;
    bool stopping_ = false;
    bool over_ = false;
    bool limited_ = false;
    Micros patience_{};
    bool end_known_ = false;
};

}  // namespace dosario
