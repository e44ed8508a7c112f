// SPDX-License-Identifier: Apache-2.0
// The line between a scanner and the chip that bridges it to USB: start bit, data bits with the lowest first, parity, stop bits. Whoever
// samples it at another rate or in another format than it was sent with gets other bytes, or fewer.
#pragma once

#include "base/bytes.hpp"
#include "simulated/make.hpp"

namespace dosario::simulated {

/// A receiver that is up to so far off in its rate still reads everything.
inline constexpr double kToleratedError = 0.03;

struct SampledLine {
    Bytes bytes;                 ///< frames whose stop bit was there
    bool framing_error = false;  ///< some were not: they are lost
};

/// What a receiver set to `receiver` makes of `sent`, back to back in the format `sender`. Both rates are at least 1.
SampledLine sample_line(ByteView sent, const LineFormat& sender, const LineFormat& receiver);

}  // namespace dosario::simulated
