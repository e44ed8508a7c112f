// SPDX-License-Identifier: Apache-2.0
// A bar on standard error while long work goes on, when that is a terminal; nothing otherwise, and never anything on standard output.
#pragma once

#include "ctl/session.hpp"
#include "ledger/verify.hpp"

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace dosario {

/// One line of text for a terminal: `verifying  [#####.....]  52 %`. The width of the bar is fixed.
std::string bar_text(const LedgerProgress& progress);

class ProgressBar {
public:
    ProgressBar();
    /// Leaves no trace.
    ~ProgressBar();
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    bool on() const { return on_; }
    void show(const LedgerProgress& progress);
    /// For work on the file itself.
    TellProgress teller();
    /// Asks the daemon on a connection of its own until this ends.
    void follow(const std::string& socket_path);

private:
    void poll(const std::string& socket_path);

    bool on_;
    std::string shown_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool ended_ = false;
    std::thread thread_;
};

}  // namespace dosario
