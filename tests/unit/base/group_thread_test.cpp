// SPDX-License-Identifier: Apache-2.0
#include "base/group_thread.hpp"

#include "support/catch.hpp"

#include <future>

using namespace dosario;

namespace {

struct Shelf {
    std::function<void()> come_by;
};
using Thread = GroupThread<Shelf>;

Thread::Turns turns() {
    Thread::Turns turns;
    turns.begin = [](Shelf& shelf, std::function<void()> come_by) { shelf.come_by = std::move(come_by); };
    turns.run = [](Shelf& shelf, std::span<const Thread::Job> jobs, const Thread::Latecomers&) {
        for (const Thread::Job& job : jobs) job.decide(shelf);
        return std::optional<Error>{};
    };
    turns.rest = [](Shelf&) { return std::optional<Error>{}; };
    turns.on_fatal = [](const Error&) {};
    return turns;
}

/// Ready once the thread has said that it lives.
std::future<void> ask(Thread& thread) {
    auto answered = std::make_shared<std::promise<void>>();
    auto answer = answered->get_future();
    thread.ask([answered] { answered->set_value(); });
    return answer;
}

Thread::Job job(std::function<void(Shelf&)> decide) {
    return {std::move(decide), [](const std::optional<Error>&) {}};
}

bool is_ready(const std::future<void>& future) { return future.wait_for(std::chrono::seconds{0}) == std::future_status::ready; }

}  // namespace

TEST_CASE("an idle thread says that it lives, each time it is asked", "[group_thread]") {
    Thread thread{std::make_unique<Shelf>(), turns()};
    for (int i = 0; i < 3; ++i) ask(thread).get();
}

TEST_CASE("a thread that hangs in a decision does not say that it lives, until it comes by", "[group_thread]") {
    Thread thread{std::make_unique<Shelf>(), turns()};
    std::promise<void> begun;
    std::promise<void> end;
    REQUIRE(thread.post(job([&](Shelf&) {
        begun.set_value();
        end.get_future().wait();
    })));
    begun.get_future().wait();
    const auto answer = ask(thread);
    CHECK_FALSE(is_ready(answer));
    end.set_value();
    answer.wait();
}

TEST_CASE("what follows from every group does not keep the thread from saying that it lives", "[group_thread]") {
    std::atomic<bool> enough = false;
    Thread::Turns endless = turns();
    endless.follow = [&enough](Shelf&) { return !enough; };
    Thread thread{std::make_unique<Shelf>(), std::move(endless)};
    for (int i = 0; i < 5; ++i) ask(thread).get();
    enough = true;
}

TEST_CASE("long work says in its middle that it goes on", "[group_thread]") {
    Thread thread{std::make_unique<Shelf>(), turns()};
    std::promise<void> begun;
    std::promise<void> asked;
    std::promise<bool> answered_inside;
    std::future<void> answer;
    REQUIRE(thread.post_chore([&](Shelf& shelf) {
        begun.set_value();
        asked.get_future().wait();
        shelf.come_by();
        answered_inside.set_value(is_ready(answer));
        return false;
    }));
    begun.get_future().wait();
    answer = ask(thread);
    asked.set_value();
    CHECK(answered_inside.get_future().get());
}

TEST_CASE("being asked all the time does not keep a quiet thread from resting", "[group_thread]") {
    std::promise<void> rested;
    Thread::Turns restful = turns();
    restful.rest = [&rested](Shelf&) {
        rested.set_value();
        return std::optional<Error>{};
    };
    Thread thread{std::make_unique<Shelf>(), std::move(restful)};
    REQUIRE(thread.post(job([](Shelf&) {})));
    const auto rest = rested.get_future();
    while (!is_ready(rest)) ask(thread).get();
}

TEST_CASE("who comes while a group is decided shares its commit, and no group grows beyond its limit", "[group_thread]") {
    std::promise<void> begun;
    std::promise<void> all_queued;
    std::vector<std::size_t> groups;
    Thread::Turns growing = turns();
    growing.run = [&](Shelf& shelf, std::span<const Thread::Job> jobs, const Thread::Latecomers& latecomers) {
        std::size_t decided = jobs.size();
        for (const Thread::Job& one : jobs) one.decide(shelf);
        for (auto came = latecomers(); !came.empty(); came = latecomers()) decided += came.size();
        groups.push_back(decided);
        return std::optional<Error>{};
    };
    {
        Thread thread{std::make_unique<Shelf>(), std::move(growing)};
        REQUIRE(thread.post(job([&](Shelf&) {
            begun.set_value();
            all_queued.get_future().wait();
        })));
        begun.get_future().wait();
        for (std::size_t i = 0; i < Thread::kLargestGroup; ++i) REQUIRE(thread.post(job([](Shelf&) {})));
        all_queued.set_value();
    }
    CHECK(groups == std::vector<std::size_t>{Thread::kLargestGroup, 1});
}
