// SPDX-License-Identifier: Apache-2.0
// The queues towards the shell that protocol cores share. No protocol knowledge.
#pragma once

#include "reader/driver.hpp"

#include <deque>
#include <utility>

namespace dosario {

/// A ReaderProtocol whose events and writes wait in two bounded queues, oldest first.
class QueuedReader : public ReaderProtocol {
public:
    /// The shell takes everything after each call; a report never gives more than six events, and a transfer of a serial line none for less
    /// than two of its bytes.
    static constexpr std::size_t kMostEvents = 4096;
    static constexpr std::size_t kMostWrites = 16;

    std::optional<ReaderWrite> next_write() override { return take(writes_); }
    std::optional<ReaderEvent> next_event() override { return take(events_); }

protected:
    /// Beyond kMostEvents the newest waiting event gives way to a fault: nothing is lost in silence.
    void emit(ReaderEvent event) {
        if (events_.size() < kMostEvents) {
            events_.push_back(std::move(event));
        } else {
            events_.back() = ReaderFault{ReaderFault::Kind::length, "events were not taken in time"};
        }
    }
    void fault(ReaderFault::Kind kind, const char* what) { emit(ReaderFault{kind, what}); }
    /// Nothing is queued beyond kMostWrites.
    void send(ReaderWrite write) {
        if (writes_.size() < kMostWrites) writes_.push_back(std::move(write));
    }

private:
    template <class T>
    static std::optional<T> take(std::deque<T>& queue) {
        if (queue.empty()) return std::nullopt;
        std::optional<T> first{std::move(queue.front())};
        queue.pop_front();
        return first;
    }

    std::deque<ReaderEvent> events_;
    std::deque<ReaderWrite> writes_;
};

}  // namespace dosario
