// SPDX-License-Identifier: Apache-2.0
// What comes back from outside goes into quarantine, and from there to the shelf only when somebody answers for it.
#include "workflow/workflow.hpp"

namespace dosario {
namespace {

void tell_of(Particulars& about, const Dose& dose, const Bench& bench) {
    about.gtin = dose.gtin;
    about.product = bench.stock.product(dose.gtin);
    about.lot = dose.lot;
    about.expires_on = dose.expires_on;
    about.beyond_use_on = dose.beyond_use_on;
    about.units = dose.units;
    about.reason = "dose";
}

void tell_of(Particulars& about, const Pack& pack) {
    about.lot = pack.lot;
    about.expires_on = pack.expires_on;
    about.packs = 1;
    about.units = pack.units_total;
}

/// What a workflow does with each sort of goods; `from` is where counted packs are until then.
struct Way {
    Place from;
    Review (*dose)(const Dose&, const Bench&, Particulars);
    Review (*pack)(const Item&, const Pack&, const Bench&, Particulars);
    Review (*packs)(const Item&, const LotAtPlace&, std::uint32_t packs, const Bench&, Particulars);
};

/// The lot that packs without serial belong to: as the code or a person says, else the only one of which there are any.
Review see_counted(const Item& item, const Bench& bench, const Way& way, Particulars about) {
    std::string name = item.lot.empty() ? bench.typed.lot : item.lot;
    if (name.empty()) {
        const auto lots = bench.stock.lots_at(item.gtin, way.from);
        if (lots.size() > 1) return ask_which_lot(lots, std::move(about));
        if (!lots.empty()) name = lots.front().lot;
    }
    about.lot = name;
    const std::uint32_t packs = bench.typed.packs == 0 ? 1 : bench.typed.packs;
    const auto lot = bench.stock.lot(item.gtin, name, way.from);
    if (!lot || lot->counted_packs < packs) {
        about.reason = way.from == Place::dispensed ? "never_left" : "not_in_quarantine";
        return stop(What::not_in_stock, std::move(about));
    }
    if (auto stopped = contradiction(item, bench.typed, lot->lot, lot->expires_on, about)) return std::move(*stopped);
    about.expires_on = lot->expires_on;
    about.packs = packs;
    about.units = std::uint64_t{packs} * lot->units_per_pack;
    return way.packs(item, *lot, packs, bench, std::move(about));
}

Review see(const Item& item, const Bench& bench, const Way& way) {
    Particulars about = describe(item, bench);
    const bool one = item.dose || item.pack || !item.serial.empty();
    if (one && bench.typed.packs > 1) return stop(What::serial_needs_one, std::move(about));
    if (item.dose) {
        const auto dose = bench.stock.dose(item.dose);
        if (!dose) return stop(What::not_in_stock, std::move(about));
        tell_of(about, *dose, bench);
        return way.dose(*dose, bench, std::move(about));
    }
    if (item.pack || !item.serial.empty()) {
        const auto pack = item.pack ? bench.stock.pack(item.pack) : bench.stock.pack_by_serial(item.gtin, item.serial);
        if (pack) {
            tell_of(about, *pack);
            return way.pack(item, *pack, bench, std::move(about));
        }
        // It may be one of a count: then the lot on it says of which.
        if (item.pack || item.lot.empty()) return stop(What::not_in_stock, std::move(about));
    }
    return see_counted(item, bench, way, std::move(about));
}

// --- return --------------------------------------------------------------------------------------------------------------------

Review return_dose(const Dose& dose, const Bench& bench, Particulars about) {
    if (dose.state == DoseState::returned) return repeated(What::returned, std::move(about));
    if (dose.state != DoseState::out) {
        about.reason = "never_left";
        return stop(What::not_in_stock, std::move(about));
    }
    return recorded(What::returned, bench.sign(DoseReturned{dose.id, dose.out_seq}), std::move(about));
}

Review return_pack(const Item& item, const Pack& pack, const Bench& bench, Particulars about) {
    if (auto stopped = contradiction(item, bench.typed, pack.lot, pack.expires_on, about)) return std::move(*stopped);
    if (pack.state == PackState::returned) return repeated(What::returned, std::move(about));
    if (pack.state != PackState::out) {
        about.reason = "never_left";
        return stop(What::not_in_stock, std::move(about));
    }
    return recorded(
        What::returned,
        bench.sign(PacksReturned{pack.gtin, pack.serial, pack.lot, pack.expires_on, 1, pack.units_total, pack.id, pack.out_seq}),
        std::move(about));
}

Review return_packs(const Item& item, const LotAtPlace& lot, std::uint32_t packs, const Bench& bench, Particulars about) {
    return recorded(What::returned,
                    bench.sign(PacksReturned{item.gtin, "", lot.lot, lot.expires_on, packs, lot.units_per_pack, {}, 0}),
                    std::move(about));
}

// --- release -------------------------------------------------------------------------------------------------------------------

/// Why goods of that lot stay in quarantine; nothing when they may go.
std::optional<Review> held_back(Gtin gtin, const std::string& lot, Date last_day, const Bench& bench, const Particulars& about) {
    if (auto stopped = recalled(gtin, lot, bench, about)) return stopped;
    if (last_day < bench.now.today) return stop(What::expired, about);
    return std::nullopt;
}

Review not_in_quarantine(Particulars about) {
    about.reason = "not_in_quarantine";
    return stop(What::not_in_stock, std::move(about));
}

Review release_dose(const Dose& dose, const Bench& bench, Particulars about) {
    if (dose.state != DoseState::returned) return not_in_quarantine(std::move(about));
    if (auto stopped = held_back(dose.gtin, dose.lot, dose.beyond_use_on, bench, about)) return std::move(*stopped);
    return recorded(What::released, bench.sign(DoseReleased{dose.id, dose.returned_seq}), std::move(about));
}

Review release_pack(const Item& item, const Pack& pack, const Bench& bench, Particulars about) {
    if (auto stopped = contradiction(item, bench.typed, pack.lot, pack.expires_on, about)) return std::move(*stopped);
    if (pack.state != PackState::returned) return not_in_quarantine(std::move(about));
    if (auto stopped = held_back(pack.gtin, pack.lot, pack.expires_on, bench, about)) return std::move(*stopped);
    return recorded(What::released,
                    bench.sign(PacksReleased{pack.gtin, pack.serial, pack.lot, pack.expires_on, 1, pack.units_total, pack.id,
                                             pack.returned_seq}),
                    std::move(about));
}

Review release_packs(const Item& item, const LotAtPlace& lot, std::uint32_t packs, const Bench& bench, Particulars about) {
    if (auto stopped = held_back(item.gtin, lot.lot, lot.expires_on, bench, about)) return std::move(*stopped);
    return recorded(What::released,
                    bench.sign(PacksReleased{item.gtin, "", lot.lot, lot.expires_on, packs, lot.units_per_pack, {}, 0}),
                    std::move(about));
}

}  // namespace

Review see_returning(const Item& item, const Bench& bench) {
    return see(item, bench, {Place::dispensed, return_dose, return_pack, return_packs});
}

Review see_releasing(const Item& item, const Bench& bench) {
    if (bench.operator_badge.empty()) return stop(What::operator_needed, describe(item, bench));
    return see(item, bench, {Place::quarantine, release_dose, release_pack, release_packs});
}

}  // namespace dosario
