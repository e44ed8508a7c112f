// SPDX-License-Identifier: Apache-2.0
#include "app/ledger_thread.hpp"

#include "crypto/openssl.hpp"
#include "support/catch.hpp"
#include "support/manual_clock.hpp"
#include "support/temporary_directory.hpp"

#include <future>

using namespace dosario;
using namespace dosario::test;

namespace {

/// A ledger thread on a ledger of its own.
struct Rig {
    TemporaryDirectory directory;
    ManualClock clock;
    SeededEntropy entropy{1};
    std::unique_ptr<Digest> digest = make_digest();
    std::unique_ptr<LedgerThread> thread;

    Rig() {
        LedgerOpening opening;
        opening.directory = directory.path();
        opening.digest = digest.get();
        opening.entropy = &entropy;
        opening.now = {clock.wall(), clock.mono(), false};
        opening.build = "test";
        auto ledger = Ledger::open(opening);
        REQUIRE(ledger.has_value());
        ServiceSettings settings;
        settings.site_day = [](UtcTime at) { return std::chrono::floor<std::chrono::days>(at); };
        auto service = std::make_unique<Service>(**ledger, clock, entropy, std::move(settings));
        thread = std::make_unique<LedgerThread>(std::move(*ledger), std::move(service),
                                                LedgerThread::Hooks{[](const Error&) {}, [](Seq) {}});
    }

    /// Ready once the thread has said that it lives.
    std::future<void> ask() {
        auto answered = std::make_shared<std::promise<void>>();
        auto answer = answered->get_future();
        thread->ask([answered] { answered->set_value(); });
        return answer;
    }
};

Job job(std::function<void(Service&)> decide) {
    return {std::move(decide), [](const std::optional<Error>&) {}};
}

bool is_ready(const std::future<void>& future) { return future.wait_for(std::chrono::seconds{0}) == std::future_status::ready; }

}  // namespace

TEST_CASE("an idle ledger thread says that it lives, each time it is asked", "[ledger_thread]") {
    Rig rig;
    for (int i = 0; i < 3; ++i) rig.ask().get();
}

TEST_CASE("a ledger thread that hangs in a decision does not say that it lives", "[ledger_thread]") {
    Rig rig;
    std::promise<void> hangs;
    std::promise<void> end;
    REQUIRE(rig.thread->post(job([&](Service&) {
        hangs.set_value();
        end.get_future().wait();
    })));
    hangs.get_future().wait();
    const auto answer = rig.ask();
    CHECK_FALSE(is_ready(answer));
    end.set_value();
    answer.wait();
}

TEST_CASE("a full queue is no reason not to live", "[ledger_thread]") {
    Rig rig;
    std::promise<void> begun;
    std::promise<void> end;
    REQUIRE(rig.thread->post(job([&](Service&) {
        begun.set_value();
        end.get_future().wait();
    })));
    begun.get_future().wait();
    while (rig.thread->post(job([](Service&) {}))) {
    }
    const auto answer = rig.ask();
    end.set_value();
    answer.wait();
}

TEST_CASE("long work in slices goes on while the thread says that it lives", "[ledger_thread]") {
    std::atomic<bool> enough = false;
    Rig rig;
    REQUIRE(rig.thread->post_chore([&enough](Service&) { return !enough; }));
    for (int i = 0; i < 5; ++i) rig.ask().get();
    enough = true;
}

TEST_CASE("one long statement that goes on is no hang", "[ledger_thread]") {
    Rig rig;
    std::promise<void> in_statement;
    std::promise<void> asked;
    std::atomic<bool> answered_inside = false;
    std::future<void> answer;
    REQUIRE(rig.thread->post_chore([&](Service& service) {
        in_statement.set_value();
        asked.get_future().wait();
        const auto counted = service.ledger().database().number(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT count(*) FROM n");
        answered_inside = counted.has_value() && *counted == 100000 && is_ready(answer);
        return false;
    }));
    in_statement.get_future().wait();
    answer = rig.ask();
    asked.set_value();
    answer.wait();
    rig.thread.reset();
    CHECK(answered_inside);
}
