// SPDX-License-Identifier: Apache-2.0
// How fast a station that was offline gets rid of its entries: both cores, the store's thread, its file and its projections, all as in
// the programs, with a pipe in memory where TLS is. Measures only; nothing here passes or fails by time.
//   bench_uplink_throughput [entries] [stations]        (default 200000 1; DIR of the store by TMPDIR)
#include "base/overloaded.hpp"
#include "collector/receiver.hpp"
#include "collector/store_thread.hpp"
#include "crypto/openssl.hpp"
#include "support/station_ledger.hpp"
#include "uplink/session.hpp"

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>

using namespace dosario;
using namespace dosario::test;
using Clock_ = std::chrono::steady_clock;

namespace {

double seconds_since(Clock_::time_point begin) { return std::chrono::duration<double>(Clock_::now() - begin).count(); }

/// Answers of the store's thread, for the one thread of everything else.
class Answers {
public:
    void put(std::function<void()> answer) {
        {
            const std::lock_guard lock{mutex_};
            waiting_.push_back(std::move(answer));
        }
        news_.notify_one();
    }
    void run_next() {
        std::unique_lock lock{mutex_};
        news_.wait(lock, [this] { return !waiting_.empty(); });
        const auto answer = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        answer();
    }

private:
    std::mutex mutex_;
    std::condition_variable news_;
    std::deque<std::function<void()>> waiting_;
};

/// One station and the collector's end of its connection.
class Line {
public:
    Line(MemoryLedger& ledger, std::string name, const Digest& digest, StoreThread& store, Answers& answers)
        : ledger_(ledger),
          store_(store),
          answers_(answers),
          session_({ledger.tail(), {}, "bench", {}}),
          receiver_(digest, std::move(name), false) {
        receiver_.opened(now_);
        session_.opened(now_, wall_);
        pump();
    }
    bool done() const { return acked_ == ledger_.head(); }

private:
    void pump() {
        for (bool more = true; more;) {
            more = false;
            if (const Bytes up = session_.next_write(); !up.empty()) receiver_.receive(up, now_, wall_), more = true;
            if (const Bytes down = receiver_.next_write(); !down.empty()) session_.receive(down, now_, wall_), more = true;
            while (auto event = session_.next_event()) serve(*event), more = true;
            while (auto event = receiver_.next_event()) store(std::move(*event)), more = true;
        }
    }
    void serve(const UplinkEvent& event) {
        if (const auto* wish = std::get_if<ReadEntries>(&event))
            session_.command(EntriesRead{ledger_.read(wish->after, wish->limit, wish->bytes)}, now_, wall_);
        else if (const auto* hashes = std::get_if<ReadHashes>(&event))
            session_.command(HashesRead{ledger_.hashes(hashes->seqs)}, now_, wall_);
        else if (const auto* told = std::get_if<Acknowledged>(&event))
            acked_ = told->seq;
        else
            DOSARIO_CHECK(!std::holds_alternative<UplinkEnd>(event));
    }
    void store(ReceiverEvent event) {
        if (auto* wanted = std::get_if<SessionWanted>(&event)) {
            ask<SessionStart>([wanted = *wanted, this](SqliteStore& store) { return store.begin_session(wanted, wall_); },
                              [](SessionStart start) {
                                  return SessionBegun{std::move(start), {}, {}, 1024};
                              });
        } else if (auto* append = std::get_if<Append>(&event)) {
            const auto kept = std::make_shared<Append>(std::move(*append));
            ask<AppendOutcome>([kept](SqliteStore& store) { return store.append(*kept); },
                               [kept](const AppendOutcome& outcome) {
                                   return EntriesKept{kept->span.branch, outcome, 1024};
                               });
        }
    }
    template <class Value>
    void ask(std::function<Result<Value>(SqliteStore&)> question, std::function<ReceiverCommand(Value)> command) {
        const auto found = std::make_shared<std::optional<Result<Value>>>();
        const bool posted =
            store_.post({[found, question = std::move(question)](SqliteStore& store) { found->emplace(question(store)); },
                         [this, found, command = std::move(command)](const std::optional<Error>& failure) {
                             DOSARIO_CHECK(!failure && (*found)->has_value());
                             answers_.put([this, found, command] {
                                 receiver_.command(command(std::move(***found)), now_, wall_);
                                 pump();
                             });
                         }});
        DOSARIO_CHECK(posted);
    }

    MemoryLedger& ledger_;
    StoreThread& store_;
    Answers& answers_;
    UplinkSession session_;
    Receiver receiver_;
    MonoTime now_{std::chrono::hours{1}};
    UtcTime wall_{std::chrono::hours{24 * 365 * 56}};
    Seq acked_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    const std::size_t entries = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 200'000;
    const std::size_t stations = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1;
    const std::unique_ptr<Digest> digest = make_digest();
    SeededEntropy entropy{1};
    std::vector<MemoryLedger> ledgers;
    for (std::size_t i = 0; i < stations; ++i) {
        ledgers.emplace_back(*digest, entropy);
        ledgers.back().book_some(entries / stations);
    }
    const TemporaryDirectory directory;
    auto opened = SqliteStore::open(directory.path(), true);
    DOSARIO_CHECK(opened.has_value());
    auto store = make_store_thread(std::move(*opened), {}, [](const Error& error) {
        std::fprintf(stderr, "%s\n", error.message.c_str());
        std::exit(1);
    });
    Answers answers;
    const auto begin = Clock_::now();
    std::vector<std::unique_ptr<Line>> lines;
    for (std::size_t i = 0; i < stations; ++i)
        lines.push_back(std::make_unique<Line>(ledgers[i], "s" + std::to_string(i), *digest, *store, answers));
    while (!std::all_of(lines.begin(), lines.end(), [](const auto& line) { return line->done(); })) answers.run_next();
    const double acknowledged = seconds_since(begin);
    std::printf("%zu entries of %zu stations acknowledged in %.2f s: %.0f a second\n", entries, stations, acknowledged,
                static_cast<double>(entries) / acknowledged);
    std::fflush(stdout);
    for (bool counted = false; !counted;) {
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
        DOSARIO_CHECK(store->post({[&](SqliteStore& one) {
                                       const auto lag =
                                           one.database().number("SELECT (SELECT max(n) FROM event) - n FROM projected");
                                       counted = lag && *lag == 0;
                                   },
                                   [&](const std::optional<Error>&) { answers.put([] {}); }}));
        answers.run_next();
    }
    std::printf("all of it counted in stock after %.2f s\n", seconds_since(begin));
    store.reset();
    return 0;
}
