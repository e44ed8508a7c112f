// SPDX-License-Identifier: Apache-2.0
#include "system/thread_watch.hpp"

#include "system/service_manager.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace dosario {
namespace {

constexpr std::chrono::microseconds kShortestInterval = std::chrono::milliseconds{1};

}  // namespace

ThreadWatch::ThreadWatch(boost::asio::io_context& context, Ask ask, std::chrono::microseconds period)
    : context_(context), ask_(std::move(ask)), interval_(std::max(period / 3, kShortestInterval)), timer_(context) {
    ask_again();
}

void ThreadWatch::stop() {
    stopped_ = true;
    timer_.cancel();
}

void ThreadWatch::ask_again() {
    ask_([&context = context_] { boost::asio::post(context, tell_alive); });
    timer_.expires_after(interval_);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error && !stopped_) ask_again();
    });
}

}  // namespace dosario
