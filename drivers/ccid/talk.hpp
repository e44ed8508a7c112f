// SPDX-License-Identifier: Apache-2.0
// A conversation with a reader, written down in the order in which it goes: ask, hear, ask again. A Talk<T> is a coroutine that gives a T
// at its end. Nothing in it waits: where it wants an answer or the time it stops, and whoever hears the answer lets it go on. It dies with
// its owner, at whatever point it has come to.
// GCC 12: one co_await in a statement, its result in a named variable, and no temporary with a destructor among its arguments.
#pragma once

#include "base/check.hpp"

#include <coroutine>
#include <cstdlib>
#include <optional>
#include <utility>

namespace dosario::ccid {

template <class T>
class [[nodiscard]] Talk {
public:
    struct promise_type;
    using Handle = std::coroutine_handle<promise_type>;

    struct promise_type {
        std::optional<T> value;
        std::coroutine_handle<> whoever_waits = std::noop_coroutine();

        Talk get_return_object() { return Talk{Handle::from_promise(*this)}; }
        std::suspend_always initial_suspend() noexcept { return {}; }
        auto final_suspend() noexcept {
            struct Last {
                bool await_ready() noexcept { return false; }
                std::coroutine_handle<> await_suspend(Handle done) noexcept { return done.promise().whoever_waits; }
                void await_resume() noexcept {}
            };
            return Last{};
        }
        void return_value(T given) { value = std::move(given); }
        void unhandled_exception() { std::abort(); }
    };

    explicit Talk(Handle handle) : handle_(handle) {}
    Talk(Talk&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Talk& operator=(Talk&&) = delete;
    ~Talk() {
        if (handle_) handle_.destroy();
    }

    /// Goes up to where it first stops.
    void begin() { handle_.resume(); }

    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) noexcept {
        handle_.promise().whoever_waits = waiting;
        return handle_;
    }
    T await_resume() {
        DOSARIO_CHECK(handle_.promise().value.has_value());
        return std::move(*handle_.promise().value);
    }

private:
    Handle handle_;
};

/// What a conversation gives that gives nothing.
struct Done {};

/// Where a conversation stands still until somebody lets it go on.
class Stop {
public:
    bool stands() const { return handle_ != nullptr; }
    void go_on() {
        if (handle_) std::exchange(handle_, nullptr).resume();
    }
    void forget() { handle_ = nullptr; }

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> here) noexcept { handle_ = here; }
    void await_resume() const noexcept {}

private:
    std::coroutine_handle<> handle_;
};

}  // namespace dosario::ccid
