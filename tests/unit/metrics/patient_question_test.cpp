// SPDX-License-Identifier: Apache-2.0
#include "metrics/patient_question.hpp"
#include "support/catch.hpp"

#include <optional>
#include <vector>

using namespace dosario;
using namespace std::chrono_literals;

namespace {

/// A thread that takes its jobs up when the test says so.
struct SlowThread {
    struct Job {
        std::function<void(int&)> decide;
        std::function<void(const std::optional<Error>&)> answer;
    };
    bool post(Job job) {
        if (full) return false;
        jobs.push_back(std::move(job));
        return true;
    }
    void work(const std::optional<Error>& failure = std::nullopt) {
        for (Job& job : jobs) {
            job.decide(state);
            job.answer(failure);
        }
        jobs.clear();
    }
    std::vector<Job> jobs;
    int state = 41;
    bool full = false;
};

struct Asked {
    boost::asio::io_context context{1};
    SlowThread thread;
    std::vector<bool> heard;

    void ask(PatientQuestion& question) {
        question.ask(
            thread, [](int& state) { ++state; }, [this](bool answered) { heard.push_back(answered); });
    }
};

}  // namespace

TEST_CASE("a thread that answers is heard once, without waiting for the end of patience", "[metrics]") {
    Asked asked;
    PatientQuestion question{asked.context, 24h};
    asked.ask(question);
    CHECK(asked.heard.empty());
    asked.thread.work();
    CHECK(asked.heard.empty());  // on the thread of the context only
    asked.context.run();
    CHECK(asked.heard == std::vector{true});
    CHECK(asked.thread.state == 42);
}

TEST_CASE("a thread that hangs is not waited for, and may answer later", "[metrics]") {
    Asked asked;
    PatientQuestion question{asked.context, 0ms};
    asked.ask(question);
    asked.context.run();
    CHECK(asked.heard == std::vector{false});
    asked.thread.work();
    asked.context.restart();
    asked.context.run();
    CHECK(asked.heard == std::vector{false});
}

TEST_CASE("a thread that failed, or has a full queue, has not answered", "[metrics]") {
    Asked asked;
    PatientQuestion question{asked.context, 24h};
    asked.ask(question);
    asked.thread.work(fail(Failure::io, "the disk is gone"));
    asked.thread.full = true;
    asked.ask(question);
    asked.context.run();
    CHECK(asked.heard == std::vector{false, false});
}

TEST_CASE("scrapes do not fill the queue of a thread that hangs", "[metrics]") {
    Asked asked;
    PatientQuestion question{asked.context, 0ms};
    for (int i = 0; i < PatientQuestion::kMostUnanswered + 10; ++i) asked.ask(question);
    CHECK(asked.thread.jobs.size() == PatientQuestion::kMostUnanswered);
    CHECK(asked.heard == std::vector<bool>(10, false));
    asked.context.run();
    CHECK(asked.heard.size() == PatientQuestion::kMostUnanswered + 10);
    asked.thread.work();
    asked.ask(question);
    CHECK(asked.thread.jobs.size() == 1);
}
