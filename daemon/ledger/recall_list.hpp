// SPDX-License-Identifier: Apache-2.0
// What a recall touches: where the goods of a lot are, and for which visits they left.
#pragma once

#include "ledger/story.hpp"

#include <string>
#include <vector>

namespace dosario {

struct Recall {
    Gtin gtin;
    std::string lot;  ///< empty: every lot of the product
    std::string reference;
    Seq seq = 0;
};

/// All that hold now, by product and lot.
Result<std::vector<Recall>> recalls(Ledger& ledger);

/// A dose, a pack with serial number, or packs without that left together.
struct TouchedThing {
    enum class What : std::uint8_t { dose, pack, packs } what = What::dose;
    ThingId id;
    std::string serial;
    int state = 0;  ///< of DoseState or PackState; packs without serial number are out
    std::uint32_t packs = 0;
    Step left;  ///< how it left, if it is out
};

struct TouchedLot {
    std::string lot;
    Date expires_on{};
    std::uint64_t packs_on_shelf = 0;
    std::uint64_t packs_in_quarantine = 0;
    std::uint64_t packs_out = 0;
    std::uint64_t opened_packs = 0;
    std::uint64_t opened_units = 0;
    std::uint64_t doses_to_verify = 0;
    std::uint64_t doses_ready = 0;
    std::uint64_t doses_in_quarantine = 0;
    std::uint64_t doses_out = 0;
    std::vector<TouchedThing> things;
};

struct Touched {
    static constexpr std::size_t kMostThings = 10'000;
    std::vector<TouchedLot> lots;
    bool more = false;  ///< there are more things than kMostThings
};

/// Of one lot, or of every lot of the product when `lot` is empty. A lot that was never received touches nothing.
Result<Touched> touched_by(Ledger& ledger, Gtin gtin, std::string_view lot);

}  // namespace dosario
