// SPDX-License-Identifier: Apache-2.0
// Undo: a reversing fact, linked to the one it takes back, unless something later depends on that one.
#include "workflow/workflow.hpp"

#include "base/overloaded.hpp"

#include <algorithm>

namespace dosario {
namespace {

bool all_doses_are(const Stock& stock, const std::vector<ThingId>& doses, DoseState state) {
    for (const ThingId id : doses) {
        const auto dose = stock.dose(id);
        if (!dose || dose->state != state) return false;
    }
    return true;
}

/// Packs that were moved are still where they went: `state` and `place` say the same for named and counted ones.
template <class Packs>
bool packs_are(const Stock& stock, const Packs& fact, PackState state, Place place) {
    if (fact.pack) {
        const auto pack = stock.pack(fact.pack);
        return pack && pack->state == state;
    }
    const auto lot = stock.lot(fact.gtin, fact.lot, place);
    return lot && lot->counted_packs >= fact.packs;
}

bool nothing_depends_on(const PackFractioned& fact, const Stock& stock) {
    const auto pack = stock.pack(fact.pack);
    if (!pack || pack->units_left != fact.units_remaining || pack->state != PackState::opened) return false;
    std::vector<ThingId> doses;
    for (const MadeDose& dose : fact.doses) doses.push_back(dose.dose);
    return all_doses_are(stock, doses, DoseState::made);
}

/// Why there is nothing to take back: a key of the catalogue.
const char* why_not(Seq asked, const Stock& stock) {
    if (asked == 0) return "nothing_to_undo";
    if (asked >= stock.next_seq()) return "no_such_entry";
    const auto fact = stock.fact(asked);
    const bool kind_is_undone = fact && std::visit(Overloaded{
                                                       [](const PacksReceived&) { return true; },
                                                       [](const PackFractioned&) { return true; },
                                                       [](const DosesVerified&) { return true; },
                                                       [](const DoseDispensed&) { return true; },
                                                       [](const PacksDispensed&) { return true; },
                                                       [](const DoseReturned&) { return true; },
                                                       [](const PacksReturned&) { return true; },
                                                       [](const DoseReleased&) { return true; },
                                                       [](const PacksReleased&) { return true; },
                                                       [](const auto&) { return false; },
                                                   },
                                                   fact->fact);
    return kind_is_undone ? "undone_before" : "other_kind";
}

}  // namespace

std::vector<ThingId> things_of(const Fact& fact) {
    const auto named = [](const auto& packs) { return packs.pack ? std::vector<ThingId>{packs.pack} : std::vector<ThingId>{}; };
    return std::visit(Overloaded{
                          [](const PackFractioned& one) {
                              std::vector<ThingId> things{one.pack};
                              for (const MadeDose& dose : one.doses) things.push_back(dose.dose);
                              return things;
                          },
                          [](const DosesVerified& one) { return one.doses; },
                          [](const DoseDispensed& one) { return std::vector<ThingId>{one.dose}; },
                          [](const DoseReturned& one) { return std::vector<ThingId>{one.dose}; },
                          [](const DoseReleased& one) { return std::vector<ThingId>{one.dose}; },
                          [&](const PacksReceived& one) { return named(one); },
                          [&](const PacksDispensed& one) { return named(one); },
                          [&](const PacksReturned& one) { return named(one); },
                          [&](const PacksReleased& one) { return named(one); },
                          [](const auto&) { return std::vector<ThingId>{}; },
                      },
                      fact);
}

Review review_undo(const Bench& bench) {
    Particulars about;
    about.seq = bench.typed.undo_seq != 0 ? bench.typed.undo_seq : bench.stock.last_undoable().value_or(0);
    const auto original = about.seq == 0 ? std::nullopt : bench.stock.undoable(about.seq);
    if (!original) {
        about.reason = why_not(bench.typed.undo_seq, bench.stock);
        return stop(What::undo_refused, std::move(about));
    }
    const Stock& stock = bench.stock;
    const auto tell_of_dose = [&](ThingId id) {
        about.dose = id;
        const auto dose = stock.dose(id);
        if (!dose) return;
        about.gtin = dose->gtin;
        about.lot = dose->lot;
        about.expires_on = dose->expires_on;
        about.units = dose->units;
    };
    const auto tell_of_packs = [&](const auto& fact) {
        about.gtin = fact.gtin;
        about.lot = fact.lot;
        about.expires_on = fact.expires_on;
        about.packs = fact.packs;
        about.serial = fact.serial;
    };
    const auto packs_moved = [&](const char* reason, const auto& fact, PackState state, Place place) {
        about.reason = reason;
        tell_of_packs(fact);
        return packs_are(stock, fact, state, place);
    };
    const auto dose_moved = [&](const char* reason, ThingId dose, DoseState state) {
        about.reason = reason;
        tell_of_dose(dose);
        return all_doses_are(stock, {dose}, state);
    };
    const bool free = std::visit(
        Overloaded{
            [&](const PacksReceived& fact) { return packs_moved("reception", fact, PackState::closed, Place::shelf); },
            [&](const PackFractioned& fact) {
                about.reason = "fractioning";
                about.gtin = fact.gtin;
                about.lot = fact.lot;
                about.expires_on = fact.expires_on;
                about.pack = fact.pack;
                about.doses = fact.doses;
                return nothing_depends_on(fact, stock);
            },
            [&](const DosesVerified& fact) {
                about.reason = "verification";
                if (!fact.doses.empty()) tell_of_dose(fact.doses.front());
                for (const ThingId dose : fact.doses) about.doses.push_back({dose, 0});
                return all_doses_are(stock, fact.doses, DoseState::ready);
            },
            [&](const DoseDispensed& fact) { return dose_moved("dispensing_of_dose", fact.dose, DoseState::out); },
            [&](const PacksDispensed& fact) { return packs_moved("dispensing", fact, PackState::out, Place::dispensed); },
            [&](const DoseReturned& fact) { return dose_moved("return_of_dose", fact.dose, DoseState::returned); },
            [&](const PacksReturned& fact) { return packs_moved("return", fact, PackState::returned, Place::quarantine); },
            [&](const DoseReleased& fact) { return dose_moved("release_of_dose", fact.dose, DoseState::ready); },
            [&](const PacksReleased& fact) { return packs_moved("release", fact, PackState::closed, Place::shelf); },
            [](const auto&) { return false; },
        },
        original->fact);
    if (about.gtin) about.product = stock.product(*about.gtin);
    const bool moved_since =
        std::ranges::any_of(things_of(original->fact), [&](ThingId thing) { return stock.moved_since(thing, about.seq); });
    if (!free || moved_since) {
        about.reason = "depended_upon";
        return stop(What::undo_refused, std::move(about));
    }
    return recorded(What::undone, bench.sign(Reversed{about.seq}), std::move(about));
}

}  // namespace dosario
