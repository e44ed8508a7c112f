// SPDX-License-Identifier: Apache-2.0
// New ids for doses and opened packs: 60 bits, ascending, so that indexes stay append-only and two stations do not meet.
//
//   32 bits seconds since 2025-01-01T00:00Z | 28 bits, of which the first in a second begins at random below 2^27
#pragma once

#include "base/clock.hpp"
#include "workflow/review.hpp"

namespace dosario {

class ThingMint final : public Mint {
public:
    /// `above`: the largest id that exists already. No id is of before `earliest`, so that stations with a dead clock do not meet
    /// either. Clock and entropy outlive the mint.
    ThingMint(const Clock& clock, Entropy& entropy, ThingId above, UtcTime earliest)
        : clock_(clock), entropy_(entropy), earliest_(earliest), last_(above.number) {}

    ThingId thing() override;
    Recipient recipient() override;

private:
    const Clock& clock_;
    Entropy& entropy_;
    UtcTime earliest_;
    std::uint64_t last_;
};

}  // namespace dosario
