// SPDX-License-Identifier: Apache-2.0
// Every call to the disk fails in turn, once, with all of its kind, or with everything from then on; and every allocation of SQLite. Then
// the process ends as the daemon would, and the next start finds what was accepted and nothing that was refused.
//   DOSARIO_EVERY=1 DOSARIO_SEED=7 test_ledger '[every]'      every call; without, one of so many (allocations: of four times so many)
#include "support/asked.hpp"
#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/day.hpp"
#include "support/failing_memory.hpp"
#include "support/shim_vfs.hpp"

#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>

using namespace dosario;
using namespace dosario::test;

namespace {

constexpr int kSteps = 52;  // until each chore of the day was there
constexpr std::uint64_t kEvery = 197;

/// How a process ended that met a failing disk.
enum class End : std::uint8_t { well, not_started, stopped };

/// What the child tells; shared memory, so that its end loses nothing.
struct Told {
    End end = End::well;
    bool in_group = false;   ///< something was asked and is not answered
    bool uncertain = false;  ///< the last answer said so
    std::uint64_t calls = 0;
    std::array<std::uint64_t, kDiskCalls> calls_by_kind{};
    DiskCall failed = DiskCall::open;
    int failures = 0;
    int refused = 0;
    Seq seq = 0;
    Sha256 hash{};
    std::size_t length = 0;  ///< of `replies`
    char replies[1 << 18];   ///< id, NUL, four bytes of length, reply
};

struct Failing {
    std::uint64_t nth = 0;  ///< 0: none
    Lasting lasting = Lasting::once;
    bool orderly = false;  ///< the process closes its files at the end
    bool memory = false;   ///< the n-th allocation, not the n-th call of the disk
};

void tell_replies(Told& told, const Promises& promises) {
    static std::set<std::string> known;
    for (const auto& [id, reply] : promises.replies) {
        if (!known.insert(id).second) continue;
        std::string record = id + '\0';
        const auto length = static_cast<std::uint32_t>(reply.size());
        record.append(reinterpret_cast<const char*>(&length), sizeof length).append(reply);
        DOSARIO_CHECK(told.length + record.size() < sizeof told.replies);
        std::copy(record.begin(), record.end(), told.replies + told.length);
        told.length += record.size();
    }
}

std::map<std::string, std::string> replies_of(const Told& told) {
    std::map<std::string, std::string> replies;
    for (std::size_t at = 0; at < told.length;) {
        const std::string id{told.replies + at};
        at += id.size() + 1;
        std::uint32_t length = 0;
        std::memcpy(&length, told.replies + at, sizeof length);
        at += sizeof length;
        replies[id] = {told.replies + at, length};
        at += length;
    }
    return replies;
}

/// A copy of the ledger, as for a snapshot; what fails in it concerns nobody else.
void copy_ledger(Ledger& ledger, const std::string& path, const char* vfs) {
    auto copy = LedgerCopy::start(ledger, path, vfs);
    while (copy) {
        const auto more = (*copy)->step(16);
        if (!more || !*more) return;
    }
}

End spend_a_day(Counter& counter, std::uint64_t seed, Told& told) {
    if (!counter.reopen()) return End::not_started;
    if (counter.learn_products()) return End::not_started;
    // What the start wrote was accepted: the day may be refused from its first scan on.
    told.seq = counter.ledger().head_seq();
    told.hash = counter.ledger().head_hash();
    // A small cache: so that the disk is read, and written in the middle of a group.
    const auto shrink = [](Ledger& ledger) { (void)ledger.database().execute("PRAGMA cache_size = 10"); };
    shrink(counter.ledger());
    Day day{counter,
            seed,
            {.answered =
                 [&told](const Promises& promises) {
                     tell_replies(told, promises);
                     // A ledger that opened damaged says that it has no entries; what was accepted before stays accepted.
                     if (promises.seq > told.seq) told.seq = promises.seq, told.hash = promises.hash;
                     told.in_group = false;
                 },
             .begins = [&told] { told.in_group = true; },
             .opened = shrink}};
    for (int i = 0; i < kSteps; ++i) {
        const auto ended = day.step();
        if (ended || day.refused()) {
            const Error& why = ended ? *ended : *day.refused();
            told.in_group = false;
            told.uncertain = told.uncertain || why.message.find("not certain") != std::string::npos;
            ++told.refused;
            if (std::getenv("DOSARIO_CALL") != nullptr)
                std::fprintf(stderr, "step %d, after entry %llu: %s%s\n", i, static_cast<unsigned long long>(told.seq),
                             ended ? "ended: " : "", why.message.c_str());
        }
        if (ended) return End::stopped;
        if (i == 25) copy_ledger(counter.ledger(), counter.directory() + "/copy.db", "every");
    }
    return End::well;
}

void child(const std::string& directory, std::uint64_t seed, const Failing& failing, Told& told) {
    if (failing.memory) {
        std::signal(SIGABRT, SIG_DFL);  // not what the test's framework makes of it
        take_over_memory();
    }
    ShimVfs disk{"every"};
    disk.skip_syncs();
    if (failing.nth > 0 && !failing.memory) disk.fail_call(failing.nth, failing.lasting);
    if (failing.memory) fail_allocation(failing.nth, failing.lasting == Lasting::everything);
    {
        Counter counter{{.seed = seed, .vfs = "every", .directory = directory, .open = false}};
        told.end = spend_a_day(counter, seed, told);
        told.calls = failing.memory ? allocations() : disk.calls();
        told.calls_by_kind = disk.calls_by_kind();
        told.failures = failing.memory ? static_cast<int>(failed_allocations()) : disk.failures();
        told.failed = disk.failed_call();
        if (!failing.orderly) _exit(0);
    }
    if (!failing.memory) told.failures = disk.failures();
}

/// What is wrong with the ledger that was left; empty when all is as it was answered.
std::string broken_answer(const std::string& directory, const Told& told, bool& kept_refused) {
    Counter counter{{.directory = directory, .open = false}};
    LedgerOpening opening = counter.opening();
    opening.vfs = "healed";
    auto ledger = Ledger::open(opening);
    if (!ledger) return "it does not open: " + ledger.error().message;
    const Seq head = (*ledger)->head_seq();
    if (head < told.seq) return "accepted and absent";
    if (told.seq > 0) {
        const auto entry = (*ledger)->entries_after(told.seq - 1, 1);
        if (!entry || entry->empty() || entry->front().hash != told.hash) return "accepted and changed";
    }
    const auto replies = replies_of(told);
    for (const auto& [id, reply] : replies) {
        const auto kept = (*ledger)->reply_to(id);
        if (!kept || !*kept || !std::equal((*kept)->begin(), (*kept)->end(), as_bytes(reply).begin(), as_bytes(reply).end()))
            return "the reply of an accepted request is absent";
    }
    if (std::string fault = first_fault(verify_all(**ledger)); !fault.empty()) return fault;
    const bool started = told.end != End::not_started;
    const auto kept = (*ledger)->database().number("SELECT count(*) FROM request");
    kept_refused = started && (head > told.seq || *kept != static_cast<std::int64_t>(replies.size()));
    return kept_refused && !told.uncertain ? "refused and present" : "";
}

struct Tally {
    int runs = 0;
    int failed_calls = 0;
    int not_started = 0;
    int stopped = 0;
    int ended_themselves = 0;
    int refused = 0;
    int uncertain = 0;
    int uncertain_and_present = 0;
    int broken = 0;
    std::string first;
};

void fail_one(const Failing& failing, std::uint64_t seed, Tally& tally) {
    const TemporaryDirectory place{memory_path()};
    Shared<Told> told;
    const int status = run_in_child([&] { child(place.path(), seed, failing, *told); });
    // Without memory for the way back the process ends by its own check.
    const bool ended_itself = failing.memory && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
    if (ended_itself) told->end = End::stopped;
    ++tally.runs;
    tally.ended_themselves += ended_itself;
    tally.failed_calls += ended_itself ? 1 : told->failures;
    tally.not_started += told->end == End::not_started;
    tally.stopped += told->end == End::stopped;
    tally.refused += told->refused;
    tally.uncertain += told->uncertain;
    bool kept_refused = false;
    std::string fault = status != 0 && !ended_itself ? "it ended with status " + std::to_string(status)
                                                     : broken_answer(place.path(), *told, kept_refused);
    tally.uncertain_and_present += kept_refused && told->uncertain;
    if (fault.empty()) return;
    if (tally.broken++ < 10)
        tally.first += "\ncall " + std::to_string(failing.nth) + " (" + name_of(told->failed) +
                       (failing.orderly ? ", orderly end): " : "): ") + fault;
}

void print_calls(const Told& told, std::uint64_t seed) {
    std::printf("seed %llu: %llu calls of the disk (", static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(told.calls));
    for (std::size_t i = 0; i < kDiskCalls; ++i)
        std::printf("%s%llu %s", i == 0 ? "" : ", ", static_cast<unsigned long long>(told.calls_by_kind[i]),
                    name_of(static_cast<DiskCall>(i)));
    std::printf("), %llu entries\n", static_cast<unsigned long long>(told.seq));
}

void print(const char* lasting, const Tally& tally, double seconds) {
    std::printf(
        "%s: %d runs in %.0f s, %d failed calls, %d did not start, %d ended (%d by a check), %d refused, %d said \"not certain\" (%d of them kept it), %d broken\n",
        lasting, tally.runs, seconds, tally.failed_calls, tally.not_started, tally.stopped, tally.ended_themselves, tally.refused,
        tally.uncertain, tally.uncertain_and_present, tally.broken);
    std::fflush(stdout);
}

}  // namespace

