// SPDX-License-Identifier: Apache-2.0
// Fractioning: a pack becomes doses that keep its lot and expiry. Nothing leaves until a second person verified it.
#include "workflow/workflow.hpp"

#include <algorithm>

namespace dosario {
namespace {

/// Labels of one fractioning: a roll, not a printing works.
constexpr std::uint32_t kMostDoses = 1000;

struct Source {
    Pack pack;
    bool opened_now = false;
};

Source closed_pack_of_lot(const LotAtPlace& lot, Gtin gtin, const Bench& bench) {
    Source source;
    source.opened_now = true;
    source.pack = {bench.mint.thing(), gtin, "", lot.lot, lot.expires_on, PackState::closed, lot.units_per_pack,
                   lot.units_per_pack, {},   0,  0};
    return source;
}

std::variant<Source, Review> find_counted(const Item& item, const Bench& bench, Particulars about) {
    std::string lot = item.lot.empty() ? bench.typed.lot : item.lot;
    if (lot.empty()) {
        const auto lots = bench.stock.lots_at(item.gtin, Place::shelf);
        if (lots.size() > 1) return ask_which_lot(lots, std::move(about));
        if (lots.empty()) return stop(What::not_in_stock, std::move(about));
        lot = lots.front().lot;
    }
    about.lot = lot;
    const auto known = bench.stock.lot(item.gtin, lot, Place::shelf);
    if (!known) return stop(What::not_in_stock, std::move(about));
    if (auto stopped = contradiction(item, bench.typed, known->lot, known->expires_on, about)) return std::move(*stopped);
    if (known->counted_packs > 0) return closed_pack_of_lot(*known, item.gtin, bench);
    const auto opened = bench.stock.opened_packs(item.gtin, lot);
    if (opened.size() == 1) return Source{opened.front(), false};
    if (opened.size() > 1) about.reason = "several_opened";
    return stop(What::not_in_stock, std::move(about));
}

/// The pack to cut, closed or opened before; a Review says why there is none.
std::variant<Source, Review> find_source(const Item& item, const Bench& bench) {
    Particulars about = describe(item, bench);
    std::optional<Pack> pack;
    if (item.pack) {
        pack = bench.stock.pack(item.pack);
    } else if (!item.serial.empty()) {
        pack = bench.stock.pack_by_serial(item.gtin, item.serial);
    } else {
        return find_counted(item, bench, std::move(about));
    }
    if (pack && pack->state == PackState::returned) return stop(What::quarantined, std::move(about));
    if (!pack || pack->state == PackState::out || pack->units_left == 0) {
        if (pack) about.reason = pack->state == PackState::out ? "already_out" : "empty_pack";
        if (!pack) about.reason = unknown_serial(item, bench);
        return stop(What::not_in_stock, std::move(about));
    }
    if (auto stopped = contradiction(item, bench.typed, pack->lot, pack->expires_on, std::move(about)))
        return std::move(*stopped);
    return Source{*pack, pack->state == PackState::closed};
}

struct BeyondUse {
    Date on{};
    BeyondUseRule rule = BeyondUseRule::maker_expiry;
};

/// The earliest of the maker's expiry and the pharmacist's rules, counted from the day the pack was opened.
BeyondUse beyond_use(Date expires_on, Date opened_on, const std::optional<Product>& product, const Rules& rules) {
    BeyondUse best{expires_on, BeyondUseRule::maker_expiry};
    const auto offer = [&best](Date on, BeyondUseRule rule) {
        if (on < best.on) best = {on, rule};
    };
    if (rules.beyond_use_days > 0) {
        offer(opened_on + std::chrono::days{rules.beyond_use_days}, BeyondUseRule::days_after_opening);
    }
    if (rules.share_of_time_left_percent > 0 && rules.share_of_time_left_percent < 100) {
        const auto left = (expires_on - opened_on).count();
        offer(opened_on + std::chrono::days{left * static_cast<long>(rules.share_of_time_left_percent) / 100},
              BeyondUseRule::share_of_time_left);
    }
    if (product && product->beyond_use_days > 0) {
        offer(opened_on + std::chrono::days{product->beyond_use_days}, BeyondUseRule::product_rule);
    }
    return best;
}

std::uint32_t recipe_for(const Bench& bench, const Pack& pack, const std::optional<Product>& product) {
    if (bench.typed.units_per_dose > 0) return bench.typed.units_per_dose;
    if (const std::uint32_t last = bench.stock.last_recipe(pack.gtin); last > 0) return last;
    return product && product->units_per_dose > 0 ? product->units_per_dose : 1;
}

}  // namespace

Review see_fractioning(const Item& item, const Bench& bench) {
    if (item.dose) {
        Particulars about = describe(item, bench);
        about.reason = "dose_label";
        return stop(What::not_understood, std::move(about));
    }
    if (bench.operator_badge.empty()) return stop(What::operator_needed, describe(item, bench));
    auto found = find_source(item, bench);
    if (auto* refusal = std::get_if<Review>(&found)) return std::move(*refusal);
    const Source& source = std::get<Source>(found);
    const Pack& pack = source.pack;

    Particulars about;
    about.product = bench.stock.product(pack.gtin);
    about.gtin = pack.gtin;
    about.lot = pack.lot;
    about.expires_on = pack.expires_on;
    about.pack = pack.id;
    if (auto stopped = recalled(pack.gtin, pack.lot, bench, about)) return std::move(*stopped);
    if (pack.expires_on < bench.now.today) return stop(What::expired, std::move(about));

    const std::uint32_t units = recipe_for(bench, pack, about.product);
    const std::uint32_t waste = bench.typed.waste;
    const std::uint32_t usable = pack.units_left - std::min(waste, pack.units_left);
    const std::uint32_t wanted = bench.typed.doses != 0 ? bench.typed.doses : bench.typed.packs;
    const std::uint32_t doses = wanted != 0 ? wanted : std::min(usable / units, kMostDoses);
    about.units = pack.units_left;
    if (waste > pack.units_left || doses == 0 || doses > kMostDoses || doses > usable / units) {
        about.packs = std::max(doses, 1U);
        about.remaining = units;
        return stop(What::recipe_refused, std::move(about));
    }
    const Date opened_on = source.opened_now ? bench.now.today : pack.opened_on;
    const BeyondUse limit = beyond_use(pack.expires_on, opened_on, about.product, bench.rules);
    about.beyond_use_on = limit.on;
    about.rule = limit.rule;
    if (limit.on < bench.now.today) return stop(What::expired, std::move(about));

    PackFractioned fact{pack.id,
                        pack.gtin,
                        pack.serial,
                        pack.lot,
                        pack.expires_on,
                        source.opened_now,
                        opened_on,
                        pack.units_left,
                        {},
                        usable - doses * units,
                        waste,
                        limit.on,
                        limit.rule};
    for (std::uint32_t i = 0; i < doses; ++i) fact.doses.push_back({bench.mint.thing(), units});
    about.doses = fact.doses;
    about.remaining = fact.units_remaining;
    about.wasted = waste;
    return recorded(What::fractioned, bench.sign(std::move(fact)), std::move(about));
}

}  // namespace dosario
