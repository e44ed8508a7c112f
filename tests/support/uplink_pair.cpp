// SPDX-License-Identifier: Apache-2.0
#include "support/uplink_pair.hpp"

#include "base/overloaded.hpp"

namespace dosario::test {
namespace {

constexpr int kMostRounds = 100'000;

}  // namespace

// --- the collector's shell -------------------------------------------------------------------------------------------------------

Result<void> CollectorShell::end(Result<void> done) {
    if (done && dies_before_commit) {
        store->rollback();
        died = true;
        return done;
    }
    if (done) return store->commit();
    store->rollback();
    return done;
}

ReceiverCommand CollectorShell::begin(UplinkLink& link, const SessionWanted& wanted) {
    if (auto begun = store->begin(); !begun) return StoreFailed{begun.error().message};
    auto start = store->begin_session(wanted, wall);
    if (start && start->other_station) {
        store->rollback();
        return SessionRefused{"this ledger belongs to " + start->belongs_to, true};
    }
    if (auto ended = end(start ? Result<void>{} : Result<void>{start.error()}); !ended) return StoreFailed{ended.error().message};
    if (died) return StoreFailed{};
    for (UplinkLink* other : links) {
        if (other != &link && other->begun && other->ledger_id() == wanted.ledger)
            other->for_receiver.emplace_back(SessionFenced{});
    }
    link.begun = true;
    SessionBegun begun{std::move(*start), {}, {}, credit};
    for (const auto& [place, times] : broken) {
        if (std::get<0>(place) == wanted.ledger && times >= kDamagedAfter)
            begun.damaged.emplace_back(std::get<1>(place), std::get<2>(place));
    }
    return begun;
}

ReceiverCommand CollectorShell::append(const Append& entries) {
    ++appends;
    if (auto begun = store->begin(); !begun) return StoreFailed{begun.error().message};
    auto outcome = store->append(entries);
    if (auto ended = end(outcome ? Result<void>{} : Result<void>{outcome.error()}); !ended)
        return StoreFailed{ended.error().message};
    return EntriesKept{entries.span.branch, *outcome, credit};
}

std::optional<ReceiverCommand> CollectorShell::serve(UplinkLink& link, ReceiverEvent event) {
    using Said = std::optional<ReceiverCommand>;
    const Said answer = std::visit(
        Overloaded{
            [&](const SessionWanted& wanted) -> Said { return begin(link, wanted); },
            [&](const Append& entries) -> Said { return append(entries); },
            [&](const HashesWanted& wanted) -> Said {
                auto found = store->hashes(wanted.ledger, wanted.branch, wanted.seqs);
                if (!found) return StoreFailed{found.error().message};
                return HashesFound{std::move(*found)};
            },
            [&](const EntriesWanted& wanted) -> Said {
                auto found = store->entries(wanted.ledger, wanted.branch, wanted.after, kMostEntriesInBatch, kMostBytesInBatch);
                if (!found) return StoreFailed{found.error().message};
                return EntriesFound{std::move(*found)};
            },
            [&](const StationClock& clock) -> Said {
                DOSARIO_CHECK(store->begin().has_value() && store->keep_clock(clock).has_value() && store->commit().has_value());
                return std::nullopt;
            },
            [&](const RenewalWanted& wanted) -> Said { return CertificateIssued{"certificate for " + wanted.request}; },
            [&](const ChainBroke& broke) -> Said {
                ++broken[{broke.ledger, broke.branch, broke.seq}];
                return std::nullopt;
            },
            [&](const ReceiverEnd&) -> Said {
                link.collector_ended = true;
                return std::nullopt;
            },
        },
        event);
    return died ? std::nullopt : answer;
}

// --- one connection --------------------------------------------------------------------------------------------------------------

UplinkLink::UplinkLink(StationLedger& its_ledger, CollectorShell& its_collector, const LinkOptions& its_options, MonoTime its_now)
    : ledger(its_ledger),
      collector(its_collector),
      options(its_options),
      session({ledger.tail(), options.machine, "test", options.renewal}),
      receiver(collector.digest, options.station, options.expired),
      now(its_now) {
    collector.links.push_back(this);
    session.opened(now, wall());
    receiver.opened(now);
    collect();
}

UplinkLink::~UplinkLink() { std::erase(collector.links, this); }

/// What the cores have written goes into the pipe.
void UplinkLink::collect() {
    const Bytes one = session.next_write();
    upward.insert(upward.end(), one.begin(), one.end());
    const Bytes other = receiver.next_write();
    downward.insert(downward.end(), other.begin(), other.end());
}

bool UplinkLink::station_serves() {
    auto event = session.next_event();
    if (!event) return false;
    std::visit(Overloaded{
                   [&](const ReadEntries& wish) {
                       for_session.emplace_back(EntriesRead{ledger.read(wish.after, wish.limit, wish.bytes)});
                   },
                   [&](const ReadHashes& wish) { for_session.emplace_back(HashesRead{ledger.hashes(wish.seqs)}); },
                   [&](const ForkAfter& wish) {
                       ++forks;
                       ledger.fork(wish.seq, wish.why);
                       for_session.emplace_back(TailRead{ledger.tail()});
                   },
                   [&](const RestoreEntries& wish) {
                       if (ledger.restore(wish.entries)) restored += wish.entries.size();
                       for_session.emplace_back(TailRead{ledger.tail()});
                   },
                   [&](const Acknowledged& told) {
                       acked[told.branch] = told.seq;
                       if (on_acknowledged) on_acknowledged(told);
                   },
                   [&](const ClockHeard& heard) { clocks.push_back(heard); },
                   [&](const Notice& notice) { notices.push_back(notice.text); },
                   [&](const Streaming&) { streaming = true; },
                   [&](const CertificateRenewed&) {},
                   [&](const UplinkEnd& ended) { end = ended; },
               },
               *event);
    return true;
}

bool UplinkLink::station_hears() {
    if (for_session.empty()) return false;
    UplinkCommand command = std::move(for_session.front());
    for_session.pop_front();
    session.command(std::move(command), now, wall());
    collect();
    return true;
}

bool UplinkLink::collector_serves() {
    auto event = receiver.next_event();
    if (!event) return false;
    if (auto answer = collector.serve(*this, std::move(*event))) for_receiver.push_back(std::move(*answer));
    return true;
}

bool UplinkLink::collector_hears() {
    if (for_receiver.empty()) return false;
    ReceiverCommand command = std::move(for_receiver.front());
    for_receiver.pop_front();
    receiver.command(std::move(command), now, wall());
    collect();
    return true;
}

bool UplinkLink::up(std::size_t most) {
    if (upward.empty()) return false;
    const auto piece = static_cast<std::ptrdiff_t>(std::min(most, upward.size()));
    receiver.receive({upward.data(), static_cast<std::size_t>(piece)}, now, wall());
    upward.erase(upward.begin(), upward.begin() + piece);
    collect();
    return true;
}

bool UplinkLink::down(std::size_t most) {
    if (downward.empty()) return false;
    const auto piece = static_cast<std::ptrdiff_t>(std::min(most, downward.size()));
    session.receive({downward.data(), static_cast<std::size_t>(piece)}, now, wall());
    downward.erase(downward.begin(), downward.begin() + piece);
    collect();
    return true;
}

bool UplinkLink::pump(std::size_t piece) {
    for (int round = 0; round < kMostRounds; ++round) {
        bool moved = station_serves();
        moved = station_hears() || moved;
        moved = up(piece) || moved;
        moved = collector_serves() || moved;
        moved = collector_hears() || moved;
        moved = down(piece) || moved;
        if (!moved || collector.died) return true;
    }
    return false;
}

void UplinkLink::pass(Micros time) {
    now += time;
    if (const auto at = session.next_wake(); at && *at <= now) session.wake(now, wall());
    if (const auto at = receiver.next_wake(); at && *at <= now) receiver.wake(now, wall());
    collect();
}

void UplinkLink::grew() { for_session.emplace_back(LedgerGrew{ledger.tail().branches.back().end}); }

}  // namespace dosario::test
