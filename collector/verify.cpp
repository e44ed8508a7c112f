// SPDX-License-Identifier: Apache-2.0
#include "collector/verify.hpp"

#include "ledger/columns.hpp"

namespace dosario {
namespace {

constexpr int kMostFaults = 1000;

}  // namespace

void StoreVerifier::fault(std::uint64_t seq, std::string what) {
    if (report_.faults_size() >= kMostFaults) return;
    auto& fault = *report_.add_faults();
    fault.set_station(station_);
    fault.set_branch(branch_name_);
    fault.set_seq(seq);
    fault.set_what(std::move(what));
}

Result<bool> StoreVerifier::next_branch() {
    auto next = db_.query(
        "SELECT b.id, l.station, b.branch, l.ledger, b.starts_after, b.parent_hash, b.head_seq, b.head_hash FROM branch b"
        " JOIN ledger l ON l.id = b.ledger WHERE b.id > ? ORDER BY b.id LIMIT 1");
    next.bind(branch_);
    if (!next.row()) {
        if (next.failed()) return next.error();
        return false;
    }
    branch_ = next.number(0);
    station_ = next.text(1);
    branch_name_ = to_hex(next.blob_view(2));
    ledger_ = fixed<LedgerId>(next.blob_view(3));
    seq_ = next.number(4);
    hash_ = fixed<Sha256>(next.blob_view(5));
    head_seq_ = next.number(6);
    head_hash_ = fixed<Sha256>(next.blob_view(7));
    report_.set_branches(report_.branches() + 1);
    walking_ = true;
    return true;
}

Result<bool> StoreVerifier::step(std::size_t entries) {
    if (!walking_) {
        const auto more = next_branch();
        if (!more) return more.error();
        if (!*more) {
            if (auto finished = finish(); !finished) return finished.error();
            return false;
        }
    }
    auto walk = db_.query(
        "SELECT seq, event_id, kind, version, boot, mono_us, wall_us, clock, body, hash, damaged FROM event WHERE branch = ? AND seq > ?"
        " AND seq <= ? ORDER BY seq LIMIT ?");
    walk.bind(branch_).bind(seq_).bind(head_seq_).bind(static_cast<std::int64_t>(entries));
    std::size_t seen = 0;
    for (; walk.row(); ++seen) {
        const Entry entry = entry_of(walk);
        if (walk.number(0) != seq_ + 1) fault(entry.header.seq, "entries before this one are missing");
        const bool follows_on = follows(digest_, ledger_, hash_, entry);
        if (!follows_on && walk.number(10) == 0) fault(entry.header.seq, "this entry or the one before it is not what was sent");
        hash_ = entry.hash;
        seq_ = walk.number(0);
        report_.set_entries(report_.entries() + 1);
    }
    if (walk.failed()) {
        const Error why = walk.error();
        if (why.failure != Failure::damaged) return why;
        fault(static_cast<std::uint64_t>(seq_) + 1, "from here on this branch cannot be read: " + why.message);
        walking_ = false;
        return true;
    }
    if (seen == entries) return true;
    if (seq_ != head_seq_ || hash_ != head_hash_)
        fault(static_cast<std::uint64_t>(head_seq_), "the last entry is not the head of the branch");
    walking_ = false;
    return true;
}

Result<void> StoreVerifier::finish() {
    station_.clear();
    branch_name_.clear();
    auto check = db_.query("PRAGMA quick_check(100)");
    while (check.row()) {
        if (check.text(0) != "ok") fault(0, "SQLite finds: " + check.text(0));
    }
    if (check.failed()) {
        const Error why = check.error();
        if (why.failure != Failure::damaged) return why;
        fault(0, "SQLite finds: " + why.message);
    }
    report_.set_ok(report_.faults_size() == 0);
    return {};
}

}  // namespace dosario
