// SPDX-License-Identifier: Apache-2.0
// New ids for doses and opened packs: 60 bits, ascending, so that indexes stay append-only and two stations do not meet.
//
//   32 bits seconds since 2025-01-01T00:00Z | 28 bits, of which the first in a second begins at random below 2^27
#pragma once

#include "base/clock.hpp"
#include "workflow/review.hpp"

#include <algorithm>

namespace dosario {

class ThingMint final : public Mint {
public:
    /// `above`: the largest id that exists already. Entropy outlives the mint.
    ThingMint(Entropy& entropy, ThingId above) : entropy_(entropy), last_(above.number) {}

    /// The time of the decision that may want ids.
    void set_time(UtcTime at) { at_ = at; }

    /// No id up to this one is given any more.
    void stay_above(ThingId id) { last_ = std::max(last_, id.number); }

    ThingId thing() override;
    Recipient recipient() override;

private:
    Entropy& entropy_;
    UtcTime at_{};
    std::uint64_t last_;
};

}  // namespace dosario
