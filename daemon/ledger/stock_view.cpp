// SPDX-License-Identifier: Apache-2.0
#include "ledger/stock_view.hpp"

#include "ledger/stock_change.hpp"

#include <cstring>

namespace dosario {
namespace {

std::uint32_t quantity(const Query& query, int column) { return static_cast<std::uint32_t>(query.number(column)); }
Date day(const Query& query, int column) { return Date{std::chrono::days{query.number(column)}}; }

#define PACK_COLUMNS \
    "SELECT pack, gtin, serial, lot, expires_on, state, units_total, units_left, opened_on, out_seq, returned_seq FROM pack "

Pack read_pack(const Query& query) {
    return {{natural(query, 0)}, {natural(query, 1)}, query.text(2),
            query.text(3),       day(query, 4),       static_cast<PackState>(query.number(5)),
            quantity(query, 6),  quantity(query, 7),  day(query, 8),
            natural(query, 9),   natural(query, 10)};
}

std::optional<Pack> one_pack(Query& query) {
    if (!query.row()) return std::nullopt;
    return read_pack(query);
}

// Of the kinds that Projection::reverse() knows.
#define IS_UNDOABLE \
    "kind IN (14, 15, 16, 17, 18, 24, 25, 26, 27) AND NOT EXISTS (SELECT 1 FROM taken_back t WHERE t.seq = event.seq)"

LotAtPlace read_lot(const Query& query) {
    return {query.text(0), day(query, 1), natural(query, 2), natural(query, 3), quantity(query, 4)};
}

}  // namespace

Seq StockView::next_seq() const {
    auto query = db_.query("SELECT coalesce(max(seq), 0) + 1 FROM event");
    return query.row() ? natural(query, 0) : 0;
}

std::optional<Product> StockView::product(Gtin gtin) const {
    auto query = db_.query("SELECT name, unit, units_per_pack, beyond_use_days, units_per_dose FROM product WHERE gtin = ?");
    query.bind(sql(gtin));
    if (!query.row()) return std::nullopt;
    return Product{gtin, query.text(0), query.text(1), quantity(query, 2), quantity(query, 3), quantity(query, 4)};
}

std::optional<LotAtPlace> StockView::lot(Gtin gtin, std::string_view lot, Place place) const {
    auto query = db_.query(
        "SELECT lot, expires_on, counted_packs, serial_packs, units_per_pack FROM stock WHERE gtin = ? AND lot = ? AND place = ?");
    query.bind(sql(gtin)).bind(lot).bind(sql(place));
    if (!query.row()) return std::nullopt;
    return read_lot(query);
}

std::vector<LotAtPlace> StockView::lots_at(Gtin gtin, Place place) const {
#define LOTS_AT(of)                                                                                                  \
    "SELECT lot, expires_on, counted_packs, serial_packs, units_per_pack FROM stock WHERE gtin = ? AND place = ?" of \
    " AND counted_packs + serial_packs > 0 ORDER BY expires_on, lot LIMIT 16"
    const bool here = place == Place::shelf || place == Place::quarantine;
    auto query = db_.query(here ? LOTS_AT(" AND here = 1") : LOTS_AT(""));
    query.bind(sql(gtin)).bind(sql(place));
    std::vector<LotAtPlace> lots;
    while (query.row()) lots.push_back(read_lot(query));
    return lots;
}

std::optional<Date> StockView::earliest_lot_on_shelf(Gtin gtin, Date today) const {
    auto query = db_.query(
        "SELECT expires_on FROM stock WHERE gtin = ? AND here = 1 AND place = ? AND counted_packs + serial_packs > 0 AND expires_on >= ?"
        " ORDER BY expires_on LIMIT 1");
    query.bind(sql(gtin)).bind(sql(Place::shelf)).bind(sql(today));
    if (!query.row()) return std::nullopt;
    return day(query, 0);
}

std::optional<std::string> StockView::recalled(Gtin gtin, std::string_view lot) const {
    auto query = db_.query("SELECT reference FROM recall WHERE gtin = ? AND (+lot = '' OR +lot = ?) ORDER BY lot DESC LIMIT 1");
    query.bind(sql(gtin)).bind(lot);
    if (!query.row()) return std::nullopt;
    return query.text(0);
}

std::optional<Pack> StockView::pack_by_serial(Gtin gtin, std::string_view serial) const {
    auto query = db_.query(PACK_COLUMNS "WHERE gtin = ? AND serial = ?");
    query.bind(sql(gtin)).bind(serial);
    return one_pack(query);
}

// One look into the index of (gtin, serial) for each product: thousands, where the packs are hundreds of thousands.
std::vector<Pack> StockView::packs_by_serial(std::string_view serial) const {
    auto query = db_.query(PACK_COLUMNS "WHERE gtin IN (SELECT gtin FROM product) AND serial = ? LIMIT 2");
    query.bind(serial);
    std::vector<Pack> packs;
    while (query.row()) packs.push_back(read_pack(query));
    return packs;
}

std::optional<Pack> StockView::pack(ThingId id) const {
    auto query = db_.query(PACK_COLUMNS "WHERE pack = ?");
    query.bind(sql(id));
    return one_pack(query);
}

std::vector<Pack> StockView::opened_packs(Gtin gtin, std::string_view lot) const {
    auto query = db_.query(PACK_COLUMNS "WHERE gtin = ? AND lot = ? AND state = 2 AND units_left > 0 ORDER BY pack LIMIT 16");
    query.bind(sql(gtin)).bind(lot);
    std::vector<Pack> packs;
    while (query.row()) packs.push_back(read_pack(query));
    return packs;
}

std::optional<Dose> StockView::dose(ThingId id) const {
    auto query = db_.query(
        "SELECT pack, gtin, lot, expires_on, beyond_use_on, units, state, made_by, out_seq, returned_seq FROM dose WHERE dose = ?");
    query.bind(sql(id));
    if (!query.row()) return std::nullopt;
    return Dose{id,
                {natural(query, 0)},
                {natural(query, 1)},
                query.text(2),
                day(query, 3),
                day(query, 4),
                quantity(query, 5),
                static_cast<DoseState>(query.number(6)),
                query.text(7),
                natural(query, 8),
                natural(query, 9)};
}

std::vector<ThingId> StockView::unverified_doses(ThingId mother) const {
    auto query = db_.query("SELECT dose FROM dose WHERE pack = ? AND state = 1 ORDER BY dose LIMIT 4096");
    query.bind(sql(mother));
    std::vector<ThingId> doses;
    while (query.row()) doses.push_back({natural(query, 0)});
    return doses;
}

std::optional<Date> StockView::earliest_ready_dose(Gtin gtin, Date today) const {
    auto query = db_.query(
        "SELECT beyond_use_on FROM dose WHERE gtin = ? AND state = 2 AND beyond_use_on >= ? ORDER BY beyond_use_on LIMIT 1");
    query.bind(sql(gtin)).bind(sql(today));
    if (!query.row()) return std::nullopt;
    return day(query, 0);
}

std::optional<OpenWork> StockView::open_work() const {
    auto query = db_.query(
        "SELECT work, kind, recipient, bookings, supplier, note FROM work WHERE closed_seq IS NULL ORDER BY work DESC LIMIT 1");
    if (!query.row()) return std::nullopt;
    OpenWork work{natural(query, 0), static_cast<WorkKind>(query.number(1)), {}, quantity(query, 3), query.text(4),
                  query.text(5)};
    const ByteView recipient = query.blob_view(2);
    if (recipient.size() == work.recipient.size()) std::memcpy(work.recipient.data(), recipient.data(), recipient.size());
    return work;
}

std::optional<LotAtPlace> StockView::typed_lot(WorkId work, Gtin gtin) const {
    auto query = db_.query("SELECT lot, expires_on FROM typed_lot WHERE work = ? AND gtin = ?");
    query.bind(sql(work)).bind(sql(gtin));
    if (!query.row()) return std::nullopt;
    return LotAtPlace{query.text(0), day(query, 1), 0, 0, 0};
}

std::uint32_t StockView::last_recipe(Gtin gtin) const {
    auto query = db_.query("SELECT units_per_dose FROM recipe WHERE gtin = ? ORDER BY last_seq DESC LIMIT 1");
    query.bind(sql(gtin));
    return query.row() ? quantity(query, 0) : 0;
}

std::string StockView::operator_badge() const {
    auto query = db_.query("SELECT operator FROM desk WHERE one = 1");
    return query.row() ? query.text(0) : std::string{};
}

std::optional<Seq> StockView::last_undoable() const {
    auto query = db_.query("SELECT seq FROM event WHERE " IS_UNDOABLE " ORDER BY seq DESC LIMIT 1");
    if (!query.row()) return std::nullopt;
    return natural(query, 0);
}

std::optional<SignedFact> StockView::fact(Seq seq) const {
    auto fact = earlier_(seq);
    if (!fact) return std::nullopt;
    return *fact;
}

std::optional<SignedFact> StockView::undoable(Seq seq) const {
    {
        auto query = db_.query("SELECT 1 FROM event WHERE seq = ? AND " IS_UNDOABLE);
        query.bind(sql(seq));
        if (!query.row()) return std::nullopt;
    }
    return fact(seq);
}

bool StockView::moved_since(ThingId thing, Seq seq) const { return later_move(db_, thing, seq); }

}  // namespace dosario
