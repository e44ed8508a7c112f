// SPDX-License-Identifier: Apache-2.0
#include "collector/receiver.hpp"

#include "base/overloaded.hpp"

namespace dosario {
namespace {

constexpr std::uint32_t kAfterFullDisk_s = 30;
constexpr std::uint32_t kAfterStop_s = 2;
constexpr std::size_t kLongestBuild = 64;
constexpr std::size_t kLargestRequest = 16 * 1024;

std::int64_t micros(UtcTime at) { return at.time_since_epoch().count(); }

/// As an INT of SQLite.
bool fits(std::uint64_t number) { return number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()); }

/// The first bytes of a text, whole characters.
std::string shortened(std::string text, std::size_t most) {
    if (text.size() <= most) return text;
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
    return text.substr(0, most);
}

/// Branches that could be those of one ledger: in order of their beginnings, each where the one before ends.
std::optional<std::vector<BranchSpan>> spans_of(const v1::Hello& hello) {
    if (hello.branches_size() == 0 || hello.branches_size() > static_cast<int>(kMostBranches)) return std::nullopt;
    std::vector<BranchSpan> spans;
    for (const auto& each : hello.branches()) {
        const auto branch = exactly<BranchId>(each.branch());
        const auto parent = exactly<Sha256>(each.parent_hash());
        const Seq begins = spans.empty() ? 0 : spans.back().end;
        if (!branch || !parent || each.starts_after() != begins || each.end() < each.starts_after() || !fits(each.end())) {
            return std::nullopt;
        }
        if (begins == 0 && *parent != Sha256{}) return std::nullopt;
        for (const BranchSpan& before : spans) {
            if (before.branch == *branch) return std::nullopt;
        }
        spans.push_back({*branch, each.starts_after(), each.end(), *parent});
    }
    return spans;
}

}  // namespace

void Receiver::receive(ByteView bytes, MonoTime now, UtcTime wall) {
    if (ended_) return;
    heard_ = now;
    in_.feed(bytes);
    while (!ended_) {
        auto message = in_.next();
        if (!message) return broken(message.error().message.c_str());
        if (!*message) return;
        handle(**message, wall);
    }
}

void Receiver::handle(const v1::Envelope& message, UtcTime wall) {
    if (message.message_case() == v1::Envelope::kRenew) {
        if (message.renew().request().size() > kLargestRequest) return broken("a certificate request of more than 16 KiB");
        if (renewing_) return broken("one certificate request on a connection");
        renewing_ = true;
        events_.emplace_back(RenewalWanted{message.renew().request()});
        return;
    }
    if (message.message_case() == v1::Envelope::MESSAGE_NOT_SET) return;  // a newer station's word
    if (out_of_date_)
        return refuse(v1::CERTIFICATE_EXPIRED,
                      "the certificate of " + station_ + " has expired, or is not valid yet: only its renewal is answered");
    if (message.message_case() == v1::Envelope::kHello) return hello(message.hello(), wall);
    if (message.message_case() == v1::Envelope::kPing && greeted_) return ping(message.ping(), wall);
    if (!begun_) return broken("nothing is understood before Hello and Welcome");
    switch (message.message_case()) {
        case v1::Envelope::kBatch: return batch(message.batch(), wall);
        case v1::Envelope::kAskHashes: return ask_hashes(message.ask_hashes());
        case v1::Envelope::kPull: return pull(message.pull());
        default: return broken("a message that only the collector sends");
    }
}

void Receiver::hello(const v1::Hello& message, UtcTime) {
    if (message.proto_min() > kUplinkVersion || message.proto_max() < kUplinkVersion) {
        return refuse(v1::VERSION, "this collector speaks version " + std::to_string(kUplinkVersion) +
                                       " of the uplink, the station " + std::to_string(message.proto_min()) + " to " +
                                       std::to_string(message.proto_max()) + ": upgrade the older of the two");
    }
    if (greeted_ && !begun_) return broken("a Hello before the last one was answered");
    if (waiting_ > 0 || asking_) return broken("a Hello while an answer is on its way");
    const auto ledger = exactly<LedgerId>(message.ledger());
    auto spans = spans_of(message);
    if (!ledger || !spans || (greeted_ && *ledger != ledger_) || !fits(message.boot()))
        return broken("a Hello with a ledger or branches that cannot be");
    greeted_ = true;
    begun_ = false;
    ledger_ = *ledger;
    boot_ = static_cast<std::int64_t>(message.boot());
    hello_mono_us_ = message.mono_us();
    lines_.clear();
    for (const BranchSpan& span : *spans) lines_.push_back({span, 0, {}, 0});
    SessionWanted wanted{station_, ledger_, std::move(*spans), {}, shortened(message.build(), kLongestBuild), boot_};
    if (const auto machine = exactly<Sha256>(message.machine())) wanted.machine = *machine;
    events_.emplace_back(std::move(wanted));
}

