// SPDX-License-Identifier: Apache-2.0
// What a person tells the desk: commands of the card, counts, yes and no, a badge, a patient's document; and how a work opens and closes.
#include "workflow/desk_turn.hpp"

namespace dosario {

Review Desk::undo(Turn& turn) {
    forget_held(turn);
    Review review = review_undo(turn.bench);
    tell_of_tray(turn, review);
    return review;
}

Review Desk::see_command(Turn& turn, const Command& command) {
    for (const Workflow& workflow : workflows()) {
        if (workflow.opened_by != command.word) continue;
        const bool held = question_ == QuestionKind::which_work;
        Review review = turn.work && turn.work->kind == workflow.kind ? repeated(What::work_opened) : open(turn, workflow);
        if (!held) {
            question_.reset();
            review.facts.clear();  // the caller puts turn.before in front
            review.about.work_kind = workflow.kind;
            return review;
        }
        asked_work_ = workflow.kind;
        return see_asked(turn);
    }
    Review review;
    switch (command.word) {
        case CommandWord::undo: return undo(turn);
        case CommandWord::done: return close(turn);
        case CommandWord::yes: return answer(turn, true);
        case CommandWord::no: return answer(turn, false);
        case CommandWord::times: return see_times(turn, command.times);
        case CommandWord::help:
            review = repeated(What::help);
            review.sound = Sound::notice;
            return review;
        case CommandWord::test:
            review = repeated(What::scanner_tested);
            review.sound = Sound::notice;
            return review;
        case CommandWord::receive:
        case CommandWord::fraction:
        case CommandWord::verify:
        case CommandWord::dispense:
        case CommandWord::count:
        case CommandWord::dispose:
        case CommandWord::give_back:
        case CommandWord::release: break;
    }
    review = stop(What::not_supported);
    review.about.reason = "later_command";
    return review;
}

Review Desk::see_times(Turn& turn, std::uint32_t times) {
    if (question_ == QuestionKind::units_per_pack) {
        asked_typed_.units_per_pack = times;
        return see_asked(turn);
    }
    if (question_ == QuestionKind::reading) {
        turn.choice = times;
        return see_asked(turn);
    }
    turn_to_tray();
    if (tray_) return close_tray(turn, times);
    if (tray_left_at_ && turn.bench.now.at - *tray_left_at_ <= kTimesHolds) {  // it may have been meant for what lay there
        tray_left_at_.reset();
        Review review = stop(What::tray_gone);
        review.about.reason = closed_ ? "closed_count" : "count";
        review.about.packs = times;
        return review;
    }
    times_ = times;
    times_set_at_ = turn.bench.now.at;
    times_of_ = turn.bench.operator_badge;
    Review review = repeated(What::count_set);
    review.sound = Sound::notice;
    review.about.packs = times;
    return review;
}

Review Desk::answer(Turn& turn, bool yes) {
    if (!yes) tray_left_at_.reset();
    if (!yes && !question_ && !label_ && times_ == 0 &&
        count_asked_) {  // what lies there stays uncounted, and is no multiplier's
        count_asked_ = false;
        Review review = repeated(What::cancelled);
        review.about.reason = "tray";
        return review;
    }
    if (!question_ && (yes || (!label_ && times_ == 0))) {
        Review review = stop(What::not_understood);
        review.about.reason = "nothing_asked";
        return review;
    }
    if (!yes) {
        forget_held(turn);
        turn.dropped = 0;  // that is what was cancelled
        return repeated(What::cancelled);
    }
    turn.bench.life_accepted = question_ == QuestionKind::short_life;
    return see_asked(turn);  // a yes where something is to be typed or chosen asks again
}

Review Desk::see_badge(Turn& turn, const Badge& badge) {
    Particulars about;
    about.badge = badge.code;
    if (turn.bench.stock.operator_badge() == badge.code) return repeated(What::operator_changed, std::move(about));
    turn.bench.operator_badge = badge.code;
    question_.reset();  // it was asked of somebody else
    label_.reset();
    drop_times(turn);
    return recorded(What::operator_changed, turn.bench.sign(OperatorChanged{std::string{badge.code}}), std::move(about));
}

/// A new person is a new visit; the first of an open one is its own.
Review Desk::see_person(Turn& turn, const Person& person) {
    if (!turn.work || turn.work->kind != WorkKind::dispensing) {
        Review review = stop(What::not_understood);
        review.about.reason = "person_outside_dispensing";
        return review;
    }
    if (turn.work->bookings == 0) {
        Review review = repeated(What::work_opened);
        if (!turn.before.empty()) {  // the verb it came with opens the visit, as the desk card does
            question_.reset();
            review.sound = Sound::recorded;
        }
        review.about.work_kind = WorkKind::dispensing;
        review.visitor = Visitor{turn.work->recipient, person};
        return review;
    }
    question_.reset();  // it was of the visit before
    Review review = open(turn, workflow_of(WorkKind::dispensing));
    review.facts.clear();
    review.visitor = Visitor{turn.work->recipient, person};
    return review;
}

Review Desk::open(Turn& turn, const Workflow& workflow) {
    const Stock& stock = turn.bench.stock;
    settled_.clear();
    end_readings_elsewhere();
    if (turn.work) {
        turn.before.push_back(turn.bench.sign(WorkClosed{}));
        drop_times(turn);  // said for the work that ends
    }
    OpenWork work{stock.next_seq() + turn.before.size(), workflow.kind, {}, 0, "", ""};
    if (workflow.kind == WorkKind::dispensing) work.recipient = turn.bench.mint.recipient();
    turn.work = work;
    turn.bench.work = work;
    turn.before.push_back(turn.bench.sign(WorkOpened{work.kind, work.recipient}));
    Review review = repeated(What::work_opened);
    review.sound = Sound::recorded;
    review.facts = turn.before;
    review.about.work_kind = workflow.kind;
    return review;
}

/// Nothing but the paper was said.
Review Desk::note_alone(const Turn& turn) const {
    Review review = repeated(What::note_named);
    review.sound = Sound::recorded;  // what opens the work and names the paper is in turn.before
    review.about.note = turn.work->note;
    return review;
}

/// The paper that goods come with is said once, with the first of them or alone; another paper begins another reception.
void Desk::name_note(Turn& turn) {
    const Typed& typed = turn.bench.typed;
    if (typed.note.empty() || !turn.work || turn.work->kind != WorkKind::reception) return;
    if (turn.work->note == typed.note && (typed.supplier.empty() || turn.work->supplier == typed.supplier)) return;
    if (turn.work->bookings > 0) open(turn, workflow_of(WorkKind::reception));
    turn.before.push_back(turn.bench.sign(DeliveryNoteNamed{typed.supplier, typed.note}));
    turn.work->note = typed.note;
    turn.work->supplier = typed.supplier;
    turn.named_note = true;
}

Review Desk::close(Turn& turn) {
    forget_held(turn);
    end_readings_elsewhere();
    Particulars about;
    if (!turn.work) {
        about.reason = "nothing_open";
        return repeated(What::work_closed, std::move(about));
    }
    about.work_kind = turn.work->kind;
    about.packs = turn.work->bookings;
    Review review = recorded(What::work_closed, turn.bench.sign(WorkClosed{}), std::move(about));
    review.sound = Sound::complete;
    return review;
}

}  // namespace dosario
