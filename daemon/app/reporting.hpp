// SPDX-License-Identifier: Apache-2.0
// Long reports while the counter works: a thread of its own reads last night's verified copy, and then asks the ledger thread for what was
// booked since, a page at a time when nobody waits.
#pragma once

#include "app/ledger_thread.hpp"
#include "ledger/moves.hpp"

#include <atomic>
#include <map>
#include <thread>

namespace dosario {

class Reporting {
public:
    using Answer = std::function<void(Result<v1::MovesReply>)>;

    explicit Reporting(std::string data_directory) : directory_(std::move(data_directory)) {}
    /// As break_off(), and waits until it is over. The ledger thread must have ended before.
    ~Reporting();
    Reporting(const Reporting&) = delete;
    Reporting& operator=(const Reporting&) = delete;

    /// `answer` is called once, on the report's thread, or at once: invalid; unavailable while another report is made. On one thread only;
    /// `ledger` outlives the report.
    void begin(const v1::MovesRequest& request, LedgerThread& ledger, Answer answer);
    void break_off() { stopping_ = true; }

private:
    class Run;
    std::string directory_;
    std::atomic<bool> busy_ = false;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

}  // namespace dosario
