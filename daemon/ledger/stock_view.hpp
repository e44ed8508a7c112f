// SPDX-License-Identifier: Apache-2.0
// Stock over the ledger's tables: what workflows see, inside the transaction they decide in.
#pragma once

#include "ledger/sqlite.hpp"
#include "workflow/stock.hpp"

#include <functional>

namespace dosario {

class StockView final : public Stock {
public:
    using Earlier = std::function<Result<SignedFact>(Seq)>;

    StockView(Database& database, Earlier earlier) : db_(database), earlier_(std::move(earlier)) {}

    Seq next_seq() const override;
    std::optional<Product> product(Gtin gtin) const override;
    std::optional<LotAtPlace> lot(Gtin gtin, std::string_view lot, Place place) const override;
    std::vector<LotAtPlace> lots_at(Gtin gtin, Place place) const override;
    std::optional<std::string> recalled(Gtin gtin, std::string_view lot) const override;
    std::optional<Date> earliest_lot_on_shelf(Gtin gtin, Date today) const override;
    std::optional<Pack> pack_by_serial(Gtin gtin, std::string_view serial) const override;
    std::vector<Pack> packs_by_serial(std::string_view serial) const override;
    std::optional<Pack> pack(ThingId id) const override;
    std::vector<Pack> opened_packs(Gtin gtin, std::string_view lot) const override;
    std::optional<Dose> dose(ThingId id) const override;
    std::vector<ThingId> unverified_doses(ThingId mother) const override;
    std::optional<Date> earliest_ready_dose(Gtin gtin, Date today) const override;
    std::optional<OpenWork> open_work() const override;
    std::optional<LotAtPlace> typed_lot(WorkId work, Gtin gtin) const override;
    std::uint32_t last_recipe(Gtin gtin) const override;
    std::string operator_badge() const override;
    std::optional<Seq> last_undoable() const override;
    std::optional<SignedFact> fact(Seq seq) const override;
    std::optional<SignedFact> undoable(Seq seq) const override;
    bool moved_since(ThingId thing, Seq seq) const override;

private:
    Database& db_;
    Earlier earlier_;
};

}  // namespace dosario
