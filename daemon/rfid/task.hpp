// SPDX-License-Identifier: Apache-2.0
// A conversation with a reader written from top to bottom: a coroutine that waits for an answer or for a time, and that nobody's thread
// runs. Who owns the outermost Task starts it, and resumes what waits inside; to destroy it ends all that is inside.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace dosario {

template <class T = void>
class Task;

namespace task_detail {

struct PromiseBase {
    std::coroutine_handle<> waits_for_it;  ///< null of the outermost
    std::suspend_always initial_suspend() noexcept { return {}; }
    struct Final {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
            const std::coroutine_handle<> next = ended.promise().waits_for_it;
            return next ? next : std::noop_coroutine();
        }
        void await_resume() const noexcept {}
    };
    Final final_suspend() noexcept { return {}; }
    [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
};

template <class T>
struct Promise : PromiseBase {
    std::optional<T> value;
    Task<T> get_return_object();
    void return_value(T result) { value.emplace(std::move(result)); }
    T take() { return std::move(*value); }
};

template <>
struct Promise<void> : PromiseBase {
    Task<void> get_return_object();
    void return_void() {}
    void take() {}
};

}  // namespace task_detail

template <class T>
class [[nodiscard]] Task {
public:
    using promise_type = task_detail::Promise<T>;
    using Handle = std::coroutine_handle<promise_type>;

    Task() = default;
    explicit Task(Handle handle) : handle_(handle) {}
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    Task& operator=(Task&& other) noexcept {
        if (this != &other) {
            end();
            handle_ = std::exchange(other.handle_, {});
        }
        return *this;
    }
    ~Task() { end(); }

    /// Runs until it waits for the first time. Of the outermost only.
    void start() { handle_.resume(); }

    struct Awaiter {
        Handle handle;
        bool await_ready() const noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) const noexcept {
            handle.promise().waits_for_it = caller;
            return handle;
        }
        T await_resume() const { return handle.promise().take(); }
    };
    Awaiter operator co_await() const noexcept { return Awaiter{handle_}; }

private:
    void end() {
        if (handle_) handle_.destroy();
        handle_ = {};
    }
    Handle handle_;
};

namespace task_detail {

template <class T>
Task<T> Promise<T>::get_return_object() {
    return Task<T>{std::coroutine_handle<Promise<T>>::from_promise(*this)};
}
inline Task<void> Promise<void>::get_return_object() {
    return Task<void>{std::coroutine_handle<Promise<void>>::from_promise(*this)};
}

}  // namespace task_detail

}  // namespace dosario
