// SPDX-License-Identifier: Apache-2.0
#include "uplink/session.hpp"

#include "base/overloaded.hpp"

#include <utility>

namespace dosario {
namespace {

std::int64_t micros(MonoTime at) { return at.time_since_epoch().count(); }
std::int64_t micros(UtcTime at) { return at.time_since_epoch().count(); }

constexpr Micros kAfterFence = std::chrono::seconds{5};     // two copies of one ledger must not take turns every instant
constexpr Micros kAfterRefusal = std::chrono::seconds{30};  // a person has to do something first
constexpr int kMostNotices = 16;
constexpr std::int64_t kLastInstant_us = 253'402'300'799'000'000;  // the end of the year 9999

UplinkEndReason reason_of(v1::RefuseReason why) {
    switch (why) {
        case v1::VERSION: return UplinkEndReason::version;
        case v1::CERTIFICATE_EXPIRED:
        case v1::CANNOT_RENEW: return UplinkEndReason::expired;
        case v1::OTHER_STATION: return UplinkEndReason::other_station;
        case v1::FENCED: return UplinkEndReason::fenced;
        case v1::STORE:
        case v1::STOPPING: return UplinkEndReason::again;
        default: return UplinkEndReason::refused;
    }
}

}  // namespace

/// Sends what the collector must answer soon.
void UplinkSession::ask(const v1::Envelope& message) {
    send(message);
    deadline_ = now_ + kPatience;
}

void UplinkSession::opened(MonoTime now, UtcTime wall) {
    at(now, wall);
    if (greeting_.renewal.empty()) return greet();
    v1::Envelope message;
    message.mutable_renew()->set_request(greeting_.renewal);
    ask(message);
    state_ = State::renewing;
}

void UplinkSession::greet() {
    v1::Envelope message;
    auto& hello = *message.mutable_hello();
    hello.set_proto_min(kUplinkVersion);
    hello.set_proto_max(kUplinkVersion);
    hello.set_ledger(text_of(greeting_.tail.ledger));
    for (const BranchSpan& span : greeting_.tail.branches) {
        auto& branch = *hello.add_branches();
        branch.set_branch(text_of(span.branch));
        branch.set_starts_after(span.starts_after);
        branch.set_end(span.end);
        branch.set_parent_hash(text_of(span.parent_hash));
    }
    hello.set_boot(static_cast<std::uint64_t>(greeting_.tail.boot));
    hello.set_mono_us(micros(now_));
    hello.set_wall_us(micros(wall_));
    greeted_at_ = now_;
    next_ping_.reset();
    pong_due_.reset();
    hello.set_machine(text_of(greeting_.machine));
    hello.set_build(greeting_.build);
    ask(message);
    state_ = State::greeting;
}

void UplinkSession::receive(ByteView bytes, MonoTime now, UtcTime wall) {
    if (state_ == State::finished) return;
    at(now, wall);
    in_.feed(bytes);
    while (state_ != State::finished) {
        auto message = in_.next();
        if (!message) return finish({UplinkEndReason::broken_peer, message.error().message, {}});
        if (!*message) return;
        handle(**message);
    }
}

void UplinkSession::handle(const v1::Envelope& message) {
    switch (message.message_case()) {
        case v1::Envelope::kWelcome: return welcome(message.welcome());
        case v1::Envelope::kAck: return ack(message.ack());
        case v1::Envelope::kCredit: credit_ = message.credit().credit(); return stream();
        case v1::Envelope::kHashes: return hashes(message.hashes());
        case v1::Envelope::kPulled: return pulled(message.pulled());
        case v1::Envelope::kPong: return pong(message.pong());
        case v1::Envelope::kRefuse: return refuse(message.refuse());
        case v1::Envelope::kRenewed:
            if (state_ != State::renewing) return broken("a certificate that was not asked for");
            events_.emplace_back(CertificateRenewed{message.renewed().certificate()});
            return finish({UplinkEndReason::again, "the certificate was renewed", {}});
        case v1::Envelope::MESSAGE_NOT_SET: return;  // a newer collector's word; nothing depends on it
        default: return broken("a message that only stations send");
    }
}

// --- comparing branches ----------------------------------------------------------------------------------------------------------

void UplinkSession::welcome(const v1::Welcome& message) {
    if (state_ != State::greeting) return broken("a Welcome nobody waited for");
    const auto& branches = greeting_.tail.branches;
    if (message.proto() != kUplinkVersion || message.branches_size() != static_cast<int>(branches.size()))
        return broken("a Welcome that does not answer our Hello");
    lines_.clear();
    for (std::size_t i = 0; i < branches.size(); ++i) {
        const auto& head = message.branches(static_cast<int>(i));
        const auto have_hash = exactly<Sha256>(head.have_hash());
        const auto common_hash = exactly<Sha256>(head.common_hash());
        const BranchSpan& ours = branches[i];
        if (head.branch() != text_of(ours.branch) || !have_hash || !common_hash || head.have() < ours.starts_after ||
            head.common() != std::min(head.have(), ours.end)) {
            return broken("a Welcome with heads that cannot be");
        }
        lines_.push_back(
            {ours, head.have(), *have_hash, head.common(), *common_hash, head.common(), head.common(), *common_hash});
    }
    credit_ = message.credit();
    flights_.clear();
    entries_in_flight_ = bytes_in_flight_ = 0;
    for (int i = 0; i < std::min(message.notices_size(), kMostNotices); ++i) events_.emplace_back(Notice{message.notices(i)});
    heard_clock(message.collector_us(), now_ - greeted_at_);
    next_ping_ = now_;  // with the round trip just measured: the first that sets our clock against theirs
    deadline_.reset();
    session_ = message.session();
    state_ = State::comparing;
    ReadHashes wish;
    for (const Line& line : lines_) wish.seqs.push_back(line.common);
    events_.emplace_back(std::move(wish));
}

void UplinkSession::own_hashes(const std::vector<Sha256>& hashes) {
    if (state_ == State::comparing && hashes.size() == lines_.size()) return compare(hashes);
    if (state_ == State::searching && hashes.size() == probes_.size()) {
        our_probes_ = hashes;
        have_ours_ = true;
        return narrow();
    }
}

void UplinkSession::compare(const std::vector<Sha256>& hashes) {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        const Line& line = lines_[i];
        if (hashes[i] == line.common_hash) continue;
        if (line.common == line.ours.starts_after) return broken("another beginning of a branch than ours");
        searched_ = i;
        low_ = line.ours.starts_after;
        high_ = line.common;
        state_ = State::searching;
        return search();
    }
    const Line& last = lines_.back();
    if (last.have > last.ours.end) return pull();
    lines_.back().ours.end = std::max(last.ours.end, grown_);  // booked in the meantime
    state_ = State::streaming;
    Streaming streaming{session_, {}};
    for (const Line& line : lines_) streaming.proven.push_back({line.ours.branch, line.acked, line.acked_hash});
    events_.emplace_back(std::move(streaming));
    stream();
}

