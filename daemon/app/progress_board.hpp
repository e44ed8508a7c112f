// SPDX-License-Identifier: Apache-2.0
// How far the long work of the ledger is, for whoever asks: written by the thread that works, read by the main thread.
#pragma once

#include "dosario/v1/control.pb.h"
#include "ledger/verify.hpp"

#include <mutex>

namespace dosario {

class ProgressBoard {
public:
    void tell(const LedgerProgress& progress) {
        const std::lock_guard lock{mutex_};
        progress_ = progress;
    }
    /// Nothing is going on any more.
    void clear() { tell({}); }
    v1::ProgressReply read() const {
        const std::lock_guard lock{mutex_};
        v1::ProgressReply reply;
        reply.set_what(progress_.what);
        reply.set_done(progress_.done);
        reply.set_all(progress_.all);
        return reply;
    }

private:
    mutable std::mutex mutex_;
    LedgerProgress progress_;
};

}  // namespace dosario
