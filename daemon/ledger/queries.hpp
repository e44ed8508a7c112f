// SPDX-License-Identifier: Apache-2.0
// Bounded questions to the projections, for the API: stock by lot, and the history of one thing.
#pragma once

#include "ledger/ledger.hpp"

#include <string>
#include <vector>

namespace dosario {

struct StockLine {
    Gtin gtin;
    std::string name;
    std::string unit;
    std::string lot;
    Place place = Place::shelf;  ///< or quarantine
    Date expires_on{};
    std::uint64_t closed_packs = 0;
    std::uint64_t opened_packs = 0;
    std::uint64_t opened_units = 0;
    std::uint64_t doses_made = 0;
    std::uint64_t doses_ready = 0;
    std::uint64_t units = 0;
    bool recalled = false;
};

struct StockFilter {
    std::optional<Gtin> gtin;
    std::string lot;
    std::optional<Date> expires_before;
    std::size_t limit = 1000;
};

/// Lots with anything left, by expiry; at most filter.limit + 1 lines, so that the caller sees whether there are more.
Result<std::vector<StockLine>> stock_lines(Ledger& ledger, const StockFilter& filter);

/// Everything known of a dose, a pack or a lot.
struct Story {
    enum class Of : std::uint8_t { dose, pack, lot } of = Of::dose;
    Gtin gtin;
    std::string lot;
    Date expires_on{};
    std::string serial;
    ThingId id;
    ThingId mother;
    std::optional<Date> beyond_use_on;
    static constexpr int kUndone = 0;
    int state = kUndone;         ///< of DoseState or PackState; kUndone: what made it was taken back (and for lots)
    std::vector<Seq> entries;    ///< its own and its mother's, of a lot also those of its packs and doses; in order, at most 1000
    std::vector<ThingId> doses;  ///< of a pack, at most 4096
};

Result<Story> story_of_thing(Ledger& ledger, ThingId thing);
Result<Story> story_of_serial(Ledger& ledger, Gtin gtin, std::string_view serial);
Result<Story> story_of_lot(Ledger& ledger, Gtin gtin, std::string_view lot);

/// One entry by number.
Result<Entry> entry_at(Ledger& ledger, Seq seq);

}  // namespace dosario
