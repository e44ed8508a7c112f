// SPDX-License-Identifier: Apache-2.0
#include "scan/tag_window.hpp"

#include <algorithm>
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

bool reaches(const TagRead& read, int cdbm) { return !read.rssi_cdbm || *read.rssi_cdbm >= cdbm; }

}  // namespace

const PadPreset* pad_preset(std::string_view name) {
    const auto found = std::ranges::find(kPresets, name, &PadPreset::name);
    return found == std::end(kPresets) ? nullptr : found;
}

// A read without TID is of whichever tag has that EPC; one with a TID gives it to the tag that was known without.
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

void TagWindow::count(Tag& tag, const TagRead& read) {
    ++tag.seen.reads;
    tag.seen.pc = read.pc;
    tag.seen.last_at = read.heard_at;
    if (read.rssi_cdbm) tag.seen.best_rssi_cdbm = std::max(tag.seen.best_rssi_cdbm.value_or(*read.rssi_cdbm), *read.rssi_cdbm);
}

void TagWindow::see(const TagRead& read) {
    const Key key{as_text(read.epc), read.tid ? as_text(*read.tid) : std::string_view{}};
    ++reads_;
    if (!next_look_) next_look_ = read.heard_at + preset_.quiet / kLooks;
    if (const auto tag = find(tags_, key); tag != tags_.end()) {
        count(tag->second, read);
        if (reaches(read, preset_.leave_cdbm)) tag->second.held_at = read.heard_at;
        return;
    }
    auto candidate = find(candidates_, key);
    if (candidate == candidates_.end()) {
        if (candidates_.size() >= kMostCandidates) return;
        Sighting seen{read.epc, read.pc, read.tid, 0, std::nullopt, read.heard_at, read.heard_at};
        candidate = candidates_.emplace(key, Tag{std::move(seen), 0, read.heard_at}).first;
    }
    count(candidate->second, read);
    candidate->second.held_at = read.heard_at;
    candidate->second.strong += reaches(read, preset_.enter_cdbm);
    if (candidate->second.strong >= kBelieved && tags_.size() < kMostTags) believe(candidate);
}

void TagWindow::believe(Tags::iterator candidate) {
    const MonoTime now = candidate->second.held_at;
    if (tags_.empty()) {
        ++number_;
        revision_ = 0;
        opened_at_ = candidate->second.seen.first_at;
    }
    tags_.insert(candidates_.extract(candidate));
    changed(now);
}

void TagWindow::changed(MonoTime now) {
    changed_at_ = now;
    reads_ = 0;
    told_ = false;
}

void TagWindow::let_go(MonoTime now) {
    const auto is_gone = [&](const auto& one) { return now - one.second.held_at >= preset_.gone; };
    if (std::erase_if(tags_, is_gone) > 0) changed(now);
    std::erase_if(candidates_, is_gone);
}

// Nothing changed for long enough while the pad did read. What was read once and lately may be a tag that comes: it is waited for, unless
// so much was read once and never again that the field is known to be noisy.
bool TagWindow::is_stable(MonoTime now) const {
    const Micros since = now - changed_at_;
    if (since < preset_.quiet) return false;
    if (since >= preset_.quiet * kPatience) return true;
    if (reads_ * 2 < tags_.size()) return false;
    std::int64_t young = 0, old = 0;
    for (const auto& [key, one] : candidates_) {
        if (one.strong == 0) continue;
        ++(now - one.seen.first_at < preset_.quiet ? young : old);
    }
    return young == 0 || (old > 0 && young <= 3 + 4 * old * preset_.quiet / std::max(now - opened_at_, preset_.quiet));
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
    if (!told_) {
        if (!tags_.empty()) {
            if (is_stable(now)) tell(now);
        } else {
            told_ = true;
            if (revision_ > 0) tell(now);  // what was never told need not be taken back
        }
    }
    next_look_.reset();
    if (!tags_.empty() || !candidates_.empty()) next_look_ = now + preset_.quiet / kLooks;
}

void TagWindow::resumed(MonoTime now) {
    for (Tags* const all : {&tags_, &candidates_})
        for (auto& [key, tag] : *all) tag.held_at = tag.seen.last_at = now;
    if (!told_) changed_at_ = now;
    if (!tags_.empty() || !candidates_.empty()) next_look_ = now + preset_.quiet / kLooks;
}

void TagWindow::rewritten(ByteView old_epc, const TagRead& as) {
    const auto found = find(tags_, Key{as_text(old_epc), ""});
    if (found == tags_.end() || std::ranges::equal(old_epc, as.epc)) return;
    auto node = tags_.extract(found);
    node.key().first = as_text(as.epc);
    node.mapped().seen.epc = as.epc;
    node.mapped().seen.pc = as.pc;
    tags_.insert(std::move(node));
    changed(as.heard_at);
}

void TagWindow::closed(MonoTime now) {
    const bool was_told = revision_ > 0 && !tags_.empty();
    tags_.clear();
    candidates_.clear();
    told_ = true;
    next_look_.reset();
    if (was_told) tell(now);
}

std::optional<TagSet> TagWindow::next_set() {
    if (sets_.empty()) return std::nullopt;
    TagSet first = std::move(sets_.front());
    sets_.erase(sets_.begin());
    return first;
}

}  // namespace dosario
