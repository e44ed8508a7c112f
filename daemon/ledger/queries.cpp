// SPDX-License-Identifier: Apache-2.0
#include "ledger/queries.hpp"

#include "ledger/stock_change.hpp"

namespace dosario {
namespace {

#define STOCK_LINES(of)                                                                                                                        \
    "SELECT s.gtin, coalesce(p.name, ''), coalesce(p.unit, ''), s.lot, s.expires_on, s.counted_packs + s.serial_packs,"                        \
    " s.opened_packs, s.opened_units, s.doses_made, s.doses_ready, s.units, s.place,"                                                          \
    " EXISTS (SELECT 1 FROM recall r WHERE r.gtin = s.gtin AND (+r.lot = '' OR +r.lot = s.lot)) FROM stock s LEFT JOIN product p USING (gtin)" \
    " WHERE " of " AND s.expires_on < ?1 ORDER BY s.expires_on, s.gtin, s.lot, s.place LIMIT ?2"

/// A statement of its own for each kind of question: one for all of them would read the whole shelf each time. A lot of a product is
/// found by the table's own key, everything else by what is here.
const char* stock_query(const StockFilter& filter) {
    if (filter.gtin) {
        return filter.lot.empty() ? STOCK_LINES("s.here = 1 AND s.gtin = ?3")
                                  : STOCK_LINES("+s.here = 1 AND s.gtin = ?3 AND s.lot = ?4");
    }
    return filter.lot.empty() ? STOCK_LINES("s.here = 1") : STOCK_LINES("s.here = 1 AND s.lot = ?3");
}

}  // namespace

Result<std::vector<StockLine>> stock_lines(Ledger& ledger, const StockFilter& filter) {
    auto query = ledger.database().query(stock_query(filter));
    constexpr std::int64_t kNever = 10'000'000;
    query.bind(filter.expires_before ? sql(*filter.expires_before) : kNever);
    query.bind(static_cast<std::int64_t>(filter.limit + 1));
    if (filter.gtin) query.bind(sql(*filter.gtin));
    if (!filter.lot.empty()) query.bind(filter.lot);
    std::vector<StockLine> lines;
    while (query.row()) {
        lines.push_back({{natural(query, 0)},
                         query.text(1),
                         query.text(2),
                         query.text(3),
                         static_cast<Place>(query.number(11)),
                         Date{std::chrono::days{query.number(4)}},
                         natural(query, 5),
                         natural(query, 6),
                         natural(query, 7),
                         natural(query, 8),
                         natural(query, 9),
                         natural(query, 10),
                         query.number(12) != 0});
    }
    if (query.failed()) return query.error();
    return lines;
}

Result<Entry> entry_at(Ledger& ledger, Seq seq) {
    auto entries = ledger.entries_after(seq - 1, 1);
    if (!entries) return entries.error();
    if (entries->empty() || entries->front().header.seq != seq)
        return fail(Failure::not_found, "there is no entry " + std::to_string(seq));
    return std::move(entries->front());
}

}  // namespace dosario