/// Asks for hashes evenly between the last common entry and the first that differs, on both sides.
void UplinkSession::search() {
    if (high_ - low_ == 1) return fork(searched_, low_);
    probes_.clear();
    const Seq span = high_ - low_;
    const Seq count = std::min<Seq>(kMostHashesAsked, span - 1);
    for (Seq i = 1; i <= count; ++i) probes_.push_back(low_ + span * i / (count + 1));
    our_probes_.clear();
    their_probes_.clear();
    have_ours_ = have_theirs_ = false;
    v1::Envelope message;
    auto& probe = *message.mutable_ask_hashes();
    probe.set_branch(text_of(lines_[searched_].ours.branch));
    for (const Seq seq : probes_) probe.add_seqs(seq);
    ask(message);
    events_.emplace_back(ReadHashes{probes_});
}

void UplinkSession::hashes(const v1::Hashes& message) {
    if (state_ != State::searching || have_theirs_ || message.branch() != text_of(lines_[searched_].ours.branch) ||
        message.entries_size() != static_cast<int>(probes_.size())) {
        return broken("hashes nobody asked for");
    }
    for (int i = 0; i < message.entries_size(); ++i) {
        if (message.entries(i).seq() != probes_[static_cast<std::size_t>(i)]) return broken("hashes of other entries than asked");
        their_probes_.push_back(exactly<Sha256>(message.entries(i).hash()));
    }
    have_theirs_ = true;
    deadline_.reset();
    narrow();
}