void Receiver::begun(SessionBegun begun, UtcTime wall) {
    if (begun_ || !greeted_ || begun.start.heads.size() != lines_.size()) return;
    begun_ = true;
    in_.allow(kLargestFrame);
    session_ = begun.start.number;
    v1::Envelope message;
    auto& welcome = *message.mutable_welcome();
    welcome.set_proto(kUplinkVersion);
    welcome.set_session(session_);
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        const BranchHead& head = begun.start.heads[i];
        lines_[i].next = head.have + 1;
        lines_[i].hash = head.have_hash;
        for (const auto& [branch, seq] : begun.damaged) {
            if (branch == head.branch) lines_[i].damaged = seq;
        }
        auto& out = *welcome.add_branches();
        out.set_branch(text_of(head.branch));
        out.set_have(head.have);
        out.set_have_hash(text_of(head.have_hash));
        out.set_common(head.common);
        out.set_common_hash(text_of(head.common_hash));
    }
    welcome.set_credit(begun.credit);
    welcome.set_hello_mono_us(hello_mono_us_);
    welcome.set_collector_us(micros(wall));
    for (const std::string& notice : begun.notices) welcome.add_notices(notice);
    send(message);
}

Receiver::Line* Receiver::line_of(const std::string& branch) {
    for (Line& line : lines_) {
        if (text_of(line.span.branch) == branch) return &line;
    }
    return nullptr;
}

void Receiver::batch(const v1::Batch& message, UtcTime wall) {
    Line* line = line_of(message.branch());
    auto entries = entries_of(message.entries());
    if (line == nullptr) return broken("a Batch of a branch that the Hello did not name");
    if (!entries || entries->empty()) return broken("a Batch whose entries do not follow each other, or are none");
    std::size_t bytes = 0;
    for (const Entry& entry : *entries) bytes += entry.body.size();
    if (waiting_ + entries->size() > kMostEntriesWaiting || bytes_waiting_ + bytes > kMostBytesWaiting)
        return broken("more entries than there was credit for");
    if (entries->front().header.seq != line->next) return broken("a Batch that does not begin after the last entry");
    Append append{ledger_, session_, line->span, {}, 0, wall};
    for (const Entry& entry : *entries) {
        if (!follows(digest_, ledger_, line->hash, entry)) {
            if (entry.header.seq != line->damaged) {
                events_.emplace_back(ChainBroke{ledger_, line->span.branch, entry.header.seq});
                return refuse(v1::BROKEN_CHAIN,
                              "entry " + std::to_string(entry.header.seq) + " does not follow from the one before it",
                              line->span.branch, entry.header.seq);
            }
            append.damaged = entry.header.seq;
        }
        line->hash = entry.hash;
    }
    line->next = entries->back().header.seq + 1;
    waiting_ += entries->size();
    bytes_waiting_ += bytes;
    in_store_.emplace_back(entries->size(), bytes);
    append.entries = std::move(*entries);
    events_.emplace_back(std::move(append));
}

void Receiver::kept(const EntriesKept& kept) {
    if (in_store_.empty()) return;
    waiting_ -= in_store_.front().first;
    bytes_waiting_ -= in_store_.front().second;
    in_store_.pop_front();
    switch (kept.outcome.what) {
        case Appended::stored: break;
        case Appended::fenced: return refuse(v1::FENCED, "a newer session of this ledger took over", {}, 0, 5);
        case Appended::gap:
        case Appended::differs:
        case Appended::orphaned:
            return refuse(v1::BROKEN_RULE, "what the collector has of this branch has changed: compare again", kept.branch,
                          kept.outcome.head);
    }
    v1::Envelope message;
    auto& ack = *message.mutable_ack();
    ack.set_branch(text_of(kept.branch));
    ack.set_seq(kept.outcome.head);
    ack.set_hash(text_of(kept.outcome.hash));
    ack.set_credit(kept.credit);
    send(message);
}

void Receiver::ask_hashes(const v1::AskHashes& message) {
    if (asking_) return broken("one question at a time");
    const Line* line = line_of(message.branch());
    if (line == nullptr || message.seqs_size() == 0 || message.seqs_size() > static_cast<int>(kMostHashesAsked))
        return broken("a question for hashes that cannot be answered");
    asking_ = true;
    asked_branch_ = message.branch();
    asked_seqs_.assign(message.seqs().begin(), message.seqs().end());
    events_.emplace_back(HashesWanted{ledger_, line->span.branch, asked_seqs_});
}

void Receiver::found(const HashesFound& found) {
    if (!asking_ || found.hashes.size() != asked_seqs_.size()) return;
    asking_ = false;
    v1::Envelope message;
    auto& hashes = *message.mutable_hashes();
    hashes.set_branch(asked_branch_);
    for (std::size_t i = 0; i < asked_seqs_.size(); ++i) {
        auto& each = *hashes.add_entries();
        each.set_seq(asked_seqs_[i]);
        if (found.hashes[i]) each.set_hash(text_of(*found.hashes[i]));
    }
    send(message);
}

