// SPDX-License-Identifier: Apache-2.0
// A tray on a pad is one gesture: what lies there is held until a person says how many things that are (X12), and is booked when the pad
// reads exactly as many. A tag that is not read, or one of the next tray that is, would otherwise be missed by everybody.
// While something lies there, a count is of that, however often it is said: what is saved is not saved again, and what was refused is decided
// anew. Otherwise a card that was read twice would multiply the next box.
#include "workflow/desk_turn.hpp"

#include <algorithm>
#include <iterator>

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

/// Each of the first is one of the second; the same one twice there too.
bool is_within(std::vector<std::string> part, std::vector<std::string> whole) {
    std::ranges::sort(part);
    std::ranges::sort(whole);
    return std::ranges::includes(whole, part);
}

TrayThing named(const std::string& code, const Identity& identity) {
    TrayThing thing;
    thing.code = code;
    if (const auto* pack = std::get_if<SerialPack>(&identity)) {
        thing.gtin = pack->gtin.text();
        thing.serial = pack->serial;
    } else if (const auto* label = std::get_if<WholesalerLabel>(&identity)) {
        thing.serial = std::string{label->gln} + std::string{label->serial};
    } else if (const auto* dose = std::get_if<DoseLabel>(&identity)) {
        thing.label = dose_code(dose->dose);
    } else if (const auto* opened = std::get_if<PackLabel>(&identity)) {
        thing.label = pack_code(opened->pack);
    }
    return thing;
}

void tell_of(const PadTray& tray, Particulars& about) {
    about.tags = tray.tags;
    about.crates = tray.crates;
    about.strangers = tray.tags - tray.codes.size();
    about.epcs = tray.strangers;
}

}  // namespace

void Desk::set_crates_aside(PadTray& tray, const Turn& turn) const {
    const auto crates = std::erase_if(tray.codes, [&](const std::string& code) {
        CodeBuffer buffer;
        return is_crate(identify("", code, turn.bench.now.today, buffer, *rules_.codes));
    });
    tray.crates = static_cast<std::uint32_t>(crates);
    tray.tags -= std::min(tray.tags, tray.crates);
}

bool Desk::is_part_of_counted(const PadTray& tray) const {
    return counted_ && tray.tags <= counted_->tags && is_within(tray.codes, counted_->codes) &&
           is_within(tray.strangers, counted_->strangers);
}

/// Each thing once, in the order of the tags. Of two tags on one thing the one that says more counts: the other may lack lot and expiry.
std::vector<TrayThing> Desk::things_on_tray(const Turn& turn) const {
    std::vector<TrayThing> things;
    std::map<std::string, std::size_t> seen;  // where the one that counts is
    for (const std::string& code : tray_->codes) {
        CodeBuffer buffer;
        things.push_back(named(code, identify("", code, turn.bench.now.today, buffer, *rules_.codes)));
        TrayThing& thing = things.back();
        const auto [at, is_new] = seen.emplace(thing.key(), things.size() - 1);
        if (is_new) {
            if (was_saved(thing, turn)) thing.way = TrayThing::Way::saved;
            continue;
        }
        thing.way = TrayThing::Way::second;
        if (TrayThing& first = things[at->second]; first.code.size() < thing.code.size()) {
            std::swap(first.way, thing.way);
            at->second = things.size() - 1;
        }
    }
    return things;
}

/// In this work, of a dispensing in this visit. Who verifies may be another one by now, and what is verified says so by itself.
bool Desk::was_saved(const TrayThing& thing, const Turn& turn) const {
    const auto found = tray_saved_.find(thing.key());
    if (found == tray_saved_.end() || !turn.work) return false;
    const SavedThing& saved = found->second;
    return saved.work == turn.work->kind && saved.work != WorkKind::verification && saved.visit == turn.work->recipient &&
           stands(saved, turn);
}

/// Its entry was not taken back, and nothing happened to the thing since.
bool Desk::stands(const SavedThing& saved, const Turn& turn) const {
    const Stock& stock = turn.bench.stock;
    const auto entry = stock.undoable(saved.seq);
    if (!entry) return false;
    return std::ranges::none_of(things_of(entry->fact), [&](ThingId thing) { return stock.moved_since(thing, saved.seq); });
}