void UplinkSession::narrow() {
    if (!have_ours_ || !have_theirs_) return;
    for (std::size_t i = 0; i < probes_.size(); ++i) {
        if (their_probes_[i] && *their_probes_[i] == our_probes_[i]) {
            low_ = probes_[i];
        } else {
            high_ = probes_[i];
            break;
        }
    }
    search();
}

void UplinkSession::fork(std::size_t line, Seq after) {
    if (++forks_ > kMostForks) return broken("too many partings: our branches and the collector's do not settle");
    if (lines_.size() >= kMostBranches)
        return finish(
            {UplinkEndReason::ledger, "this ledger has too many branches: it needs a person at the centre", kAfterRefusal});
    state_ = State::forking;
    events_.emplace_back(ForkAfter{after, "the collector has other entries after " + std::to_string(after) + " of branch " +
                                              to_hex(lines_[line].ours.branch)});
}

// --- restored from a backup ------------------------------------------------------------------------------------------------------

void UplinkSession::pull() {
    state_ = State::restoring;
    v1::Envelope message;
    auto& wanted = *message.mutable_pull();
    wanted.set_branch(text_of(lines_.back().ours.branch));
    wanted.set_after(lines_.back().ours.end);
    ask(message);
}

void UplinkSession::pulled(const v1::Pulled& message) {
    if (state_ != State::restoring || message.branch() != text_of(lines_.back().ours.branch))
        return broken("entries nobody asked for");
    auto entries = entries_of(message.entries());
    if (!entries || entries->empty() || entries->front().header.seq != lines_.back().ours.end + 1)
        return broken("entries that do not follow ours");
    pulled_to_ = entries->back().header.seq;
    state_ = State::storing;
    deadline_.reset();
    events_.emplace_back(RestoreEntries{std::move(*entries)});
}

void UplinkSession::tail(LedgerTail tail) {
    const bool stored = state_ == State::storing;
    if (!stored && state_ != State::forking) return;
    const bool stayed = stored && tail.head_hash == greeting_.tail.head_hash;
    greeting_.tail = std::move(tail);
    // Entries that our ledger does not take back stay at the collector; what is booked from now on goes beside them.
    if (stayed) return fork(lines_.size() - 1, lines_.back().ours.end);
    const bool whole = stored && greeting_.tail.branches.back().end == pulled_to_;
    if (whole && pulled_to_ < lines_.back().have) {
        lines_.back().ours.end = pulled_to_;
        return pull();
    }
    greet();
}

// --- sending ---------------------------------------------------------------------------------------------------------------------

void UplinkSession::stream() {
    if (state_ != State::streaming || reading_) return;
    const std::size_t most = std::min(credit_, kMostEntriesInFlight);
    if (flights_.size() >= kMostBatchesInFlight || entries_in_flight_ >= most || bytes_in_flight_ >= kMostBytesInFlight) return;
    for (const Line& line : lines_) {
        if (line.sent >= line.ours.end) continue;
        const std::size_t limit = std::min<std::size_t>(
            {kMostEntriesInBatch, most - entries_in_flight_, static_cast<std::size_t>(line.ours.end - line.sent)});
        reading_ = true;
        events_.emplace_back(ReadEntries{line.sent, limit, kMostBytesInBatch});
        return;
    }
}

