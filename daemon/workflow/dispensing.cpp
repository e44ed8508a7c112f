// SPDX-License-Identifier: Apache-2.0
// Dispensing: doses and whole packs leave for one visit. The record knows a random reference of the visit, never a person.
#include "workflow/workflow.hpp"

namespace dosario {
namespace {

Review with_earlier(Review review, std::optional<Date> earliest, Date mine) {
    if (review.ok && earliest && *earliest < mine) {
        review.what = What::earlier_expires;
        review.sound = Sound::notice;
        review.about.other_on = earliest;
    }
    return review;
}

Review dispense_dose(const Dose& dose, const Bench& bench, Particulars about) {
    about.gtin = dose.gtin;
    about.product = bench.stock.product(dose.gtin);
    about.lot = dose.lot;
    about.expires_on = dose.expires_on;
    about.beyond_use_on = dose.beyond_use_on;
    about.units = dose.units;
    if (dose.state == DoseState::out) return stop(What::already_dispensed, std::move(about));
    if (auto stopped = recalled(dose.gtin, dose.lot, bench, about)) return std::move(*stopped);
    if (dose.state == DoseState::returned) return stop(What::quarantined, std::move(about));
    if (dose.beyond_use_on < bench.now.today) return stop(What::expired, std::move(about));
    if (dose.state == DoseState::made) return stop(What::not_verified, std::move(about));
    about.reason = "dose";
    const auto earliest = bench.stock.earliest_ready_dose(dose.gtin, bench.now.today);
    return with_earlier(recorded(What::dispensed, bench.sign(DoseDispensed{dose.id, bench.work.recipient}), std::move(about)),
                        earliest, dose.beyond_use_on);
}

Review dispense_serial(const Item& item, const Pack& pack, const Bench& bench, Particulars about) {
    about.lot = pack.lot;
    about.expires_on = pack.expires_on;
    about.packs = 1;
    about.units = pack.units_total;
    if (pack.state == PackState::out) return stop(What::already_dispensed, std::move(about));
    if (auto stopped = recalled(pack.gtin, pack.lot, bench, about)) return std::move(*stopped);
    if (pack.state == PackState::returned) return stop(What::quarantined, std::move(about));
    if (pack.state == PackState::opened) {
        about.reason = "opened_pack";
        return stop(What::not_supported, std::move(about));
    }
    if (auto stopped = contradiction(item, bench.typed, pack.lot, pack.expires_on, about)) return std::move(*stopped);
    if (pack.expires_on < bench.now.today) return stop(What::expired, std::move(about));
    if (bench.typed.packs > 1) return stop(What::serial_needs_one, std::move(about));
    return with_earlier(recorded(What::dispensed,
                                 bench.sign(PacksDispensed{pack.gtin, pack.serial, pack.lot, pack.expires_on, 1, pack.units_total,
                                                           pack.id, bench.work.recipient}),
                                 std::move(about)),
                        bench.stock.earliest_lot_on_shelf(pack.gtin, bench.now.today), pack.expires_on);
}

Review dispense_counted(const Item& item, const Bench& bench, Particulars about) {
    std::string lot_name = item.lot.empty() ? bench.typed.lot : item.lot;
    if (lot_name.empty()) {
        const auto lots = bench.stock.lots_at(item.gtin, Place::shelf);
        if (lots.empty()) return stop(What::not_in_stock, std::move(about));
        if (lots.size() > 1) return ask_which_lot(lots, std::move(about));
        lot_name = lots.front().lot;
    }
    about.lot = lot_name;
    const std::uint32_t packs = bench.typed.packs == 0 ? 1 : bench.typed.packs;
    const auto lot = bench.stock.lot(item.gtin, lot_name, Place::shelf);
    if (!lot || lot->counted_packs < packs) {
        if (lot && lot->counted_packs == 0 && lot->serial_packs > 0) about.reason = "serial_wanted";
        return stop(What::not_in_stock, std::move(about));
    }
    if (auto stopped = contradiction(item, bench.typed, lot->lot, lot->expires_on, about)) return std::move(*stopped);
    about.expires_on = lot->expires_on;
    if (auto stopped = recalled(item.gtin, lot_name, bench, about)) return std::move(*stopped);
    if (lot->expires_on < bench.now.today) return stop(What::expired, std::move(about));
    about.packs = packs;
    about.units = std::uint64_t{packs} * lot->units_per_pack;
    return with_earlier(
        recorded(What::dispensed,
                 bench.sign(PacksDispensed{
                     item.gtin, "", lot->lot, lot->expires_on, packs, lot->units_per_pack, {}, bench.work.recipient}),
                 std::move(about)),
        bench.stock.earliest_lot_on_shelf(item.gtin, bench.now.today), lot->expires_on);
}

}  // namespace

Review see_dispensing(const Item& item, const Bench& bench) {
    Particulars about = describe(item, bench);
    if (item.dose) {
        if (bench.typed.packs > 1) return stop(What::serial_needs_one, std::move(about));
        const auto dose = bench.stock.dose(item.dose);
        return dose ? dispense_dose(*dose, bench, std::move(about)) : stop(What::not_in_stock, std::move(about));
    }
    if (item.pack) {
        const auto pack = bench.stock.pack(item.pack);
        if (!pack) return stop(What::not_in_stock, std::move(about));
        about.reason = "opened_pack";
        return stop(What::not_supported, std::move(about));
    }
    if (!item.serial.empty()) {
        const auto pack = bench.stock.pack_by_serial(item.gtin, item.serial);
        if (pack) return dispense_serial(item, *pack, bench, std::move(about));
        about.reason = unknown_serial(item, bench);
        return stop(What::not_in_stock, std::move(about));
    }
    return dispense_counted(item, bench, std::move(about));
}

}  // namespace dosario