TEST_CASE("whichever call of the disk fails, accepted is kept and refused is not", "[every]") {
    const std::uint64_t seed = asked("DOSARIO_SEED", 1);
    const std::uint64_t every = std::max<std::uint64_t>(1, asked("DOSARIO_EVERY", kEvery));
    ShimVfs healed{"healed"};
    healed.skip_syncs();
    const TemporaryDirectory place{memory_path()};
    Shared<Told> whole;
    REQUIRE(run_in_child([&] { child(place.path(), seed, {}, *whole); }) == 0);
    REQUIRE(whole->end == End::well);
    print_calls(*whole, seed);
    constexpr std::pair<Lasting, const char*> kLastings[] = {
        {Lasting::once, "once"}, {Lasting::its_kind, "its kind for ever"}, {Lasting::everything, "everything for ever"}};
    for (const auto& [lasting, name] : kLastings) {
        Tally tally;
        const auto began = std::chrono::steady_clock::now();
        const std::uint64_t only = asked("DOSARIO_CALL", 0);
        for (std::uint64_t nth = only > 0 ? only : 1 + (every > 1 ? seed % every : 0); nth <= whole->calls;
             nth += only > 0 ? whole->calls : every)
            fail_one({nth, lasting, nth / 2 % 2 == 1}, seed, tally);
        print(name, tally, std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
        INFO(name << ": " << tally.first);
        CHECK(tally.broken == 0);
        CHECK(tally.failed_calls >= tally.runs);
    }
}

TEST_CASE("whichever allocation of SQLite fails, accepted is kept and refused is not", "[every]") {
    const std::uint64_t seed = asked("DOSARIO_SEED", 1);
    constexpr std::uint64_t kMoreThanCalls = 4;
    const std::uint64_t every = std::max<std::uint64_t>(1, asked("DOSARIO_EVERY", kEvery)) * kMoreThanCalls;
    ShimVfs healed{"healed"};
    healed.skip_syncs();
    const TemporaryDirectory place{memory_path()};
    Shared<Told> whole;
    REQUIRE(run_in_child([&] { child(place.path(), seed, {.memory = true}, *whole); }) == 0);
    REQUIRE(whole->end == End::well);
    std::printf("seed %llu: %llu allocations\n", static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(whole->calls));
    for (const Lasting lasting : {Lasting::once, Lasting::everything}) {
        Tally tally;
        const auto began = std::chrono::steady_clock::now();
        const std::uint64_t only = asked("DOSARIO_CALL", 0);
        for (std::uint64_t nth = only > 0 ? only : 1 + seed % every; nth <= whole->calls; nth += only > 0 ? whole->calls : every)
            fail_one({nth, lasting, nth / 2 % 2 == 1, true}, seed, tally);
        const char* const name = lasting == Lasting::once ? "one allocation" : "all allocations from one on";
        print(name, tally, std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
        INFO(name << ": " << tally.first);
        CHECK(tally.broken == 0);
        CHECK(tally.failed_calls >= tally.runs);
    }
}
