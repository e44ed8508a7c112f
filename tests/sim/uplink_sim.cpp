// SPDX-License-Identifier: Apache-2.0
// Stations and a collector over weeks of bad luck, with the real cores and a real store: links cut at any byte, crashes of either side
// between any two steps, disks restored from backups, disks copied into a second computer, a collector restored from a backup. In the
// end everybody is connected for a while, and then every entry that is on some station's disk is at the collector, once.
//   test_uplink_sim [--seed N] [--runs N] [--seconds N] [--steps N]     run after run until either is over; a failure prints its seed
#include "collector/sqlite_store.hpp"
#include "crypto/openssl.hpp"
#include "support/shim_vfs.hpp"
#include "support/uplink_pair.hpp"
#include "wire/fact_codec.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <set>

using namespace dosario;
using namespace dosario::test;

namespace {

unsigned long long current_seed = 0;

/// What a run may suffer besides cuts and crashes.
struct Weather {
    bool collector_restored = false;
    bool station_restored = false;
    bool station_cloned = false;
};

struct Tally {
    std::uint64_t booked = 0, cuts = 0, crashes = 0, collector_crashes = 0, collector_restores = 0, restores = 0,
                  used_restores = 0, clones = 0, forks = 0, pulled = 0, fenced = 0, sessions = 0, tails = 0;
};

/// A computer in a pharmacy.
struct Station {
    std::string name;
    Sha256 machine{};
    MemoryLedger ledger;
    std::vector<MemoryLedger> backups;
    std::unique_ptr<UplinkLink> link;
    MonoTime next_attempt{};
    std::set<Seq> taken_back;  ///< forgotten when the disk is replaced: then entries are taken back twice
    std::map<BranchId, Acknowledged> acked;
    /// What must come back after a restore of a disk that nobody used: nothing when somebody did something in between.
    std::optional<MemoryLedger> lost;
};

class Run {
public:
    Run(std::uint64_t seed, Weather weather, ShimVfs& disk, Tally& tally)
        : random_(seed),
          entropy_(seed ^ 0x5eed),
          weather_(weather),
          disk_(disk),
          tally_(tally),
          digest_(make_digest()),
          shell_(nullptr, *digest_) {
        open_store();
        const std::uint64_t stations = 1 + below(3);
        for (std::uint64_t i = 0; i < stations; ++i) {
            stations_.push_back(std::make_unique<Station>(Station{
                "farmacia-" + std::to_string(i), some_machine(), MemoryLedger{*digest_, entropy_}, {}, nullptr, {}, {}, {}, {}}));
        }
    }

    void run(int steps) {
        for (step_ = 1; step_ <= steps; ++step_) step();
        settle();
        for (const auto& station : stations_) check(*station);
        check_effects();
    }

private:
    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }
    void must(bool claim, const char* what) {
        if (claim) return;
        std::fprintf(stderr, "step %d: %s\n", step_, what);
        std::abort();
    }
    Sha256 some_machine() {
        Sha256 machine;
        entropy_.fill(machine);
        return machine;
    }
    Station& some_station() { return *stations_[below(stations_.size())]; }

    // --- the collector's computer ----------------------------------------------------------------------------------------------

    void open_store() {
        auto store = SqliteStore::open(directory_.path(), true, disk_.name());
        must(store.has_value(), store ? "" : store.error().message.c_str());
        store_ = std::move(*store);
        shell_.store = store_.get();
        shell_.died = shell_.dies_before_commit = false;
    }
    void close_store() {
        for (const auto& station : stations_) station->link.reset();
        store_->rollback();
        shell_.store = nullptr;
        store_.reset();
    }
    void crash_collector() {
        ++tally_.collector_crashes;
        close_store();
        open_store();
    }
    void back_up_collector() {
        close_store();
        collector_backups_.push_back(read_file(directory_.file("collector.db")));
        open_store();
    }
    void restore_collector() {
        if (collector_backups_.empty()) return back_up_collector();
        ++tally_.collector_restores;
        close_store();
        write_file(directory_.file("collector.db"), collector_backups_[below(collector_backups_.size())]);
        open_store();
        for (const auto& station : stations_) {
            station->lost.reset();  // it may be gone on both sides
            station->acked.clear();
        }
    }

