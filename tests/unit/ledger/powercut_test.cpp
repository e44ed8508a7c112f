// SPDX-License-Identifier: Apache-2.0
// The power goes at any moment of a day: whatever the disk kept of what was not synced, every answer that left is in the ledger.
//   DOSARIO_IMAGES=20000 DOSARIO_SEED=7 test_ledger '[powercut]'
#include "support/asked.hpp"
#include "support/catch.hpp"
#include "support/crash_disk.hpp"
#include "support/day.hpp"
#include "support/plants.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <set>

using namespace dosario;
using namespace dosario::test;

namespace {

constexpr int kScans = 320;
constexpr int kImages = 400;
constexpr int kWorkGoesOn = 16;  ///< one image of so many

/// What must be there when the power went off after that many disk operations.
struct Promise {
    std::size_t operations;
    Seq seq;
    Sha256 hash;
    std::size_t replies;  ///< of Recording::replies
};

struct Recording {
    std::vector<DiskOperation> operations;
    std::vector<Promise> promises;
    std::vector<std::pair<std::string, std::string>> replies;  ///< by request id, in order
    int retries = 0;
};

/// `planted` is done to every connection after it was opened.
Recording record_a_day(std::uint64_t seed, const char* planted = "") {
    ShimVfs disk{"recording"};
    Recording recording;
    {
        disk.skip_syncs();
        disk.record(true);
        recording.promises.push_back({0, 0, {}, 0});
        Counter counter{{.seed = seed, .vfs = "recording"}};
        const auto sabotage = [planted](Ledger& ledger) { DOSARIO_CHECK(ledger.database().execute(planted).has_value()); };
        sabotage(counter.ledger());
        std::set<std::string> known;
        Day day{counter,
                seed,
                {.answered =
                     [&](const Promises& promises) {
                         for (const auto& [id, reply] : promises.replies)
                             if (known.insert(id).second) recording.replies.emplace_back(id, reply);
                         recording.promises.push_back(
                             {disk.operations().size(), promises.seq, promises.hash, recording.replies.size()});
                     },
                 .opened = sabotage}};
        day.work(kScans);
        recording.retries = day.retries();
        disk.record(false);
    }
    recording.operations = disk.operations();
    return recording;
}

using Promised = std::vector<Promise>::const_iterator;

std::string broken_replies(Ledger& ledger, const Recording& recording, const Promise& promise) {
    for (std::size_t i = 0; i < promise.replies; ++i) {
        const auto& [id, reply] = recording.replies[i];
        const auto kept = ledger.reply_to(id);
        if (!kept || !*kept || !std::equal((*kept)->begin(), (*kept)->end(), as_bytes(reply).begin(), as_bytes(reply).end()))
            return "the reply of request " + id + " is not what was answered";
    }
    return "";
}

/// What is wrong with that ledger; empty when it keeps the promise.
std::string broken_promise(Ledger& ledger, const Recording& recording, Promised promise) {
    const Seq head = ledger.head_seq();
    if (head < promise->seq) return "an answered scan is gone";
    if (promise->seq > 0) {
        const auto entry = ledger.entries_after(promise->seq - 1, 1);
        if (!entry || entry->empty() || entry->front().hash != promise->hash) return "an answered scan reads otherwise";
    }
    // Of the group that was under way: all or nothing.
    const auto next = std::next(promise);
    const bool all = next != recording.promises.end() && head == next->seq && ledger.head_hash() == next->hash;
    if (head != promise->seq && !all) return "a part of a group is there";
    if (std::string broken = broken_replies(ledger, recording, *promise); !broken.empty()) return broken;
    return first_fault(verify_all(ledger));
}

std::string work_goes_on(const std::string& directory, const char* vfs) {
    Counter counter{{.seed = 99, .vfs = vfs, .directory = directory}};
    const Answer answer = counter.scan(Scan{Box{.lot = "AFTER"}.code()}.mode("receive").packs(2));
    if (answer.what() != "received") return "work does not go on: " + answer.what();
    return first_fault(counter.verify());
}

struct CrashResult {
    int images = 0;
    int broken = 0;
    std::string first;
    CutFaults faults;
};

/// A quarter of the cuts while the ledger is being made, a quarter soon after files changed their names or lengths, the others anywhere.
std::vector<std::size_t> choose_cuts(const Recording& recording, int images, std::mt19937_64& random) {
    constexpr std::size_t kSoon = 4;
    std::vector<std::size_t> changes;
    for (std::size_t i = 0; i < recording.operations.size(); ++i) {
        const auto kind = recording.operations[i].kind;
        if (kind != DiskOperation::Kind::write && kind != DiskOperation::Kind::sync) changes.push_back(i);
    }
    std::vector<std::size_t> cuts;
    for (int i = 0; i < images; ++i) {
        if (i % 4 == 0) {
            cuts.push_back(random() % (recording.promises[1].operations + 1));
        } else if (i % 4 == 1) {
            cuts.push_back(std::min(changes[random() % changes.size()] + random() % kSoon, recording.operations.size()));
        } else {
            cuts.push_back(random() % (recording.operations.size() + 1));
        }
    }
    std::sort(cuts.begin(), cuts.end());
    return cuts;
}

CrashResult cut_power(const Recording& recording, int images, std::uint64_t seed) {
    std::mt19937_64 random{seed};
    CrashDisk disk;
    ShimVfs quick{"quick"};
    quick.skip_syncs();
    const TemporaryDirectory place{memory_path()};
    Counter reader{{.directory = place.path(), .open = false}};
    LedgerOpening opening = reader.opening();
    opening.vfs = "quick";
    CrashResult result;
    std::size_t done = 0;
    for (const std::size_t cut : choose_cuts(recording, images, random)) {
        for (; done < cut; ++done) disk.apply(recording.operations[done]);
        const auto after = std::upper_bound(recording.promises.begin(), recording.promises.end(), cut,
                                            [](std::size_t at, const Promise& promise) { return at < promise.operations; });
        place.empty();
        disk.write_image(place.path(), random);
        std::string fault;
        {
            const auto ledger = Ledger::open(opening);
            fault =
                ledger ? broken_promise(**ledger, recording, std::prev(after)) : "it does not open: " + ledger.error().message;
        }
        if (fault.empty() && result.images % kWorkGoesOn == 0) fault = work_goes_on(place.path(), "quick");
        ++result.images;
        if (fault.empty()) continue;
        if (result.broken++ == 0) result.first = "after operation " + std::to_string(cut) + ": " + fault;
    }
    result.faults = disk.faults();
    return result;
}

void print(const Recording& recording, const CrashResult& result, std::uint64_t seed, double seconds) {
    const CutFaults& faults = result.faults;
    std::printf(
        "seed %llu: %zu disk operations, %zu answers, %llu entries, %zu kept replies, %d retries\n"
        "%d images in %.1f s (%.0f a second), %d broken\n"
        "unsynced sectors: %llu arrived, %llu dropped, %llu torn, %llu zeros, %llu garbage; truncations dropped: %llu; "
        "new files absent: %llu; removed files back: %llu\n",
        static_cast<unsigned long long>(seed), recording.operations.size(), recording.promises.size(),
        static_cast<unsigned long long>(recording.promises.back().seq), recording.replies.size(), recording.retries,
        result.images, seconds, result.images / seconds, result.broken, static_cast<unsigned long long>(faults.sectors_arrived),
        static_cast<unsigned long long>(faults.sectors_dropped), static_cast<unsigned long long>(faults.sectors_torn),
        static_cast<unsigned long long>(faults.sectors_zeroed), static_cast<unsigned long long>(faults.sectors_garbage),
        static_cast<unsigned long long>(faults.truncates_dropped), static_cast<unsigned long long>(faults.files_absent),
        static_cast<unsigned long long>(faults.files_back));
    std::fflush(stdout);
}

}  // namespace

