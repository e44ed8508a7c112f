// SPDX-License-Identifier: Apache-2.0
// A tray on a pad is one gesture: what lies there is held until a person says how many things that are (X12), and is booked when the pad
// reads exactly as many. A tag that is not read, or one of the next tray that is, would otherwise be missed by everybody.
#include "workflow/desk_turn.hpp"

#include <algorithm>

namespace dosario {
namespace {

/// What of a tray can be done in one gesture. A pack to be cut has a recipe of its own.
bool takes_trays(WorkKind kind) {
    switch (kind) {
        case WorkKind::reception:
        case WorkKind::verification:
        case WorkKind::dispensing:
        case WorkKind::returning:
        case WorkKind::releasing: return true;
        case WorkKind::fractioning: break;
    }
    return false;
}

}  // namespace

void Desk::set_crates_aside(PadTray& tray, const Turn& turn) const {
    const auto aside = std::ranges::remove_if(tray.codes, [&](const std::string& code) {
        CodeBuffer buffer;
        return is_crate(identify("", code, turn.bench.now.today, buffer, *rules_.codes));
    });
    tray.crates = static_cast<std::uint32_t>(aside.size());
    tray.tags -= std::min(tray.tags, tray.crates);
    tray.codes.erase(aside.begin(), aside.end());
}

Review Desk::see_tray(Turn& turn, PadTray tray) {
    set_crates_aside(tray, turn);
    const bool was_waiting = tray_ && !tray_closed_;
    const bool is_part_of_closed =
        tray_ && tray_closed_ &&
        std::ranges::all_of(
            tray.codes, [&](const std::string& code) { return std::ranges::find(tray_->codes, code) != tray_->codes.end(); }) &&
        tray.tags <= tray_->tags;
    if (is_part_of_closed) {  // a person takes away what was booked
        if (tray.tags == 0) tray_.reset();
        return repeated(What::tray_gone);
    }
    tray_.reset();
    tray_closed_ = false;
    if (tray.tags == 0 && tray.crates > 0) {
        Review review = stop(What::not_supported);
        review.about.reason = "logistic_unit";
        return review;
    }
    if (tray.tags == 0) {
        Review review = was_waiting ? stop(What::tray_gone) : repeated(What::tray_gone);
        review.sound = was_waiting ? Sound::notice : Sound::repeated;
        return review;
    }
    question_.reset();  // what was asked of something scanned before waits no longer
    times_ = 0;
    tray_ = tray;
    Review review = stop(What::tray_seen);
    review.sound = Sound::notice;
    review.ask = QuestionKind::tray_count;
    review.about.tags = tray.tags;
    review.about.crates = tray.crates;
    if (turn.work) review.about.work_kind = turn.work->kind;
    if (tray.tags > tray.codes.size()) review.about.reason = "strangers";
    review.about.packs = tray.tags - tray.codes.size();
    return review;
}

Review Desk::close_tray(Turn& turn, std::uint32_t said) {
    Particulars about;
    about.tags = tray_->tags;
    about.crates = tray_->crates;
    about.packs = said;
    if (said != tray_->tags) {
        about.reason = said > tray_->tags ? "more" : "fewer";
        Review review = stop(What::tray_differs, std::move(about));
        review.ask = QuestionKind::tray_count;
        return review;
    }
    if (!turn.work || !takes_trays(turn.work->kind)) {
        about.reason = "tray";
        return stop(turn.work ? What::not_supported : What::work_needed, std::move(about));
    }
    tray_closed_ = true;
    Review review = repeated(What::tray_booked, std::move(about));
    review.about.work_kind = turn.work->kind;
    review.about.packs = tray_->tags - tray_->codes.size();
    review.tray = tray_->codes;
    return review;
}

}  // namespace dosario
