// SPDX-License-Identifier: Apache-2.0
#include "app/answer_watch.hpp"

namespace dosario {
namespace {

constexpr auto kBetweenLooks = std::chrono::milliseconds{100};

}  // namespace

std::shared_ptr<AnswerWatch::Call> AnswerWatch::begin(std::function<void()> late) {
    waiting_.push_back({std::chrono::steady_clock::now(), std::make_shared<Call>(), std::move(late)});
    auto call = waiting_.back().call;
    if (!looking_) look_later();
    return call;
}

std::optional<UtcTime> AnswerWatch::last_slow() const {
    const std::int64_t at = last_slow_us_;
    if (at == 0) return std::nullopt;
    return UtcTime{Micros{at}};
}

void AnswerWatch::look_later() {
    looking_ = true;
    timer_.expires_after(kBetweenLooks);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) look();
    });
}

void AnswerWatch::look() {
    const Time now = std::chrono::steady_clock::now();
    while (!waiting_.empty() && (waiting_.front().call->settled() || now - waiting_.front().since >= kLate)) {
        const Waiting first = std::move(waiting_.front());
        waiting_.pop_front();
        if (first.call->settle()) first.late();
    }
    const bool slow = !waiting_.empty() && now - waiting_.front().since >= kSlow;
    if (slow) last_slow_us_ = clock_.wall().time_since_epoch().count();
    if (slow && !told_) slow_();
    told_ = slow || (told_ && !waiting_.empty());
    looking_ = false;
    if (!waiting_.empty()) look_later();
}

}  // namespace dosario
