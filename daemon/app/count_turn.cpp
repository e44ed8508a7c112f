// SPDX-License-Identifier: Apache-2.0
#include "app/count_turn.hpp"

#include "identity/identity.hpp"
#include "reader/driver.hpp"

namespace dosario {
namespace {

constexpr auto kBetweenLooksAtPad = std::chrono::milliseconds{20};

bool is_said_number(const std::string& content) {
    CodeBuffer buffer;
    const BarcodeRead read = make_barcode(content, MonoTime{});
    const Identity identity = identify(read.aim.text(), read.bytes, Date{}, buffer);
    const auto* const command = std::get_if<Command>(&identity);
    return command != nullptr && command->word == CommandWord::times;
}

}  // namespace

void CountTurn::take(const std::string& zone, const std::string& content, Go go) {
    const bool is_count = is_said_number(content);
    if (waiting_.empty() && !(is_count && is_unsure_(zone))) return go(true);
    if (waiting_.size() == kMostWaiting) return go(false);
    waiting_.push_back({zone, is_count, clock_.mono() + kLongest, std::move(go)});
    if (waiting_.size() == 1) look_later();
}

void CountTurn::look() {
    while (!waiting_.empty()) {
        const bool is_unsure = waiting_.front().is_count && is_unsure_(waiting_.front().zone);
        if (is_unsure && clock_.mono() < waiting_.front().until) return look_later();
        const Waiting next = std::move(waiting_.front());
        waiting_.pop_front();
        next.go(!is_unsure);
    }
}

void CountTurn::look_later() {
    timer_.expires_after(kBetweenLooksAtPad);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) look();
    });
}

void CountTurn::stop() {
    timer_.cancel();
    for (auto waiting = std::move(waiting_); const Waiting& one : waiting) one.go(false);
    waiting_.clear();
}

}  // namespace dosario
