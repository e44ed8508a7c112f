// SPDX-License-Identifier: Apache-2.0
#include "scan/tag_window.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace dosario {
namespace {

using std::chrono::milliseconds;

constexpr int kAnyStrength = -20'000;  // no receiver hears so little

constexpr PadPreset kPresets[] = {
    {"cerca", -4500, -5500, milliseconds{250}, milliseconds{1000}},
    {"mesa", -6000, -7000, milliseconds{300}, milliseconds{2000}},
    {"estante", kAnyStrength, kAnyStrength, milliseconds{1500}, milliseconds{10'000}},
};

// A set is looked at so many times within the shorter of its spans.
constexpr int kLooks = 8;
constexpr std::size_t kManyNear = 3;    // tags one bit from another: so they are in this tray
constexpr double kReadsToMisread = 32;  // of a tag, for one misread of it that came before: one bit of it fails much more seldom
constexpr std::ptrdiff_t kSeveral = 3;
constexpr std::uint32_t kMostRoundsUnread = 8;
constexpr int kLongestGone = 5;  // times `gone`

/// The two EPCs are as long, and differ in one bit. Each tag of a large tray is held against each other: word by word.
bool differ_in_one_bit(std::string_view one, std::string_view other) {
    if (one.size() != other.size()) return false;
    constexpr std::size_t kWord = sizeof(std::uint64_t);
    std::uint64_t differs = 0;
    const auto is_second = [&differs](std::uint64_t bits) {
        const bool is_bad = bits != 0 && (differs != 0 || (bits & (bits - 1)) != 0);
        differs |= bits;
        return is_bad;
    };
    std::size_t at = 0;
    for (; at + kWord <= one.size(); at += kWord) {
        std::uint64_t its, others;
        std::memcpy(&its, one.data() + at, kWord);
        std::memcpy(&others, other.data() + at, kWord);
        if (is_second(its ^ others)) return false;
    }
    for (; at < one.size(); ++at)
        if (is_second(static_cast<unsigned char>(one[at] ^ other[at]))) return false;
    return differs != 0;
}

bool reaches(const TagRead& read, int cdbm) { return !read.rssi_cdbm || *read.rssi_cdbm >= cdbm; }

}  // namespace

const PadPreset* pad_preset(std::string_view name) {
    const auto found = std::ranges::find(kPresets, name, &PadPreset::name);
    return found == std::end(kPresets) ? nullptr : found;
}

// A read without TID is of any tag that has that EPC; one with a TID gives it to the tag that was known without.
TagWindow::Tags::iterator TagWindow::find(Tags& where, const Key& key) {
    const auto exact = where.find(key);
    if (exact != where.end()) return exact;
    const auto first = where.lower_bound({key.first, {}});
    if (first == where.end() || first->first.first != key.first) return where.end();
    if (key.second.empty()) return first;
    if (!first->first.second.empty()) return where.end();
    auto node = where.extract(first);
    node.key() = key;
    const ByteView tid = as_bytes(key.second);
    node.mapped().seen.tid = Bytes(tid.begin(), tid.end());
    return where.insert(std::move(node)).position;
}

void TagWindow::count(Tag& tag, const TagRead& read, int holds_cdbm) {
    ++tag.seen.reads;
    tag.seen.pc = read.pc;
    tag.seen.last_at = read.heard_at;
    if (read.rssi_cdbm) tag.seen.best_rssi_cdbm = std::max(tag.seen.best_rssi_cdbm.value_or(*read.rssi_cdbm), *read.rssi_cdbm);
    if (!reaches(read, holds_cdbm)) return;
    tag.held_at = read.heard_at;
    tag.held_read = reads_;
    if (!suspended_at_) tag.unseen = false;
}

void TagWindow::see(const TagRead& read) {
    const Key key{as_text(read.epc), read.tid ? as_text(*read.tid) : std::string_view{}};
    ++reads_;
    if (!next_look_) next_look_ = read.heard_at + preset_.quiet / kLooks;
    if (const auto tag = find(tags_, key); tag != tags_.end()) {
        for (auto one = tag; one != tags_.end() && one->first.first == key.first; ++one) {
            count(one->second, read, preset_.leave_cdbm);
            held_at_ = std::max(held_at_, one->second.held_at);
            if (!key.second.empty()) break;
        }
        return;
    }
    auto candidate = find(candidates_, key);
    if (candidate == candidates_.end()) {
        if (candidates_.size() >= kMostCandidates) return;
        Sighting seen{read.epc, read.pc, read.tid, 0, std::nullopt, read.heard_at, read.heard_at};
        candidate = candidates_.emplace(key, Tag{std::move(seen), 0, read.heard_at, reads_}).first;
    }
    const MonoTime before_at = candidate->second.held_at;
    const std::uint64_t before = candidate->second.held_read;
    count(candidate->second, read, kAnyStrength);
    candidate->second.strong += reaches(read, preset_.enter_cdbm);
    if (candidate->second.strong < kBelieved || tags_.size() >= kMostTags) return;
    if (candidate->second.strong == kBelieved) find_near(candidate, read.heard_at);
    believe_if_sure(candidate, before_at, before);
}

/// Who had to show itself once more was there `before`.
void TagWindow::believe_if_sure(Tags::iterator candidate, MonoTime before_at, std::uint64_t before) {
    Tag& tag = candidate->second;
    if (tag.strong < reads_wanted(*candidate)) return;
    if (tag.strong == kBelieved) before_at = tag.held_at, before = tag.held_read;
    believe(candidate);
    changed(before_at, before);
}

// A misread is mostly a tag of the tray but for one bit, and now and then the same one comes twice. Serials in a row are as near to each
// other: there several tags are, and the bits in which they differ are of either value in several of them.
void TagWindow::find_near(Tags::iterator candidate, MonoTime now) {
    std::vector<Key> doubted;
    const auto mark = [this](Tag& tag) { near_ += !std::exchange(tag.near, true); };
    for (Tags* const where : {&tags_, &candidates_}) {
        const std::string* last = nullptr;
        for (auto& [key, tag] : *where) {
            const bool is_copy = last != nullptr && *last == key.first;
            last = &key.first;
            if (is_copy || tag.strong < kBelieved || !differ_in_one_bit(candidate->first.first, key.first)) continue;
            mark(tag);
            mark(candidate->second);
            if (where == &tags_ && tag.seen.reads < kSure) doubted.push_back(key);
        }
    }
    // Of the two either may be the other one misread.
    for (const Key& key : doubted)
        if (near_ < kManyNear || !has_usual_bits(key.first, candidate->first.first)) doubt(key, now);
}

std::uint32_t TagWindow::reads_wanted(const Tags::value_type& candidate) const {
    if (!candidate.second.near) return kBelieved;
    const std::string& epc = candidate.first.first;
    const Tags::value_type* nearest = nullptr;
    for (const Tags* const where : {&tags_, &candidates_}) {
        for (const auto& other : *where) {
            if (!differ_in_one_bit(epc, other.first.first)) continue;
            if (nearest == nullptr || other.second.seen.reads > nearest->second.seen.reads) nearest = &other;
        }
    }
    // What is misread is read at least as often as that.
    if (nearest == nullptr || nearest->second.seen.reads < candidate.second.seen.reads) return kBelieved;
    if (near_ >= kManyNear && has_usual_bits(epc, nearest->first.first)) return kBelieved;
    const Sighting &own = candidate.second.seen, &its = nearest->second.seen;
    const auto span = [](const Sighting& seen) { return std::max<std::int64_t>((seen.last_at - seen.first_at).count(), 1); };
    const double meanwhile = std::min(1.0, static_cast<double>(span(own)) / static_cast<double>(span(its))) * its.reads;
    return kSure + static_cast<std::uint32_t>(meanwhile / kReadsToMisread);
}

/// Each bit in which it differs from `nearest` is so in several others, too.
bool TagWindow::has_usual_bits(std::string_view epc, std::string_view nearest) const {
    const std::size_t several = 2 + (tags_.size() + candidates_.size()) / 64;
    for (std::size_t bit = 0; bit < 8 * epc.size(); ++bit) {
        const auto differs = [&](std::string_view other) {
            return other.size() != epc.size() || ((epc[bit / 8] ^ other[bit / 8]) & (0x80 >> bit % 8)) != 0;
        };
        if (!differs(nearest)) continue;
        std::size_t alike = 0;  // one of them is itself
        const auto are_enough = [&](const Tags& where) {
            return std::ranges::any_of(where,
                                       [&](const auto& other) { return (alike += !differs(other.first.first)) > several; });
        };
        if (!are_enough(tags_) && !are_enough(candidates_)) return false;
    }
    return true;
}

/// What was doubted, if it turned out that so are several.
void TagWindow::believe_near() {
    if (near_ < kManyNear) return;
    for (auto next = candidates_.begin(); next != candidates_.end();) {
        const auto one = next++;
        if (one->second.near && one->second.strong >= kBelieved && tags_.size() < kMostTags)
            believe_if_sure(one, one->second.held_at, one->second.held_read);
    }
}

void TagWindow::believe(Tags::iterator candidate) {
    if (tags_.empty()) {
        ++number_;
        revision_ = 0;
        opened_at_ = candidate->second.seen.first_at;
        uneven_ = false;
    }
    held_at_ = std::max(held_at_, candidate->second.held_at);
    // While others are heard for the third time those that miss no round have been heard twice.
    const auto is_sure = [](const auto& one) { return one.second.seen.reads >= kSure; };
    uneven_ = uneven_ || (!is_sure(*candidate) && std::ranges::count_if(tags_, is_sure) >= kSeveral);
    tags_.insert(candidates_.extract(candidate));
}

/// A tag believed too soon: it must be read once more.
void TagWindow::doubt(const Key& key, MonoTime now) {
    const auto tag = tags_.find(key);
    if (tag == tags_.end() || tags_.size() == 1 || candidates_.size() >= kMostCandidates) return;
    candidates_.insert(tags_.extract(tag));
    if (told_) changed(now, reads_);
}

void TagWindow::changed(MonoTime at, std::uint64_t read) {
    changed_at_ = std::max(changed_at_, at);
    changed_read_ = std::max(changed_read_, read);
    if (std::exchange(told_, false)) untold_at_ = changed_at_;
}

/// Reads of the pad within which each tag of the set was singulated, noise among them.
std::uint64_t TagWindow::one_round() const { return tags_.size() + tags_.size() / 8; }

// A tag read often and not for a while may be a weak one, where rounds are long: it is given more of them.
void TagWindow::let_go(MonoTime now) {
    const bool silent = now - held_at_ >= preset_.gone;
    const auto is_gone = [&](const auto& one) {
        const Micros unread = now - one.second.held_at;
        return unread >= preset_.gone &&
               (silent || unread >= kLongestGone * preset_.gone ||
                reads_ - one.second.held_read >=
                    std::min(one.second.seen.reads + (uneven_ ? 3 : 0), kMostRoundsUnread) * one_round());
    };
    const auto leaves = [&](const auto& one, bool gone) {
        if (gone && one.second.near) --near_;
        return gone;
    };
    if (std::erase_if(tags_, [&](const auto& one) { return leaves(one, is_gone(one)); }) > 0) changed(now, reads_);
    std::erase_if(candidates_, [&](const auto& one) { return leaves(one, now - one.second.held_at >= preset_.gone); });
}

bool TagWindow::is_stable(MonoTime now) const {
    const Micros since = now - changed_at_;
    if (since < preset_.quiet) return false;
    if (since >= preset_.quiet * kPatience || now - untold_at_ >= preset_.quiet * kPatience * 2) return true;
    if ((reads_ - changed_read_) * 2 < tags_.size()) return false;
    return !waits_for_tags() && !waits_for_candidates(since);
}

// Where tags miss rounds, each is to be heard once more than it takes to believe it: what is still missing is likely to come meanwhile. And
// what was heard and is not heard any more is passing by, or weak.
bool TagWindow::waits_for_tags() const {
    return std::ranges::any_of(tags_, [&](const auto& one) {
        return one.second.seen.reads <= kSure &&
               ((uneven_ && one.second.seen.reads < kSure) || reads_ - one.second.held_read >= 2 * one_round());
    });
}

// What was heard once, within this round or while the set was quiet, may be a tag that comes; unless so much is heard once and never again
// that it is likely noise.
bool TagWindow::waits_for_candidates(Micros since) const {
    const std::uint64_t in_quiet =
        (reads_ - changed_read_) * static_cast<std::uint64_t>(preset_.quiet.count()) / static_cast<std::uint64_t>(since.count());
    const std::uint64_t lately = std::max(one_round(), in_quiet);
    std::uint64_t young = 0, old = 0, first_read = reads_;
    for (const auto& [key, one] : candidates_) {
        if (one.strong == 0) continue;
        if (one.strong >= kBelieved && reads_ - one.held_read < 2 * one_round()) return true;
        first_read = std::min(first_read, one.held_read);
        ++(reads_ - one.held_read < lately ? young : old);
    }
    return young > tags_.size() / 32 + 4 * old * lately / std::max(reads_ - first_read, lately);
}

void TagWindow::tell(MonoTime now) {
    TagSet set;
    set.number = number_;
    set.revision = ++revision_;
    set.opened_at = opened_at_;
    set.closed_at = now;
    set.tags.reserve(tags_.size());
    for (const auto& [key, tag] : tags_) set.tags.push_back(tag.seen);
    set.far = static_cast<std::uint32_t>(
        std::ranges::count_if(candidates_, [](const auto& one) { return one.second.seen.reads >= kBelieved; }));
    told_ = true;
    if (sets_.size() == kMostSets) sets_.erase(sets_.begin());
    sets_.push_back(std::move(set));
}

void TagWindow::wake(MonoTime now) {
    if (!next_look_ || now < *next_look_) return;
    let_go(now);
    believe_near();
    if (!told_) {
        if (!tags_.empty()) {
            if (is_stable(now)) tell(now);
        } else {
            told_ = true;
            if (revision_ > 0) tell(now);  // what was never told need not be taken back
        }
    }
    if (resumed_at_ && !is_unsure(now)) resumed_at_.reset();
    next_look_.reset();
    if (!tags_.empty() || !candidates_.empty()) next_look_ = now + preset_.quiet / kLooks;
}

void TagWindow::suspended(MonoTime now) {
    suspended_at_ = now;
    for (auto& [key, tag] : tags_) tag.unseen = true;
}

// What is held, and not what was read: a sweep counts that.
void TagWindow::resumed(MonoTime now, std::span<const Bytes> unanswered) {
    if (!suspended_at_) return;
    const Micros deaf = now - *suspended_at_;
    const auto move = [&](MonoTime& at) { at = std::min(now, at + deaf); };
    for (Tags* const all : {&tags_, &candidates_})
        for (auto& [key, tag] : *all)
            if (std::ranges::find(unanswered, tag.seen.epc) == unanswered.end()) move(tag.held_at);
    move(held_at_);
    if (!told_) changed_at_ = now;
    suspended_at_.reset();
    resumed_at_ = now;
    if (!tags_.empty() || !candidates_.empty()) next_look_ = now + preset_.quiet / kLooks;
}

bool TagWindow::is_unsure(MonoTime now) const {
    if (suspended_at_) return true;
    if (!resumed_at_) return false;
    if (!told_) return true;
    return now - *resumed_at_ < preset_.gone + preset_.quiet &&
           std::ranges::any_of(tags_, [](const auto& one) { return one.second.unseen; });
}

std::vector<Sighting> TagWindow::epcs() const {
    std::vector<Sighting> all;
    for (const auto& [key, tag] : tags_)
        if (all.empty() || all.back().epc != tag.seen.epc) all.push_back(tag.seen);
    return all;
}

void TagWindow::chips(ByteView epc, const std::vector<Bytes>& tids, MonoTime now) {
    const auto first = tags_.lower_bound({std::string{as_text(epc)}, {}});
    if (first == tags_.end() || !std::ranges::equal(first->second.seen.epc, epc)) return;
    for (auto one = first; one != tags_.end() && one->first.first == first->first.first; ++one) one->second.unseen = false;
    if (tids.empty()) return;
    const auto is_one = [&](const auto& one) { return one.first.first == as_text(epc); };
    const auto before = static_cast<std::size_t>(std::ranges::count_if(tags_, is_one));
    // Of two chips one may have answered each time: that one is gone is believed when it is said twice.
    const std::set<Bytes> said(tids.begin(), tids.end());
    if (said.size() < before && std::exchange(first->second.fewer_chips, said) != said) return;
    Tag tag = first->second;
    tag.fewer_chips.clear();
    const auto near =
        static_cast<std::size_t>(std::ranges::count_if(tags_, [&](const auto& one) { return is_one(one) && one.second.near; }));
    std::erase_if(tags_, is_one);
    tag.near = near > 0;
    near_ -= near - tag.near;
    for (const Bytes& tid : said) {
        tag.seen.tid = tid;
        tags_.emplace(Key{as_text(epc), as_text(tid)}, tag);
        tag.near = false;  // an EPC counts once as one that is near to another
    }
    if (said.size() != before) changed(now, reads_);
}

void TagWindow::rewritten(ByteView old_epc, const TagRead& as) {
    const auto found = find(tags_, Key{as_text(old_epc), ""});
    if (found == tags_.end() || std::ranges::equal(old_epc, as.epc)) return;
    auto node = tags_.extract(found);
    node.key().first = as_text(as.epc);
    node.mapped().seen.epc = as.epc;
    node.mapped().seen.pc = as.pc;
    tags_.insert(std::move(node));
    changed(as.heard_at, reads_);
}

void TagWindow::closed(MonoTime now) {
    const bool was_told = revision_ > 0 && !tags_.empty();
    tags_.clear();
    candidates_.clear();
    near_ = 0;
    told_ = true;
    suspended_at_.reset();
    resumed_at_.reset();
    next_look_.reset();
    if (!was_told) return;
    tell(now);
    sets_.back().pad_closed = true;
}

std::vector<Sighting> TagWindow::read_since(MonoTime since) const {
    std::vector<Sighting> read;
    for (const auto& [key, tag] : tags_)
        if (tag.seen.last_at >= since) read.push_back(tag.seen);
    return read;
}

std::optional<TagSet> TagWindow::next_set() {
    if (sets_.empty()) return std::nullopt;
    TagSet first = std::move(sets_.front());
    sets_.erase(sets_.begin());
    return first;
}

}  // namespace dosario
