// SPDX-License-Identifier: Apache-2.0
// Verification: a second person scans a dose, or the opened pack for all doses cut from it; until then none of them can leave.
#include "workflow/workflow.hpp"

namespace dosario {
namespace {

Review verify_dose(const Dose& dose, const std::string& verifier, const Bench& bench, Particulars about) {
    about.gtin = dose.gtin;
    about.product = bench.stock.product(dose.gtin);
    about.lot = dose.lot;
    about.expires_on = dose.expires_on;
    about.beyond_use_on = dose.beyond_use_on;
    about.units = dose.units;
    if (auto stopped = recalled(dose.gtin, dose.lot, bench, about)) return std::move(*stopped);
    if (dose.state != DoseState::made) {
        about.reason = "already";
        return repeated(What::verified, std::move(about));
    }
    if (dose.made_by == verifier) {
        about.reason = "same_person";
        return stop(What::not_verified, std::move(about));
    }
    about.doses = {{dose.id, dose.units}};
    return recorded(What::verified, bench.sign(DosesVerified{dose.mother, {dose.id}}), std::move(about));
}

Review verify_pack(const Pack& pack, const std::string& verifier, const Bench& bench, Particulars about) {
    about.gtin = pack.gtin;
    about.product = bench.stock.product(pack.gtin);
    about.lot = pack.lot;
    about.expires_on = pack.expires_on;
    about.pack = pack.id;
    if (auto stopped = recalled(pack.gtin, pack.lot, bench, about)) return std::move(*stopped);
    const auto doses = bench.stock.unverified_doses(pack.id);
    if (doses.empty()) {
        about.reason = pack.state == PackState::opened && pack.units_left < pack.units_total ? "already" : "nothing_cut";
        return about.reason == "already" ? repeated(What::verified, std::move(about))
                                         : stop(What::not_understood, std::move(about));
    }
    DosesVerified fact{pack.id, {}};
    for (const ThingId id : doses) {
        const auto dose = bench.stock.dose(id);
        if (!dose || dose->made_by == verifier) continue;
        fact.doses.push_back(id);
        about.doses.push_back({id, dose->units});
    }
    if (fact.doses.empty()) {
        about.reason = "same_person";
        return stop(What::not_verified, std::move(about));
    }
    about.remaining = doses.size() - fact.doses.size();
    if (about.remaining > 0) about.reason = "some_skipped";
    Review review = recorded(What::verified, bench.sign(std::move(fact)), std::move(about));
    if (review.about.remaining > 0) review.sound = Sound::notice;
    return review;
}

}  // namespace

Review see_verification(const Item& item, const Bench& bench) {
    Particulars about = describe(item, bench);
    const std::string& verifier = bench.witness_badge.empty() ? bench.operator_badge : bench.witness_badge;
    if (verifier.empty()) return stop(What::operator_needed, std::move(about));
    if (item.dose) {
        if (bench.typed.packs > 1) return stop(What::serial_needs_one, std::move(about));
        const auto dose = bench.stock.dose(item.dose);
        return dose ? verify_dose(*dose, verifier, bench, std::move(about)) : stop(What::not_in_stock, std::move(about));
    }
    std::optional<Pack> pack;
    if (item.pack) {
        pack = bench.stock.pack(item.pack);
    } else if (!item.serial.empty()) {
        pack = bench.stock.pack_by_serial(item.gtin, item.serial);
    } else {
        about.reason = "label_wanted";
        return stop(What::not_understood, std::move(about));
    }
    return pack ? verify_pack(*pack, verifier, bench, std::move(about)) : stop(What::not_in_stock, std::move(about));
}

}  // namespace dosario