void Receiver::pull(const v1::Pull& message) {
    if (asking_) return broken("one question at a time");
    const Line* line = line_of(message.branch());
    if (line == nullptr || !fits(message.after())) return broken("a Pull of a branch that the Hello did not name");
    asking_ = true;
    asked_branch_ = message.branch();
    asked_seqs_.clear();
    events_.emplace_back(EntriesWanted{ledger_, line->span.branch, message.after()});
}

void Receiver::found(EntriesFound found) {
    if (!asking_) return;
    asking_ = false;
    v1::Envelope message;
    auto& pulled = *message.mutable_pulled();
    pulled.set_branch(asked_branch_);
    std::size_t bytes = 0;
    for (const Entry& entry : found.entries) {
        bytes += entry.body.size();
        if (pulled.entries_size() == static_cast<int>(kMostEntriesInBatch) ||
            (pulled.entries_size() > 0 && bytes > kMostBytesInBatch))
            break;
        put(*pulled.add_entries(), entry);
    }
    send(message);
}

void Receiver::ping(const v1::Ping& message, UtcTime wall) {
    v1::Envelope answer;
    answer.mutable_pong()->set_mono_us(message.mono_us());
    answer.mutable_pong()->set_collector_us(micros(wall));
    send(answer);
    // Before the Welcome it is not certain that the ledger is this station's.
    if (!begun_ || message.last_rtt_us() <= 0 || message.last_rtt_us() > Micros{kPatience}.count() || message.mono_us() < 0 ||
        !fits(message.boot())) {
        return;
    }
    events_.emplace_back(StationClock{ledger_, static_cast<std::int64_t>(message.boot()), message.mono_us(),
                                      micros(wall) - message.last_rtt_us() / 2, message.last_rtt_us()});
}

void Receiver::command(ReceiverCommand command, MonoTime, UtcTime wall) {
    if (ended_) return;
    std::visit(Overloaded{
                   [&](SessionBegun& begun_now) { begun(std::move(begun_now), wall); },
                   [&](SessionRefused& refused) {
                       refuse(refused.other_station ? v1::OTHER_STATION : v1::STORE, std::move(refused.message), {}, 0,
                              kAfterFullDisk_s);
                   },
                   [&](const EntriesKept& now_kept) { kept(now_kept); },
                   [&](StoreFailed& failed) { refuse(v1::STORE, std::move(failed.why), {}, 0, kAfterFullDisk_s); },
                   [&](const HashesFound& now_found) { found(now_found); },
                   [&](EntriesFound& now_found) { found(std::move(now_found)); },
                   [&](CertificateIssued& issued) {
                       v1::Envelope message;
                       message.mutable_renewed()->set_certificate(std::move(issued.certificate));
                       send(message);
                   },
                   [&](RenewalRefused& refused) {
                       if (out_of_date_) return refuse(v1::CANNOT_RENEW, std::move(refused.why), {}, 0, 3600);
                       v1::Envelope message;
                       auto& out = *message.mutable_refuse();
                       out.set_why(v1::CANNOT_RENEW);
                       out.set_message(std::move(refused.why));
                       send(message);
                   },
                   [&](const CreditChanged& changed) {
                       if (!begun_) return;
                       v1::Envelope message;
                       message.mutable_credit()->set_credit(changed.credit);
                       send(message);
                   },
                   [&](SessionFenced) { refuse(v1::FENCED, "a newer session of this ledger took over", {}, 0, 5); },
                   [&](CollectorStops) { refuse(v1::STOPPING, "the collector is stopping", {}, 0, kAfterStop_s); },
               },
               command);
}

void Receiver::refuse(v1::RefuseReason why, std::string text, ByteView branch, Seq seq, std::uint32_t retry_after_s) {
    if (ended_) return;
    v1::Envelope message;
    auto& out = *message.mutable_refuse();
    out.set_why(why);
    out.set_message(text);
    out.set_fatal(true);
    out.set_branch(text_of(branch));
    out.set_seq(seq);
    out.set_retry_after_s(retry_after_s);
    send(message);
    ended_ = true;
    events_.emplace_back(ReceiverEnd{std::move(text)});
}

void Receiver::wake(MonoTime now, UtcTime) {
    if (ended_ || now < *next_wake()) return;
    ended_ = true;
    events_.emplace_back(ReceiverEnd{greeted_ ? "the station says nothing any more" : "the station did not say who it is"});
}

void Receiver::closed() {
    ended_ = true;
    out_.clear();
    events_.clear();
}

std::optional<ReceiverEvent> Receiver::next_event() {
    if (events_.empty()) return std::nullopt;
    ReceiverEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
}

std::optional<MonoTime> Receiver::next_wake() const {
    if (ended_) return std::nullopt;
    return greeted_ ? heard_ + kPatience : opened_ + kGreetingPatience;
}

}  // namespace dosario
