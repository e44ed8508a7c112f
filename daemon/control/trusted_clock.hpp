// SPDX-License-Identifier: Apache-2.0
// The time that decisions are made for. The computer's wall clock is believed while it keeps pace with the clock that never jumps
// and is neither behind what is written nor far ahead of it; docs/decisions/0010 says why. Knows no ledger and no time zone.
#pragma once

#include "base/clock.hpp"
#include "workflow/review.hpp"

#include <optional>

namespace dosario {

class TrustedClock {
public:
    /// More than this ahead of the steady clock is a jump.
    static constexpr auto kLongestJump = std::chrono::hours{24};
    /// A wall clock not seen before may be so far ahead of the last entry: a season's pause, and less than a mistaken year.
    static constexpr auto kLongestPause = std::chrono::hours{24} * 200;
    /// The same for a ledger without entries, counted from `earliest`.
    static constexpr auto kOldestRelease = std::chrono::hours{24} * 3653;

    struct Reading {
        UtcTime wall{};  ///< as the computer says
        MonoTime mono{};
        UtcTime at{};  ///< to decide by: the wall clock's when it is good; never behind `earliest` and the last good entry
        ClockState state = ClockState::good;
    };

    /// No honest clock is before `earliest`. The clock outlives this.
    TrustedClock(const Clock& clock, UtcTime earliest) : clock_(clock), earliest_(earliest) {}

    /// Reads both clocks. `last_good`: the wall clock of the last entry that was written by a good one.
    Reading read(std::optional<UtcTime> last_good);

private:
    /// A time that was so, and what the steady clock said then.
    struct Pace {
        UtcTime at{};
        MonoTime mono{};
        bool by_wall_clock = false;  ///< else it is only the earliest that it can have been
    };

    const Clock& clock_;
    UtcTime earliest_;
    std::optional<Pace> pace_;
};

}  // namespace dosario
