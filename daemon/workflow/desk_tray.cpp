// SPDX-License-Identifier: Apache-2.0
// A tray on a pad is one gesture: what lies there is held until a person says how many things that are (X12), and is booked when the pad
// reads exactly as many. A tag that is not read, or one of the next tray that is, would otherwise be missed by everybody.
// While something lies there, a count is of that, however often it is said: what is saved is not saved again, and what was refused is decided
// anew. Otherwise a card that was read twice would multiply the next box.
#include "identity/symbol.hpp"
#include "workflow/desk_turn.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

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

/// Nobody knows which of the trays a count is of.
Review two_pads() {
    Review review = stop(What::not_supported);
    review.about.reason = "two_pads";
    return review;
}

/// A tag is exact: with a separator at its end nobody takes its code for one that lost some.
void make_exact(std::string& code) {
    const bool holds_elements =
        is_aim(code.substr(0, kAimLength)) && carrier_of(code.substr(0, kAimLength)) == Carrier::element_string;
    if (holds_elements && code.find(kGroupSeparator) == std::string::npos) code += kGroupSeparator;
}

}  // namespace

void Desk::set_crates_aside(PadTray& tray, const Turn& turn) const {
    std::ranges::for_each(tray.codes, make_exact);
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
    const bool was_waiting = tray_ && (tray_->tags > 0 || tray_->refused) && !counted_;
    if (tray_) tray_left_at_ = turn.bench.now.at;
    entries_are_old_ = entries_are_old_ || tray_ || closed_;
    const std::string pad = pad_;
    static_cast<HeldOfPad&>(*this) = {};
    pad_ = pad;
    Review review = was_waiting ? stop(What::tray_gone) : repeated(What::tray_gone);
    review.sound = was_waiting ? Sound::notice : Sound::repeated;
    return review;
}

/// An error of USB, or the computer slept: the tray is likely where it was. What was saved of it is known until the pad tells another.
Review Desk::pad_closed(const Turn& turn) {
    if (tray_) tray_left_at_ = turn.bench.now.at;
    closed_ = closed_ || tray_ || !tray_saved_.empty();
    tray_.reset();
    count_asked_ = false;
    Review review = stop(What::tray_gone);
    review.sound = Sound::notice;
    review.about.reason = "closed";
    return review;
}

/// A pad that has no zone of its own tells where the last scan was: what it told in another zone lies there no longer, and is the same tray
/// here. Of other pads of this zone nothing changes.
void Desk::turn_to_pad(const std::string& pad) {
    if (pad.empty()) return;
    std::optional<HeldOfPad> known;
    const auto take = [&](HeldAtDesk& held) {
        if (const auto found = std::ranges::find(held.other_pads_, pad, &HeldOfPad::pad_); found != held.other_pads_.end()) {
            known = std::move(*found);
            held.other_pads_.erase(found);
        }
    };
    for (auto& [zone, held] : elsewhere_) {
        take(held);
        if (held.pad_ != pad) continue;
        known = std::exchange(static_cast<HeldOfPad&>(held), {});
    }
    take(*this);
    if (pad_ == pad || pad_.empty()) {
        if (known && !knows_something()) static_cast<HeldOfPad&>(*this) = std::move(*known);
        pad_ = pad;
        return;
    }
    HeldOfPad next = known.value_or(HeldOfPad{});
    next.pad_ = pad;
    HeldOfPad before = std::exchange(static_cast<HeldOfPad&>(*this), std::move(next));
    if (!before.knows_something()) return;
    if (other_pads_.size() == kMostPads) other_pads_.erase(other_pads_.begin());
    other_pads_.push_back(std::move(before));
}

/// A count is of what lies there, whichever pad told last.
void Desk::turn_to_tray() {
    if (tray_) return;
    const auto found = std::ranges::find_if(other_pads_, [](const HeldOfPad& held) { return held.tray_.has_value(); });
    if (found != other_pads_.end()) turn_to_pad(std::string{found->pad_});
}