Review Desk::tray_left(const Turn& turn) {
    const bool was_waiting = tray_ && tray_->tags > 0 && !counted_;
    if (tray_) tray_left_at_ = turn.bench.now.at;
    tray_.reset();
    counted_.reset();
    tray_saved_.clear();
    Review review = was_waiting ? stop(What::tray_gone) : repeated(What::tray_gone);
    review.sound = was_waiting ? Sound::notice : Sound::repeated;
    return review;
}

Review Desk::see_tray(Turn& turn, PadTray tray) {
    set_crates_aside(tray, turn);
    if (tray.tags == 0 && (tray.crates == 0 || counted_)) return tray_left(turn);
    drop_times(turn);
    if (is_part_of_counted(tray)) {  // a person takes away what was booked, or puts it back
        tray_ = std::move(tray);
        Review review = repeated(What::tray_seen);
        tell_of(*tray_, review.about);
        review.about.reason = "counted";
        return review;
    }
    question_.reset();  // what was asked of something scanned before waits no longer
    counted_.reset();
    tray_ = std::move(tray);
    if (tray_->tags == 0) {
        Review review = stop(What::not_supported);
        review.about.reason = "logistic_unit";
        return review;
    }
    Review review = stop(What::tray_seen);
    review.sound = Sound::notice;
    review.ask = QuestionKind::tray_count;
    tell_of(*tray_, review.about);
    if (turn.work) review.about.work_kind = turn.work->kind;
    std::map<std::string, SavedThing> saved;
    for (const TrayThing& thing : things_on_tray(turn)) {
        const auto known = tray_saved_.find(thing.key());
        if (known == tray_saved_.end()) continue;
        saved.insert(*known);
        if (thing.way != TrayThing::Way::second && stands(known->second, turn)) ++review.about.saved;
    }
    if (tray_saved_.size() > PadTray::kMostTags)
        tray_saved_ = std::move(saved);  // a pad that is never empty: the others are gone
    if (review.about.saved > 0) review.about.reason = "some_saved";
    return review;
}

Review Desk::close_tray(Turn& turn, std::uint32_t said) {
    Particulars about;
    tell_of(*tray_, about);
    about.packs = said;
    if (tray_->tags == 0) {
        about.reason = "logistic_unit";
        return stop(What::not_supported, std::move(about));
    }
    if (said != tray_->tags) {
        about.reason = counted_ ? "counted" : said > tray_->tags ? "more" : "fewer";
        Review review = stop(What::tray_differs, std::move(about));
        review.ask = QuestionKind::tray_count;
        return review;
    }
    if (!turn.work || !takes_trays(turn.work->kind)) {
        about.reason = "tray";
        return stop(turn.work ? What::not_supported : What::work_needed, std::move(about));
    }
    if (!counted_) counted_ = tray_;
    question_.reset();
    label_.reset();
    Review review = repeated(What::tray_booked, std::move(about));
    review.about.work_kind = turn.work->kind;
    review.tray = things_on_tray(turn);
    return review;
}

void Desk::thing_done(const TrayThing& thing, const Stock& stock, std::span<const Seq> written) {
    question_.reset();
    label_.reset();  // it is of the thing that was seen, and not of the next
    const auto work = stock.open_work();
    if (written.empty() || !work) return;
    tray_saved_[thing.key()] = {written.back(), work->kind, work->recipient};
}

/// An undo takes back one entry, of one thing; how much of the tray is saved yet must not be guessed.
void Desk::tell_of_tray(const Turn& turn, Review& undone) const {
    if (!undone.ok || std::ranges::find(tray_entries_, undone.about.seq) == tray_entries_.end()) return;
    undone.about.tray_left = static_cast<std::uint64_t>(std::ranges::count_if(
        tray_entries_, [&](Seq seq) { return seq != undone.about.seq && turn.bench.stock.undoable(seq).has_value(); }));
}

}  // namespace dosario