    // --- what happens ----------------------------------------------------------------------------------------------------------

    void step() {
        Station& station = some_station();
        const std::uint64_t what = below(1000);
        if (what < 200) {
            book(station, 1 + below(6));
        } else if (what < 206) {
            book(station, 1 + below(300));  // a day without a link
        } else if (what < 920) {
            talk(station);
        } else if (what < 940) {
            pass(std::chrono::milliseconds{below(40'000)});
        } else if (what < 955) {
            cut(station);
        } else if (what < 963) {
            ++tally_.crashes;
            station.link.reset();
            station.ledger.restart();
        } else if (what < 967) {
            crash_collector();
        } else if (what < 970) {
            shell_.dies_before_commit = true;
        } else if (what < 973) {
            if (store_->project(1 + below(50)).has_error()) must(false, "a projection failed");
        } else if (weather_.collector_restored && what < 977) {
            restore_collector();
        } else if (weather_.station_restored && what < 984) {
            station.backups.push_back(station.ledger);
        } else if (weather_.station_restored && what < 994) {
            restore(station);
        } else if (weather_.station_cloned && what < 999) {
            clone(station);
        }
        if (shell_.died) crash_collector();
    }

    void book(Station& station, std::uint64_t entries) {
        for (std::uint64_t i = 0; i < entries; ++i) {
            ++tally_.booked;
            Seq target = station.ledger.head() == 0 ? 0 : 1 + below(station.ledger.head());
            if (one_in(6) && target != 0 && station.ledger.entries[target - 1].header.kind == kind_of(PacksReceived{}) &&
                station.taken_back.insert(target).second) {
                const EventId target_id = station.ledger.entries[target - 1].event_id;
                station.ledger.book(Reversed{target});
                takes_back_[station.ledger.entries.back().event_id] = target_id;
            } else if (one_in(200)) {
                station.ledger.book_large(1 + below(200'000));
                poison_.insert(station.ledger.entries.back().event_id);
            } else {
                station.ledger.book_some(1);
            }
        }
        station.lost.reset();
        if (station.link) station.link->grew();
    }

    void connect(Station& station) {
        if (now_ < station.next_attempt) return;
        ++tally_.sessions;
        station.link =
            std::make_unique<UplinkLink>(station.ledger, shell_, LinkOptions{station.name, station.machine, {}, false}, now_);
        station.link->on_acknowledged = [&station](const Acknowledged& told) {
            Acknowledged& acked = station.acked[told.branch];
            if (told.seq >= acked.seq) acked = told;
        };
    }

    void talk(Station& station) {
        if (!station.link) return connect(station);
        for (std::uint64_t i = 1 + below(30); i > 0 && station.link; --i) {
            const std::uint64_t piece = one_in(3) ? 1 + below(64) : 1 + below(20'000);
            one_step(station, below(6), piece);
            if (station.link->streaming && station.lost) check_lost_tail(station);
            if (shell_.died || hang_up(station)) return;
        }
    }

    void one_step(Station& station, std::uint64_t which, std::size_t piece) {
        UplinkLink& link = *station.link;
        switch (which) {
            case 0: (void)link.station_serves(); break;
            case 1: (void)link.station_hears(); break;
            case 2: (void)link.collector_serves(); break;
            case 3: (void)link.collector_hears(); break;
            case 4: (void)link.up(piece); break;
            default: (void)link.down(piece);
        }
    }

    /// A connection that is over is closed; true if it was.
    bool hang_up(Station& station) {
        UplinkLink& link = *station.link;
        if (link.collector_ended && link.downward.empty() && link.for_session.empty() && !link.end) {
            drop(station);  // a closed socket
            return true;
        }
        if (!link.end) return false;
        station.next_attempt = now_ + link.end->retry_after;
        if (link.end->reason == UplinkEndReason::fenced) ++tally_.fenced;
        if (link.end->reason == UplinkEndReason::broken_peer || link.end->reason == UplinkEndReason::refused) {
            // Between honest programs nobody breaks the protocol; what the collector has changes only under a restored or fenced one.
            std::fprintf(stderr, "step %d: %s\n", step_, link.end->why.c_str());
            must(false, "the protocol was broken");
        }
        must(link.end->reason != UplinkEndReason::ledger && link.end->reason != UplinkEndReason::other_station &&
                 link.end->reason != UplinkEndReason::version && link.end->reason != UplinkEndReason::expired,
             link.end->why.c_str());
        drop(station);
        return true;
    }

    void drop(Station& station) {
        tally_.forks += station.link->forks;
        tally_.pulled += station.link->restored;
        station.link.reset();
    }

    void cut(Station& station) {
        if (!station.link) return;
        ++tally_.cuts;
        drop(station);
    }

    void pass(Micros time) {
        now_ += time;
        shell_.wall += time;
        for (const auto& station : stations_) {
            if (station->link) station->link->pass(now_ - station->link->now);
        }
    }

    void restore(Station& station) {
        if (station.backups.empty()) return;
        ++tally_.restores;
        if (station.link) drop(station);
        MemoryLedger before = station.ledger;
        station.ledger = station.backups[below(station.backups.size())];
        station.ledger.restart();
        std::erase_if(station.taken_back, [&](Seq seq) { return seq > station.ledger.head(); });
        station.lost.reset();
        if (one_in(2)) {
            ++tally_.used_restores;
            book(station, 1 + below(5));
        } else if (stations_with(station.ledger.tail().ledger) == 1 && is_older(station.ledger, before) &&
                   collector_agrees(station.ledger)) {
            station.lost = std::move(before);
            station.next_attempt = now_;
            for (std::uint64_t i = below(60); i > 0 && !shell_.died; --i) talk(station);
        }
    }

    /// The same branch, with fewer entries.
    static bool is_older(const MemoryLedger& copy, const MemoryLedger& ledger) {
        return copy.branches.back().id == ledger.branches.back().id && copy.head() <= ledger.head() &&
               (copy.head() == 0 || copy.head_hash() == ledger.entries[copy.head() - 1].hash);
    }

    /// What the collector has of its last branch is what it has. It may not be so: a copy of a disk that was restored, used offline, copied
    /// and restored again holds entries that part from those the collector knows.
    bool collector_agrees(MemoryLedger& copy) {
        const LedgerTail tail = copy.tail();
        for (Seq seq = tail.branches.back().starts_after + 1; seq <= copy.head(); ++seq) {
            const auto there = store_->hashes(tail.ledger, tail.branches.back().branch, std::array{seq});
            must(there.has_value(), "a hash could not be read");
            if (there->front() && *there->front() != copy.entries[seq - 1].hash) return false;
        }
        return true;
    }

    std::size_t stations_with(const LedgerId& ledger) {
        return static_cast<std::size_t>(std::count_if(stations_.begin(), stations_.end(),
                                                      [&](const auto& each) { return each->ledger.tail().ledger == ledger; }));
    }

    void clone(Station& station) {
        if (stations_.size() >= 6) return;
        ++tally_.clones;
        for (const auto& each : stations_) {
            if (each->ledger.tail().ledger == station.ledger.tail().ledger) each->lost.reset();
        }
        Station copy{station.name, some_machine(), station.ledger, station.backups, nullptr, now_, station.taken_back, {}, {}};
        stations_.push_back(std::make_unique<Station>(std::move(copy)));
    }

    // --- the end ---------------------------------------------------------------------------------------------------------------

    /// Quiet days: everybody is connected in turn, until nobody has anything to say any more.
    void settle() {
        shell_.dies_before_commit = false;
        for (const auto& station : stations_) {
            if (station->link) drop(*station);
            station->next_attempt = now_;
        }
        constexpr int kMostRounds = 40;
        for (int round = 0;; ++round) {
            must(round < kMostRounds, "it does not settle");
            bool changed = false;
            for (const auto& station : stations_) changed = visit(*station) || changed;
            if (!changed) return;
        }
    }

    /// One session until all is acknowledged. True when anything was sent, pulled or forked.
    bool visit(Station& station) {
        now_ = std::max(now_, station.next_attempt);
        connect(station);
        UplinkLink& link = *station.link;
        const std::size_t appends = shell_.appends;
        must(link.pump(one_in(2) ? 65536 : 100 + below(3000)), "the conversation does not end");
        must(!link.end && !link.collector_ended, link.end ? link.end->why.c_str() : "the collector ended a quiet session");
        if (station.lost) check_lost_tail(station);
        must(link.streaming && link.session.lag() == 0, "a quiet session leaves entries behind");
        const bool changed = link.forks > 0 || link.restored > 0 || shell_.appends != appends;
        must(!hang_up(station), "a quiet session ended");
        drop(station);
        return changed;
    }

    /// The station's log is the collector's, entry by entry and hash by hash.
    void check(Station& station) {
        const LedgerTail tail = station.ledger.tail();
        for (std::size_t i = 0; i < tail.branches.size(); ++i) {
            const BranchSpan& span = tail.branches[i];
            Seq at = span.starts_after;
            while (at < span.end) {
                const auto there = store_->entries(tail.ledger, span.branch, at, 256, 1 << 20);
                must(there.has_value() && !there->empty(), "an entry is missing at the collector");
                for (const Entry& entry : *there) {
                    if (at == span.end) break;
                    const Entry& ours = station.ledger.entries[at++];
                    must(entry.header.seq == at && entry.event_id == ours.event_id && entry.hash == ours.hash &&
                             entry.body == ours.body,
                         "another entry than the station's");
                }
            }
            if (i + 1 < tail.branches.size()) continue;
            const auto beyond = store_->entries(tail.ledger, span.branch, span.end, 1, 1);
            must(beyond.has_value() && beyond->empty(), "the collector has more of the last branch than its station");
        }
    }

    /// A disk that was restored and not used is again what it was.
    void check_lost_tail(Station& station) {
        const MemoryLedger& before = *station.lost;
        const BranchId branch = before.branches.back().id;
        must(station.ledger.branches.size() == before.branches.size() && station.ledger.branches.back().id == branch,
             "an unused restored disk made a branch");
        const Acknowledged acked = station.acked[branch];
        must(station.ledger.head() >= acked.seq, "what was acknowledged did not come back");
        must(acked.seq == 0 || station.ledger.entries[acked.seq - 1].hash == acked.hash, "the lost tail came back as another");
        ++tally_.tails;
        station.lost.reset();
    }

    /// Each event has one effect, whatever came twice, and stock is what follows.
    void check_effects() {
        for (;;) {
            const auto more = store_->project(200);
            must(more.has_value(), more ? "" : more.error().message.c_str());
            if (!*more) break;
        }
        Database& db = store_->database();
        std::map<std::string, std::set<EventId>> received;  // by ledger
        std::map<std::string, std::set<EventId>> reversed;
        std::map<std::string, std::set<EventId>> effects;
        const auto id_of = [](const Query& query, int column) {
            EventId id{};
            const ByteView bytes = query.blob_view(column);
            std::copy_n(bytes.begin(), id.size(), id.begin());
            return id;
        };
        auto all = db.query("SELECT b.ledger, e.event_id, e.kind FROM event e JOIN branch b ON b.id = e.branch");
        while (all.row()) {
            const EventId id = id_of(all, 1);
            if (poison_.contains(id)) continue;
            if (const auto target = takes_back_.find(id); target != takes_back_.end()) {
                reversed[all.text(0)].insert(target->second);
            } else {
                received[all.text(0)].insert(id);
            }
        }
        auto effect = db.query("SELECT ledger, event_id FROM effect");
        while (effect.row()) effects[effect.text(0)].insert(id_of(effect, 1));
        for (const auto& [ledger, ids] : received) {
            for (const EventId& id : ids) must(effects[ledger].contains(id), "an entry at the collector has no effect");
        }
        auto stock = db.query("SELECT ledger, sum(packs) FROM stock GROUP BY ledger");
        std::map<std::string, std::int64_t> packs;
        while (stock.row()) packs[stock.text(0)] = stock.number(1);
        for (const auto& [ledger, ids] : received) {
            const auto expected = static_cast<std::int64_t>(ids.size()) - static_cast<std::int64_t>(reversed[ledger].size());
            if (packs[ledger] != expected)
                std::fprintf(stderr, "ledger %s: %lld packs, expected %lld\n", ledger.c_str(),
                             static_cast<long long>(packs[ledger]), static_cast<long long>(expected));
            must(packs[ledger] == expected, "the collector's stock is not what the entries say");
        }
        auto aside = db.query("SELECT q.why, e.event_id FROM quarantine q JOIN event e USING (n)");
        while (aside.row()) {
            const std::string why = aside.text(0);
            must(!why.empty(), "quarantined without a reason");
            must(poison_.contains(id_of(aside, 1)) || why.find("before") != std::string::npos, why.c_str());
        }
    }

    std::mt19937_64 random_;
    SeededEntropy entropy_;
    Weather weather_;
    ShimVfs& disk_;
    Tally& tally_;
    std::unique_ptr<Digest> digest_;
    TemporaryDirectory directory_;
    std::unique_ptr<SqliteStore> store_;
    CollectorShell shell_;
    std::vector<std::string> collector_backups_;
    std::vector<std::unique_ptr<Station>> stations_;
    std::map<EventId, EventId> takes_back_;
    std::set<EventId> poison_;
    MonoTime now_{std::chrono::hours{1}};
    int step_ = 0;
};

void print(const Tally& t, std::uint64_t runs) {
    const auto n = [](std::uint64_t number) { return static_cast<unsigned long long>(number); };
    std::fprintf(
        stderr,
        "%llu runs: %llu entries booked, %llu sessions, %llu cuts, %llu station and %llu collector crashes, %llu collector"
        " restores, %llu station restores (%llu used), %llu clones; %llu forks, %llu entries pulled back, %llu fenced,"
        " %llu lost tails seen back\n",
        n(runs), n(t.booked), n(t.sessions), n(t.cuts), n(t.crashes), n(t.collector_crashes), n(t.collector_restores),
        n(t.restores), n(t.used_restores), n(t.clones), n(t.forks), n(t.pulled), n(t.fenced), n(t.tails));
}

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t seed = 1;
    std::uint64_t runs = 0;
    int steps = 0;
    long seconds = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        const char* value = argv[i + 1];
        if (std::strcmp(argv[i], "--seed") == 0) {
            seed = std::strtoull(value, nullptr, 10);
        } else if (std::strcmp(argv[i], "--runs") == 0) {
            runs = std::strtoull(value, nullptr, 10);
        } else if (std::strcmp(argv[i], "--steps") == 0) {
            steps = std::atoi(value);
        } else if (std::strcmp(argv[i], "--seconds") == 0) {
            seconds = std::atol(value);
        } else {
            std::fprintf(stderr, "usage: %s [--seed N] [--runs N] [--seconds N] [--steps N]\n", argv[0]);
            return 2;
        }
    }
    if (runs == 0) runs = seconds > 0 ? std::numeric_limits<std::uint64_t>::max() : 1;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{seconds};
    ShimVfs disk{"uplink_sim"};
    disk.skip_syncs();
    std::signal(SIGABRT, [](int) { std::fprintf(stderr, "seed %llu\n", current_seed); });
    Tally tally;
    std::uint64_t done = 0;
    for (; done < runs && (seconds == 0 || std::chrono::steady_clock::now() < end); ++done, ++seed) {
        // The four cells of the failure matrix and their sum, in turn.
        const Weather weather{seed % 5 == 1 || seed % 5 == 4, seed % 5 == 2 || seed % 5 == 4, seed % 5 == 3 || seed % 5 == 4};
        current_seed = seed;
        Run{seed, weather, disk, tally}.run(steps > 0 ? steps : static_cast<int>(200 + seed % 7 * 150));
    }
    print(tally, done);
    std::fprintf(stderr, "all well\n");
    return 0;
}
