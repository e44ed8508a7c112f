// SPDX-License-Identifier: Apache-2.0
// What came and went, by lot, read from the entries of a ledger or of a copy of it.
#pragma once

#include "ledger/sqlite.hpp"
#include "workflow/fact.hpp"

#include <vector>

namespace dosario {

/// What one booking moved of one lot. Units are base units.
struct LotMove {
    Gtin gtin;
    std::string lot;
    std::uint64_t received_packs = 0;
    std::uint64_t received_units = 0;
    std::uint64_t dispensed_packs = 0;
    std::uint64_t dispensed_doses = 0;
    std::uint64_t dispensed_units = 0;  ///< of packs and doses
    std::uint64_t returned_packs = 0;   ///< that had left, and were taken back
    std::uint64_t returned_doses = 0;
    std::uint64_t returned_units = 0;
    std::uint64_t wasted_units = 0;
    bool undone = false;  ///< an undo of this move, of whatever day, was booked
};

struct MovesWanted {
    Date from{};
    Date to{};                 ///< that day too
    std::optional<Gtin> gtin;  ///< nothing: every product
};

struct MovesPage {
    std::vector<LotMove> moves;
    Seq read_to = 0;  ///< the last entry that was looked at
    bool more = false;
};

/// Of the entries after `after`, of which `limit` are looked at, those that were decided for a day that is wanted.
Result<MovesPage> moves_after(Database& database, Seq after, std::size_t limit, const MovesWanted& wanted);

}  // namespace dosario