bool Desk::lies_on_several_pads() const {
    return tray_ && std::ranges::any_of(other_pads_, [](const HeldOfPad& held) { return held.tray_.has_value(); });
}

Review Desk::see_tray(Turn& turn, PadTray tray) {
    turn_to_pad(turn.scan.pad);
    if (tray.closed) return pad_closed(turn);
    Review review = see_set(turn, std::move(tray));
    if (tray_ && lies_on_several_pads()) return two_pads();
    return review;
}

void Desk::tray_refused(const std::string& zone, const std::string& pad) {
    turn_to(zone);
    turn_to_pad(pad);
    tray_ = PadTray{};
    tray_->refused = true;
    count_asked_ = false;
}

Review Desk::ask_count(Review review) {
    review.ask = QuestionKind::tray_count;
    count_asked_ = true;
    ++question_number_;
    return review;
}

Review Desk::see_set(Turn& turn, PadTray tray) {
    set_crates_aside(tray, turn);
    if (tray.tags == 0 && (tray.crates == 0 || counted_)) return tray_left(turn);
    drop_times(turn);
    const bool was_closed = std::exchange(closed_, false);
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
    tell_of(*tray_, review.about);
    if (turn.work) review.about.work_kind = turn.work->kind;
    std::map<std::string, SavedThing> saved;
    for (const TrayThing& thing : things_on_tray(turn)) {
        const auto known = tray_saved_.find(thing.key());
        if (known == tray_saved_.end()) continue;
        saved.insert(*known);
        if (thing.way != TrayThing::Way::second && stands(known->second, turn)) ++review.about.saved;
    }
    // The others are gone, of a pad that is never empty; and of one that was closed, where another tray lies now.
    entries_are_old_ = entries_are_old_ || (was_closed && saved.empty());
    if (tray_saved_.size() > PadTray::kMostTags || (was_closed && saved.empty())) tray_saved_ = std::move(saved);
    if (review.about.saved > 0) review.about.reason = "some_saved";
    return ask_count(std::move(review));
}

Review Desk::close_tray(Turn& turn, std::uint32_t said) {
    if (lies_on_several_pads()) return two_pads();
    if (tray_->refused) {
        Review review = stop(What::not_supported);
        review.about.reason = "tray_refused";
        return review;
    }
    Particulars about;
    tell_of(*tray_, about);
    about.packs = said;
    if (tray_->tags == 0) {
        about.reason = "logistic_unit";
        return stop(What::not_supported, std::move(about));
    }
    if (said != tray_->tags) {
        about.reason = counted_ ? "counted" : said > tray_->tags ? "more" : "fewer";
        return ask_count(stop(What::tray_differs, std::move(about)));
    }
    if (!turn.work || !takes_trays(turn.work->kind)) {
        about.reason = "tray";
        return stop(turn.work ? What::not_supported : What::work_needed, std::move(about));
    }
    if (!counted_) counted_ = tray_;
    count_asked_ = false;
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

void Desk::tray_done(const Stock& stock, const std::vector<Seq>& written) {
    const auto work = stock.open_work();
    if (written.empty() || !work) return;
    if (std::exchange(entries_are_old_, false) || entries_of_ != work->id) tray_entries_.clear();
    entries_of_ = work->id;
    tray_entries_.insert(tray_entries_.end(), written.begin(), written.end());
    if (tray_entries_.size() > kMostTrayEntries)
        tray_entries_.erase(tray_entries_.begin(), tray_entries_.end() - static_cast<std::ptrdiff_t>(kMostTrayEntries));
}

/// An undo takes back one entry, of one thing; how much of the tray is saved yet must not be guessed.
void Desk::tell_of_tray(const Turn& turn, Review& undone) const {
    if (!undone.ok || std::ranges::find(tray_entries_, undone.about.seq) == tray_entries_.end()) return;
    undone.about.tray_left = static_cast<std::uint64_t>(std::ranges::count_if(
        tray_entries_, [&](Seq seq) { return seq != undone.about.seq && turn.bench.stock.undoable(seq).has_value(); }));
}

}  // namespace dosario
