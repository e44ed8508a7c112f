// SPDX-License-Identifier: Apache-2.0
#include "workflow/workflow.hpp"

#include "base/check.hpp"

namespace dosario {
namespace {

constexpr Workflow kWorkflows[] = {
    {WorkKind::reception, CommandWord::receive, "receive", see_reception},
    {WorkKind::fractioning, CommandWord::fraction, "fraction", see_fractioning},
    {WorkKind::verification, CommandWord::verify, "verify", see_verification},
    {WorkKind::dispensing, CommandWord::dispense, "dispense", see_dispensing},
    {WorkKind::returning, CommandWord::give_back, "return", see_returning},
    {WorkKind::releasing, CommandWord::release, "release", see_releasing},
};

}  // namespace

std::span<const Workflow> workflows() { return kWorkflows; }

const Workflow& workflow_of(WorkKind kind) {
    for (const Workflow& row : kWorkflows) {
        if (row.kind == kind) return row;
    }
    DOSARIO_CHECK(false && "every kind of work has a row");
    return kWorkflows[0];
}

Review stop(What what, Particulars about) {
    Review review;
    review.what = what;
    review.about = std::move(about);
    return review;
}

Review repeated(What what, Particulars about) {
    Review review = stop(what, std::move(about));
    review.ok = true;
    review.sound = Sound::repeated;
    return review;
}

Review recorded(What what, SignedFact fact, Particulars about) {
    Review review = stop(what, std::move(about));
    review.ok = true;
    review.sound = Sound::recorded;
    review.facts.push_back(std::move(fact));
    return review;
}

Review wrong_lot(Particulars about) {
    if (!about.other_on) about.reason = "lot";
    if (about.other_lot.empty()) about.reason = "expiry";
    return stop(What::wrong_lot, std::move(about));
}

std::optional<Review> contradiction(const Item& item, const Typed& typed, std::string_view lot, Date expires_on,
                                    Particulars about) {
    about.lot = lot;
    about.expires_on = expires_on;
    for (const std::string& said : {item.lot, typed.lot}) {
        if (said.empty() || said == lot) continue;
        about.lot = said;
        about.other_lot = lot;
    }
    for (const std::optional<Date>& said : {item.expires_on, typed.expires_on}) {
        if (!said || *said == expires_on) continue;
        about.expires_on = said;
        about.other_on = expires_on;
    }
    if (about.other_lot.empty() && !about.other_on) return std::nullopt;
    return wrong_lot(std::move(about));
}

std::optional<Review> recalled(Gtin gtin, std::string_view lot, const Bench& bench, Particulars about) {
    const auto reference = bench.stock.recalled(gtin, lot);
    if (!reference) return std::nullopt;
    about.reference = *reference;
    return stop(What::recalled, std::move(about));
}

Review ask_which_lot(const std::vector<LotAtPlace>& lots, Particulars about) {
    about.reason = "several_lots";
    Review review = stop(What::lot_needed, std::move(about));
    review.ask = QuestionKind::which_lot;
    for (const LotAtPlace& lot : lots) review.choices.push_back(lot.lot);
    return review;
}

std::string unknown_serial(const Item& item, const Bench& bench) {
    if (item.serial.empty() || item.lot.empty()) return "";
    const auto lot = bench.stock.lot(item.gtin, item.lot, Place::shelf);
    if (!lot || lot->counted_packs == 0) return "";
    return lot->serial_packs > 0 ? "other_serials" : "came_as_count";
}

Particulars describe(const Item& item, const Bench& bench) {
    Particulars about;
    about.pack = item.pack;
    about.dose = item.dose;
    if (item.gtin.number != 0) {
        about.gtin = item.gtin;
        about.product = bench.stock.product(item.gtin);
    }
    about.lot = item.lot;
    about.expires_on = item.expires_on;
    about.label = item.label;
    about.suspect_missing_fnc1 = item.suspect_missing_fnc1;
    return about;
}

}  // namespace dosario
