// SPDX-License-Identifier: Apache-2.0
#include "workflow/desk_turn.hpp"

#include "base/overloaded.hpp"

namespace dosario {
namespace {

Item item_of(const SerialPack& pack) {
    return {pack.gtin, std::string{pack.serial}, std::string{pack.lot}, pack.expires_on, {}, {}, pack.suspect_missing_fnc1};
}

Item item_of(const ProductLot& lot) {
    return {lot.gtin, "", std::string{lot.lot}, lot.expires_on, {}, {}, lot.suspect_missing_fnc1};
}

Item item_of(const DoseLabel& label) {
    Item item;
    item.dose = label.dose;
    return item;
}

Item item_of(const PackLabel& label) {
    Item item;
    item.pack = label.pack;
    return item;
}

bool is_typed(QuestionKind kind) {
    switch (kind) {
        case QuestionKind::lot:
        case QuestionKind::which_lot:
        case QuestionKind::units_per_pack:
        case QuestionKind::reading: return true;
        case QuestionKind::short_life:
        case QuestionKind::which_work:
        case QuestionKind::product:
        case QuestionKind::tray_count: break;
    }
    return false;
}

/// How long an answer belongs to its question: what is to be typed has to be read off a box first.
std::chrono::seconds holds(QuestionKind kind) { return std::chrono::seconds{is_typed(kind) ? 300 : 60}; }

/// Something was typed that speaks of goods.
bool qualifies(const Typed& typed) {
    return !typed.lot.empty() || typed.expires_on || typed.units_per_pack != 0 || !typed.product_name.empty() ||
           typed.packs != 0 || typed.doses != 0 || typed.units_per_dose != 0 || typed.waste != 0;
}

}  // namespace

/// What was typed with this scan, completed by what was typed with the scan that raised the question.
Typed merge(Typed now, const Typed& before) {
    if (now.lot.empty()) now.lot = before.lot;
    if (!now.expires_on) now.expires_on = before.expires_on;
    if (now.units_per_pack == 0) now.units_per_pack = before.units_per_pack;
    if (now.product_name.empty()) now.product_name = before.product_name;
    if (now.packs == 0) now.packs = before.packs;
    if (now.doses == 0) now.doses = before.doses;
    if (now.units_per_dose == 0) now.units_per_dose = before.units_per_dose;
    if (now.waste == 0) now.waste = before.waste;
    if (now.note.empty()) {
        now.note = before.note;
        now.supplier = before.supplier;
    }
    return now;
}

Review Desk::see(const DeskScan& scan, const Stock& stock, const Now& now, Mint& mint) {
    const bool day_known = now.clock != ClockState::unknown;
    if (!day_known && !scan.tray) return stop(What::day_unknown);
    Turn turn{scan,
              {stock,
               mint,
               rules_,
               now,
               scan.typed,
               scan.operator_badge.empty() ? stock.operator_badge() : scan.operator_badge,
               scan.witness_badge,
               {},
               false},
              stock.open_work(),
              {},
              0};
    if (turn.work) turn.bench.work = *turn.work;
    turn_to(scan.zone);
    const auto told = [&turn](Review review) {
        review.about.dropped = turn.dropped;
        return review;
    };
    if (scan.tray) {
        Review review =
            told(see_tray(turn, *scan.tray));  // what lies there is known on any day, and counted on none that is unknown
        return day_known ? review : stop(What::day_unknown);
    }
    if (scan.mode == "undo") return told(undo(turn));

    const Workflow* chosen = nullptr;
    for (const Workflow& workflow : workflows()) {
        if (workflow.mode == scan.mode) chosen = &workflow;
    }
    if (chosen != nullptr && question_ && asked_work_ && *asked_work_ != chosen->kind)
        question_.reset();  // it was of another work
    if (times_ != 0 && (now.at - times_set_at_ > kTimesHolds || of_somebody_else(turn, times_of_))) drop_times(turn);
    if (question_ && (now.at - asked_at_ > holds(*question_) || of_somebody_else(turn, asked_of_))) question_.reset();
    let_label_go(turn, chosen);
    const bool to_be_typed = question_ && is_typed(*question_);
    const bool mode_alone = scan.content.empty() && !to_be_typed && chosen != nullptr;
    if (chosen != nullptr && !mode_alone && (!turn.work || turn.work->kind != chosen->kind)) open(turn, *chosen);
    name_note(turn);
    Review review;
    if (mode_alone && question_ != QuestionKind::which_work && qualifies(scan.typed)) {
        review = stop(What::not_understood);  // an answer that came late must not pass for saved
        review.about.reason = "nothing_to_qualify";
    } else if (mode_alone) {
        review = see_command(turn, Command{chosen->opened_by});  // as if the desk card said so
        if (turn.named_note) review = note_alone(turn);
    } else if (scan.content.empty()) {
        if (to_be_typed) {
            review = see_asked(turn);
        } else {
            review = stop(turn.work ? What::not_understood : What::work_needed);
            review.about.reason = "nothing_scanned";
        }
    } else {
        CodeBuffer unescaped;
        review = see_identity(turn, identify(scan.aim, scan.content, now.today, unescaped, *rules_.codes, scan.gs_lost));
    }
    // Neither a stop nor a repetition writes anything, not even the work it came with.
    if (review.ok && review.sound != Sound::repeated) {
        review.facts.insert(review.facts.begin(), turn.before.begin(), turn.before.end());
    }
    return told(std::move(review));
}

/// What was held in that zone is at hand, and what was at hand waits in its own.
void Desk::turn_to(const std::string& zone) {
    if (zone.empty() || zone == zone_) return;
    HeldAtDesk& at_hand = *this;
    auto waiting = elsewhere_.extract(zone);
    if (elsewhere_.size() == kMostZones) elsewhere_.erase(elsewhere_.begin());
    if (!zone_.empty()) elsewhere_[zone_] = std::move(at_hand);
    if (!waiting.empty()) {
        at_hand = std::move(waiting.mapped());
    } else if (!zone_.empty()) {
        at_hand = {};
    }  // else: until now nobody said a zone, and what is held was scanned here as well as anywhere
    zone_ = zone;
}

/// How codes were read is remembered as long as the work, wherever that is ended.
void Desk::end_readings_elsewhere() {
    for (auto& [zone, held] : elsewhere_) held.settled_.clear();
}

/// The item of the open question again, in the work that it was asked in (a stop wrote nothing, not even that work).
Review Desk::see_asked(Turn& turn) {
    turn.bench.typed = merge(turn.bench.typed, asked_typed_);
    if (asked_work_ && (!turn.work || turn.work->kind != *asked_work_)) open(turn, workflow_of(*asked_work_));
    name_note(turn);
    return see_item(turn, asked_about_);
}

Review Desk::see_identity(Turn& turn, const Identity& identity) {
    return std::visit(Overloaded{
                          [&](const SerialPack& pack) {
                              Item item = item_of(pack);
                              const std::string& content = turn.scan.content;
                              if (item.lot.empty() && content.find(kGroupSeparator) == std::string::npos) item.as_read = content;
                              return see_item(turn, std::move(item));
                          },
                          [&](const ProductLot& lot) { return see_item(turn, item_of(lot)); },
                          [&](const DoseLabel& label) { return see_item(turn, item_of(label)); },
                          [&](const PackLabel& label) { return see_item(turn, item_of(label)); },
                          [&](const LogisticUnit&) {
                              Review review = stop(What::not_supported);
                              review.about.reason = "logistic_unit";
                              return review;
                          },
                          [&](const WholesalerLabel& label) { return see_label(turn, label); },
                          [&](const UnclearCode& code) {
                              Item item;
                              item.unclear = code.content;
                              return see_item(turn, std::move(item));
                          },
                          [&](const RestrictedNumber&) {
                              Review review = stop(What::not_understood);
                              review.about.reason = "restricted_number";
                              return review;
                          },
                          [&](const Person& person) { return see_person(turn, person); },
                          [&](const Command& command) { return see_command(turn, command); },
                          [&](const Badge& badge) { return see_badge(turn, badge); },
                          [&](const Unknown& unknown) {
                              Review review = stop(What::not_understood);
                              review.about.fault = unknown.why;
                              return review;
                          },
                      },
                      identity);
}

Review Desk::see_item(Turn& turn, Item item) {
    tray_left_at_.reset();
    if (turn.bench.typed.packs == 0) turn.bench.typed.packs = times_;
    join_label(turn, item);
    if (!turn.work) {
        Review review = stop(What::work_needed, describe(item, turn.bench));
        review.ask = QuestionKind::which_work;
        for (const Workflow& workflow : workflows()) review.choices.emplace_back(command_code(workflow.opened_by));
        return keep(turn, item, std::move(review));
    }
    times_ = 0;
    Settled settled{item.unclear, {}};
    if (auto asked = settle_reading(turn, item)) return std::move(*asked);
    if (!settled.content.empty()) settled.item = item;
    if (auto stopped = put_label(turn, item)) return std::move(*stopped);
    Review review = keep(turn, item, workflow_of(turn.work->kind).see(item, turn.bench));
    if (review.ok && !item.label.empty()) label_.reset();
    if (review.ok || review.ask) remember(std::move(settled));
    return review;
}

/// Holds the question of that Review, if it asks one, and what it is about.
Review Desk::keep(const Turn& turn, const Item& item, Review review) {
    question_ = review.ask;
    if (!question_) return review;
    ++question_number_;
    asked_at_ = turn.bench.now.at;
    asked_of_ = turn.bench.operator_badge;
    asked_about_ = item;
    asked_typed_ = turn.bench.typed;
    asked_work_.reset();
    if (turn.work) asked_work_ = turn.work->kind;
    return review;
}

bool Desk::of_somebody_else(const Turn& turn, const std::string& badge) const {
    const std::string& now = turn.bench.operator_badge;
    return !now.empty() && !badge.empty() && now != badge;
}

/// A question, a label, a count and answers that were given: one of them may be what the person did not mean.
void Desk::forget_held(Turn& turn) {
    question_.reset();
    label_.reset();
    settled_.clear();
    drop_times(turn);
}

/// The person who set it must hear it: the next pack is one again.
void Desk::drop_times(Turn& turn) {
    if (times_ != 0) turn.dropped = times_;
    times_ = 0;
}

}  // namespace dosario