void UplinkSession::own_entries(std::vector<Entry> entries) {
    if (!reading_) return;
    reading_ = false;
    if (state_ != State::streaming) return;
    const auto line = std::find_if(lines_.begin(), lines_.end(), [](const Line& each) { return each.sent < each.ours.end; });
    if (line == lines_.end()) return;
    // The credit may have fallen while the ledger read.
    const std::size_t most = std::min(credit_, kMostEntriesInFlight);
    if (entries_in_flight_ >= most) return;
    if (entries.size() > most - entries_in_flight_) entries.resize(most - entries_in_flight_);
    if (entries.empty() || entries.front().header.seq != line->sent + 1 || entries.back().header.seq > line->ours.end)
        return finish({UplinkEndReason::ledger, "the ledger did not give the entries that follow", kAfterRefusal});
    Flight flight{static_cast<std::size_t>(line - lines_.begin()), entries.back().header.seq, entries.back().hash, entries.size(),
                  0};
    for (const Entry& entry : entries) flight.bytes += entry.body.size();
    // A large one waits until there is room, and is read again then; alone it always has room.
    if (bytes_in_flight_ > 0 && bytes_in_flight_ + flight.bytes > kMostBytesInFlight) return;
    v1::Envelope message;
    auto& batch = *message.mutable_batch();
    batch.set_branch(text_of(line->ours.branch));
    for (const Entry& entry : entries) put(*batch.add_entries(), entry);
    send(message);
    line->sent = flight.last;
    entries_in_flight_ += flight.entries;
    bytes_in_flight_ += flight.bytes;
    flights_.push_back(flight);
    stream();
}

void UplinkSession::ack(const v1::Ack& message) {
    if (state_ != State::streaming) return broken("an Ack before the branches were compared");
    const auto line = std::find_if(lines_.begin(), lines_.end(),
                                   [&](const Line& each) { return text_of(each.ours.branch) == message.branch(); });
    const auto hash = exactly<Sha256>(message.hash());
    if (line == lines_.end() || !hash) return broken("an Ack of a branch that is not ours");
    const auto index = static_cast<std::size_t>(line - lines_.begin());
    if (message.seq() != line->acked || *hash != line->acked_hash) {
        const auto flight = std::find_if(flights_.begin(), flights_.end(), [&](const Flight& each) {
            return each.line == index && each.last == message.seq() && each.hash == *hash;
        });
        if (flight == flights_.end()) return broken("an Ack of entries that were not sent");
        for (auto each = flights_.begin(); each != flight + 1; ++each) {
            entries_in_flight_ -= each->entries;
            bytes_in_flight_ -= each->bytes;
            lines_[each->line].acked = each->last;
            lines_[each->line].acked_hash = each->hash;
        }
        flights_.erase(flights_.begin(), flight + 1);
        events_.emplace_back(Acknowledged{line->ours.branch, message.seq(), *hash});
    }
    credit_ = message.credit();
    stream();
}

// --- clocks, refusals, ends ------------------------------------------------------------------------------------------------------

void UplinkSession::heard_clock(std::int64_t collector_us, Micros rtt) {
    if (collector_us < 0 || collector_us > kLastInstant_us) return;
    last_rtt_ = std::max(rtt, Micros{1});
    events_.emplace_back(ClockHeard{greeting_.tail.boot, now_, wall_, UtcTime{Micros{collector_us}} + last_rtt_ / 2, last_rtt_});
}

void UplinkSession::pong(const v1::Pong& message) {
    if (!pong_due_ || message.mono_us() != micros(pinged_at_)) return;
    pong_due_.reset();
    heard_clock(message.collector_us(), now_ - pinged_at_);
}

