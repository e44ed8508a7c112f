// SPDX-License-Identifier: Apache-2.0
// Which interfaces may be taken from the desktop. Pure, so that "the clinic's only keyboard is never taken" is a table of tests.
#pragma once

#include "reader/driver.hpp"

#include <set>
#include <span>
#include <string>

namespace dosario {

/// What to do with an interface.
enum class Claim {
    take,           ///< surely a reader, or a person adopted it
    candidate,      ///< could be a scanner: listed by `dosario readers adopt`
    leave,          ///< not a reader, or one we do not drive
    protect,        ///< looks like a reader, must not be taken: carries a mouse
    last_keyboard,  ///< would be a candidate, but it is the only keyboard
};

struct ClaimDecision {
    Claim claim = Claim::leave;
    const Driver* driver = nullptr;  ///< of take, candidate and last_keyboard
};

/// `all` are all interfaces present, `one` among them; `adopted` are reader_id()s that a person adopted.
/// A boot keyboard is taken only if a driver's table knows its VID:PID or its id is in `adopted`; never if its device carries a
/// mouse; an adopted or candidate keyboard never if no other keyboard (one that is not itself a reader) is present.
/// `said` is the driver that the configuration names for it, null if it names none: behind a serial port it stands for an adoption.
ClaimDecision decide_claim(const UsbInterface& one, std::span<const UsbInterface> all, const std::set<std::string>& adopted,
                           std::span<const Driver* const> drivers, const Driver* said = nullptr);

}  // namespace dosario
