// SPDX-License-Identifier: Apache-2.0
// One decision of the desk in the making. Internal to desk*.cpp.
#pragma once

#include "workflow/desk.hpp"

namespace dosario {

/// Facts of opening and closing work come before those of the item.
struct Desk::Turn {
    const DeskScan& scan;
    Bench bench;
    std::optional<OpenWork> work;
    std::vector<SignedFact> before;  ///< facts already decided in this turn
    std::uint32_t choice = 0;        ///< which reading of an unclear code a person chose just now, 0 = none
    bool named_note = false;         ///< `before` names a delivery note
    std::uint32_t dropped = 0;       ///< the multiplier that ended in this turn, without a pack
};

/// A multiplier that no box followed in this time was meant for another one, and a count that comes later than this was not of the tray that
/// was taken away.
inline constexpr auto kTimesHolds = std::chrono::seconds{60};

/// What was typed with this scan, completed by what was typed with the scan that raised the question.
Typed merge(Typed now, const Typed& before);

}  // namespace dosario
