// SPDX-License-Identifier: Apache-2.0
// Bounded questions to the ledger, for the API: stock by lot, one entry.
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

/// One entry by number.
Result<Entry> entry_at(Ledger& ledger, Seq seq);

}  // namespace dosario