TEST_CASE("a power cut at any moment loses no answered scan", "[powercut]") {
    const auto images = static_cast<int>(asked("DOSARIO_IMAGES", kImages));
    const std::uint64_t seed = asked("DOSARIO_SEED", 1);
    const Recording recording = record_a_day(seed);
    const auto began = std::chrono::steady_clock::now();
    const CrashResult result = cut_power(recording, images, seed);
    print(recording, result, seed, std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    INFO(result.first);
    CHECK(result.broken == 0);
    CHECK(recording.retries > 5);
    if (images < kImages) return;
    const CutFaults& faults = result.faults;
    for (const std::uint64_t fault : {faults.sectors_dropped, faults.sectors_torn, faults.sectors_zeroed, faults.sectors_garbage,
                                      faults.truncates_dropped, faults.files_absent, faults.files_back})
        CHECK(fault > 0);
}

namespace {

using Runner = std::function<std::optional<Error>(Service&, std::span<const Job>)>;

/// Scans in groups of two; the promise is made at the moment of each answer, whoever answers.
Recording record_answers(const Runner& run) {
    ShimVfs disk{"recording"};
    Recording recording;
    {
        disk.skip_syncs();
        disk.record(true);
        recording.promises.push_back({0, 0, {}, 0});
        Counter counter{{.vfs = "recording"}};
        const auto promise = [&](const std::optional<Error>&) {
            recording.promises.push_back(
                {disk.operations().size(), counter.ledger().head_seq(), counter.ledger().head_hash(), 0});
        };
        promise({});
        for (int i = 0; i < 60; ++i) {
            const auto receive = [](Service& desk) { DOSARIO_CHECK(desk.scan(Scan{Box{}.code()}.mode("receive")).has_value()); };
            const Job group[] = {{receive, [](const auto&) {}}, {receive, promise}};
            DOSARIO_CHECK(!run(counter.service(), group));
        }
        disk.record(false);
    }
    recording.operations = disk.operations();
    return recording;
}

}  // namespace

TEST_CASE("planted: an answer before the commit is caught", "[planted]") {
    const CrashResult right =
        cut_power(record_answers([](Service& service, std::span<const Job> jobs) { return run_group(service, jobs); }), 80, 4);
    INFO(right.first);
    CHECK(right.broken == 0);
    const CrashResult early = cut_power(record_answers(answer_first), 80, 4);
    CHECK(early.broken > 10);
    CHECK(early.first.find("an answered scan is gone") != std::string::npos);
}

TEST_CASE("planted: a ledger that skips the sync of a commit is caught", "[planted]") {
    const Recording recording = record_a_day(3, kSkipsSyncs);
    const CrashResult result = cut_power(recording, 120, 3);
    INFO(result.broken << " of " << result.images << " images broken");
    CHECK(result.broken > 5);
    CHECK(result.first.find("an answered scan is gone") != std::string::npos);
}
