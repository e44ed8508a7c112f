// SPDX-License-Identifier: Apache-2.0
#include "app/night.hpp"

namespace dosario {

bool Night::due(const Planned& planned, const NightMoment& now) {
    if (planned.tried_at && now.mono - *planned.tried_at < kAgain) return false;
    if (planned.good_at) {
        if (now.mono - *planned.good_at < kRest) return false;
    } else if (const auto good = planned.task.last_good()) {
        // One in the future says nothing: the clock was set back.
        if (*good <= now.wall && now.wall - *good < kRest) return false;
    }
    return now.hour == planned.task.hour || now.quiet >= kQuiet;
}

void Night::tick(const NightMoment& now) {
    for (std::size_t i = 0; i < tasks_.size() && !busy_; ++i) {
        if (!due(tasks_[i], now)) continue;
        busy_ = true;
        tasks_[i].tried_at = now.mono;
        tasks_[i].task.begin([this, i, mono = now.mono](bool good) {
            busy_ = false;
            if (good) tasks_[i].good_at = mono;
        });
    }
}

}  // namespace dosario
