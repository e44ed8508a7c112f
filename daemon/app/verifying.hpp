// SPDX-License-Identifier: Apache-2.0
// Verifying while the counter works: the ledger thread copies the ledger in small steps, then a thread of its own looks at the copy.
#pragma once

#include "app/ledger_thread.hpp"
#include "ledger/ledger_copy.hpp"
#include "ledger/verify.hpp"

#include <atomic>
#include <thread>

namespace dosario {

class Verifying {
public:
    using Answer = std::function<void(Result<VerifyReport>)>;

    explicit Verifying(std::unique_ptr<Digest> digest) : digest_(std::move(digest)) {}
    /// As break_off(), and waits until it is over: milliseconds. The ledger thread must have ended before.
    ~Verifying();
    Verifying(const Verifying&) = delete;
    Verifying& operator=(const Verifying&) = delete;

    /// One verification, for the ledger thread. `answer` is called once, on that thread or the other; not when the ledger thread stops
    /// before the copy is complete. While another one goes on the answer is unavailable. This outlives the chore.
    LedgerThread::Chore chore(Answer answer);

    /// Ends the look at a copy (unavailable), and every later one.
    void break_off() { stopping_ = true; }

private:
    struct Copying;
    bool copy_some(Copying& copying, Ledger& ledger);
    void look_at(std::unique_ptr<LedgerCopy> copy, Answer answer);
    void finish(const Answer& answer, Result<VerifyReport> report);

    std::unique_ptr<Digest> digest_;
    std::atomic<bool> busy_ = false;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;  ///< of the last look; begun on the ledger thread only
};

}  // namespace dosario
