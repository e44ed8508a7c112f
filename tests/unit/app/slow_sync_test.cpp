// SPDX-License-Identifier: Apache-2.0
// A disk whose syncs take their time: what waits meanwhile goes into the next group, in order, and each answer comes after its sync. What
// that costs is the benchmarks' matter.
#include "app/ledger_thread.hpp"

#include "support/catch.hpp"
#include "support/counter.hpp"
#include "support/shim_vfs.hpp"

#include <future>
#include <mutex>
#include <numeric>
#include <thread>

using namespace dosario;
using namespace dosario::test;

namespace {

constexpr int kProducers = 8;
constexpr int kScansEach = 6;

/// What the ledger thread did with scans of several producers, each waiting for its answer.
struct Work {
    std::vector<Seq> answered;        ///< in the order of the answers
    std::vector<std::size_t> groups;  ///< their sizes
    int before_their_sync = 0;
    int failed = 0;
};

Work work_with(int sync_ms) {
    ShimVfs disk{"slow"};
    Counter counter{{.vfs = "slow"}};  // makes the ledger and its products
    counter.close();
    disk.slow_syncs(sync_ms);
    SeededEntropy entropy{3};
    LedgerOpening opening = counter.opening();
    auto ledger = Ledger::open(opening);
    REQUIRE(ledger.has_value());
    ServiceSettings settings;
    settings.site_day = [](UtcTime at) { return std::chrono::floor<std::chrono::days>(at); };
    auto service = std::make_unique<Service>(**ledger, counter.clock, entropy, std::move(settings));
    Work work;
    LedgerThread thread{std::move(*ledger), std::move(service),
                        LedgerThread::Hooks{[](const Error&) {}, [](Seq) {},
                                            [&](std::size_t jobs, std::chrono::nanoseconds) { work.groups.push_back(jobs); }}};
    std::vector<std::thread> producers;
    for (int p = 0; p < kProducers; ++p) {
        producers.emplace_back([&, p] {
            for (int i = 0; i < kScansEach; ++i) {
                const v1::ScanRequest request =
                    Scan{Box{.product = 1, .serial = "P" + std::to_string(p * 100 + i)}.code()}.mode("receive");
                std::promise<void> answered;
                Seq seq = 0;
                std::uint64_t syncs_at_decision = 0;
                DOSARIO_CHECK(thread.post({[&](Service& desk) {
                                               syncs_at_decision = disk.syncs();
                                               const auto reply = desk.scan(request);
                                               if (reply && reply->seq_size() > 0) seq = reply->seq(reply->seq_size() - 1);
                                           },
                                           [&](const std::optional<Error>& error) {
                                               work.failed += error.has_value() || seq == 0;
                                               work.before_their_sync += disk.syncs() == syncs_at_decision;
                                               work.answered.push_back(seq);
                                               answered.set_value();
                                           }}));
                answered.get_future().get();
            }
        });
    }
    for (std::thread& producer : producers) producer.join();
    return work;
}

}  // namespace

TEST_CASE("a slow sync changes no answer: all that waited goes together, in order, after its sync", "[slow]") {
    const int sync_ms = GENERATE(0, 5, 20);
    INFO(sync_ms << " ms");
    const Work work = work_with(sync_ms);
    constexpr std::size_t kAll = kProducers * kScansEach;
    CHECK(work.failed == 0);
    CHECK(work.before_their_sync == 0);
    REQUIRE(work.answered.size() == kAll);
    CHECK(std::is_sorted(work.answered.begin(), work.answered.end()));
    CHECK(std::adjacent_find(work.answered.begin(), work.answered.end()) == work.answered.end());
    CHECK(std::accumulate(work.groups.begin(), work.groups.end(), std::size_t{0}) == kAll);
    // While a group is synced all the others come to wait: no more than two rounds for each scan of a producer.
    if (sync_ms == 20) CHECK(work.groups.size() <= 2 * kScansEach + 2);
}
