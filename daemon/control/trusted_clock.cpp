// SPDX-License-Identifier: Apache-2.0
#include "control/trusted_clock.hpp"

#include <algorithm>

namespace dosario {

TrustedClock::Reading TrustedClock::read(std::optional<UtcTime> last_good) {
    const UtcTime wall = clock_.wall();
    const MonoTime mono = clock_.mono();
    const UtcTime floor = std::max(last_good.value_or(earliest_), earliest_);
    if (!pace_) pace_ = Pace{floor, mono, false};
    const UtcTime expected = pace_->at + (mono - pace_->mono);
    const Micros allowed = pace_->by_wall_clock ? kLongestJump : last_good ? kLongestPause : kOldestRelease;
    if (wall >= floor && wall <= expected + allowed) {
        // A clock that was set back stays within its pace: set right again it is no jump.
        if (!pace_->by_wall_clock || wall >= expected - kLongestJump) pace_ = Pace{wall, mono, true};
        return {wall, mono, wall, ClockState::good};
    }
    const ClockState state = wall < floor ? ClockState::behind : pace_->by_wall_clock ? ClockState::ahead : ClockState::unknown;
    return {wall, mono, std::max(expected, floor), state};
}

}  // namespace dosario
