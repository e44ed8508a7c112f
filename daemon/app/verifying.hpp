// SPDX-License-Identifier: Apache-2.0
// Verifying while the counter works: the ledger thread copies the ledger in small steps, then a thread of its own looks at the copy.
#pragma once

#include "app/ledger_thread.hpp"
#include "app/progress_board.hpp"
#include "ledger/ledger_copy.hpp"
#include "ledger/verify.hpp"

#include <atomic>
#include <mutex>
#include <thread>

namespace dosario {

class Verifying {
public:
    using Answer = std::function<void(Result<VerifyReport>)>;

    /// `progress` outlives this.
    Verifying(std::unique_ptr<Digest> digest, ProgressBoard& progress) : digest_(std::move(digest)), progress_(progress) {}
    /// As break_off(), and waits until it is over: milliseconds. The ledger thread must have ended before.
    ~Verifying();
    Verifying(const Verifying&) = delete;
    Verifying& operator=(const Verifying&) = delete;

    /// One verification, for the ledger thread; `full`: with an audit. `answer` is called once, on that thread or the other; not when the ledger thread stops
    /// before the copy is complete. While another one goes on the answer is unavailable. This outlives the chore.
    LedgerThread::Chore chore(Answer answer, bool full = false);

    /// Told of every report, on the thread that looked. Before the first chore.
    void on_report(std::function<void(const VerifyReport&)> told) { told_ = std::move(told); }

    /// Ends the look at a copy (unavailable), and every later one. When it returns no answer is being given, and none with a report will be:
    /// what takes reports may end before this.
    void break_off();

private:
    struct Copying;
    bool copy_some(Copying& copying, Ledger& ledger);
    void look_at(std::unique_ptr<LedgerCopy> copy, Answer answer, bool full);
    void finish(const Answer& answer, Result<VerifyReport> report);

    std::unique_ptr<Digest> digest_;
    ProgressBoard& progress_;
    std::function<void(const VerifyReport&)> told_ = [](const VerifyReport&) {};
    std::atomic<bool> busy_ = false;
    std::atomic<bool> stopping_ = false;
    std::mutex answering_;  ///< held while an answer is given
    std::thread thread_;    ///< of the last look; begun on the ledger thread only
};

}  // namespace dosario
