// SPDX-License-Identifier: Apache-2.0
// A day at the counter from a seed, through the real workflows: receptions with and without serial, fractioning, verification,
// dispensing, undo, groups of several scans, retries by request id; and what a daemon does beside it: checkpoints, restarts, rebuild, a
// reader adopted, what the collector acknowledged. It keeps what was answered, so that a test can ask for it afterwards.
#pragma once

#include "support/counter.hpp"

#include <functional>
#include <map>
#include <random>

namespace dosario::test {

/// An answer that left: its entry, its hash, and the reply kept for its request id.
struct Promises {
    Seq seq = 0;
    Sha256 hash{};
    std::map<std::string, std::string> replies;  ///< by request id, of those that recorded
};

struct DayHooks {
    /// After each group: `promises` is what is promised now.
    std::function<void(const Promises& promises)> answered = [](const auto&) {};
    /// Before a group is decided: what follows may be in the ledger or not until it is answered.
    std::function<void()> begins = [] {};
    /// After the ledger was opened (again).
    std::function<void(Ledger&)> opened = [](Ledger&) {};
};

class Day {
public:
    Day(Counter& counter, std::uint64_t seed, DayHooks hooks = {});

    /// One group of scans, and now and then a chore before it. The failure after which a process must not go on.
    std::optional<Error> step();
    /// So many scans that recorded something. DOSARIO_CHECKs that nothing fails.
    void work(int scans);

    int recorded_scans() const { return recorded_scans_; }
    int retries() const { return retries_; }
    const Promises& promises() const { return promises_; }
    /// The group that was refused last, if any; what it said.
    const std::optional<Error>& refused() const { return refused_; }
    /// Each kind of answer, how often.
    const std::map<std::string, int>& tally() const { return tally_; }

private:
    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }
    std::optional<Error> chore();
    std::optional<Error> restart(bool killed);
    std::optional<Error> run_job(const std::function<Result<void>(Service&)>& decide);
    std::optional<Error> retry();
    void learn_from(const v1::ScanRequest& request, const Answer& answer);
    void promise();
    v1::ScanRequest gesture();
    Box some_box(bool serial);

    Counter& counter_;
    std::mt19937_64 random_;
    DayHooks hooks_;
    int steps_ = 0;
    int recorded_scans_ = 0;
    int retries_ = 0;
    int ids_ = 0;
    int serials_ = 0;
    std::vector<std::string> closed_;  ///< serials of closed packs
    std::vector<std::string> made_;    ///< doses to be verified
    std::vector<std::string> ready_;
    std::vector<v1::ScanRequest> asked_;  ///< those with a request id that recorded
    Promises promises_;
    std::optional<Error> refused_;
    std::map<std::string, int> tally_;
};

}  // namespace dosario::test