void UplinkSession::refuse(const v1::Refuse& message) {
    if (state_ == State::renewing && !message.fatal()) {
        // It cannot renew now; our certificate may still be good enough.
        events_.emplace_back(Notice{message.message()});
        greeting_.renewal.clear();
        return greet();
    }
    if (!message.fatal()) {
        events_.emplace_back(Notice{message.message()});
        return;
    }
    const UplinkEndReason reason = reason_of(message.why());
    Micros wait = std::chrono::seconds{std::min<std::uint32_t>(message.retry_after_s(), 3600)};
    if (reason == UplinkEndReason::fenced) wait = std::max(wait, kAfterFence);
    if (reason == UplinkEndReason::version || reason == UplinkEndReason::expired || reason == UplinkEndReason::other_station)
        wait = std::max(wait, kAfterRefusal);
    finish({reason, message.message(), wait});
}

void UplinkSession::command(UplinkCommand command, MonoTime now, UtcTime wall) {
    if (state_ == State::finished) return;
    at(now, wall);
    std::visit(Overloaded{
                   [&](const LedgerGrew& grew) {
                       grown_ = std::max(grown_, grew.head);  // what a Hello said stays as it was said
                       if (state_ != State::streaming) return;
                       lines_.back().ours.end = std::max(lines_.back().ours.end, grew.head);
                       stream();
                   },
                   [&](EntriesRead& read) { own_entries(std::move(read.entries)); },
                   [&](HashesRead& read) { own_hashes(read.hashes); },
                   [&](TailRead& read) { tail(std::move(read.tail)); },
                   [&](LedgerFailed& failed) {
                       finish({UplinkEndReason::ledger, failed.why, kAfterRefusal});
                   },
                   [&](const LedgerParted&) {
                       finish({UplinkEndReason::again, "this ledger began a branch: the collector is told of it anew", {}});
                   },
               },
               command);
}

void UplinkSession::wake(MonoTime now, UtcTime wall) {
    if (state_ == State::finished) return;
    at(now, wall);
    if ((deadline_ && now >= *deadline_) || (pong_due_ && now >= *pong_due_))
        return finish({UplinkEndReason::no_answer, "the collector does not answer", {}});
    if (!next_ping_ || now < *next_ping_) return;
    next_ping_ = now + kPingEvery;
    if (pong_due_) return;  // one at a time
    v1::Envelope message;
    auto& ping = *message.mutable_ping();
    ping.set_boot(static_cast<std::uint64_t>(greeting_.tail.boot));
    ping.set_mono_us(micros(now));
    ping.set_wall_us(micros(wall));
    ping.set_last_rtt_us(last_rtt_.count());
    send(message);
    pinged_at_ = now;
    pong_due_ = now + kPatience;
}

void UplinkSession::closed() {
    state_ = State::finished;
    out_.clear();
    events_.clear();
}

void UplinkSession::finish(UplinkEnd end) {
    if (state_ == State::finished) return;
    state_ = State::finished;
    events_.emplace_back(std::move(end));
}

void UplinkSession::broken(const char* what) {
    finish({UplinkEndReason::broken_peer, std::string{"the collector breaks the protocol: "} + what, {}});
}

Bytes UplinkSession::next_write() { return std::exchange(out_, {}); }

std::optional<UplinkEvent> UplinkSession::next_event() {
    if (events_.empty()) return std::nullopt;
    UplinkEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
}

std::optional<MonoTime> UplinkSession::next_wake() const {
    if (state_ == State::finished) return std::nullopt;
    std::optional<MonoTime> next;
    for (const auto& at : {deadline_, pong_due_, next_ping_}) {
        if (at && (!next || *at < *next)) next = at;
    }
    return next;
}

std::optional<std::uint64_t> UplinkSession::lag() const {
    if (lines_.empty()) return std::nullopt;
    std::uint64_t lag = 0;
    for (const Line& line : lines_) lag += line.ours.end > line.acked ? line.ours.end - line.acked : 0;
    return lag;
}

}  // namespace dosario
