// SPDX-License-Identifier: Apache-2.0
// Single bits of the ledger's file turn over, and verify finds each one, but in bytes that mean nothing: those that the file format calls
// unused, counters of SQLite's header, numbers of deleted rows that part two pages, and the tables of hints that no decision trusts.
//   DOSARIO_FLIPS=5000 DOSARIO_SEED=7 test_ledger '[flip]'
#include "support/asked.hpp"
#include "support/catch.hpp"
#include "support/day.hpp"
#include "support/page_map.hpp"
#include "support/shim_vfs.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

using namespace dosario;
using namespace dosario::test;

namespace {

constexpr std::uint64_t kFlips = 400;
constexpr unsigned kLongest_s = 60;  // one flip; longer is a hang

struct SoundLedger {
    std::string file;
    PageMap map;
};

/// A day's ledger, closed, with a free list and overflow pages.
SoundLedger make_ledger(std::uint64_t seed) {
    SoundLedger sound;
    Counter counter{{.seed = seed, .vfs = "flips"}};
    Day{counter, seed}.work(150);
    Roots roots{{"sqlite_schema", 1}};
    {
        auto query = counter.ledger().database().query("SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0");
        while (query.row()) roots[query.text(0)] = static_cast<std::uint32_t>(query.number(1));
    }
    counter.close();
    sound.file = read_file(counter.file());
    sound.map = map_pages(sound.file, roots);
    return sound;
}

struct Flip {
    std::size_t byte;
    unsigned bit;
};

enum class Found : std::uint8_t { not_opened, by_verify, missed };

/// As `dosario ledger verify` finds the file, or (`appending`) as a daemon does that starts with it.
Found find_in(const std::string& directory, const char* vfs, bool appending) {
    Counter counter{{.directory = directory, .open = false}};
    LedgerOpening opening = counter.opening();
    opening.create = false;
    opening.append = appending;
    opening.vfs = vfs;
    const auto ledger = Ledger::open(opening);
    if (!ledger) return Found::not_opened;
    const auto report = verify(**ledger);
    return !report || !report->ok() ? Found::by_verify : Found::missed;
}

struct FlipTally {
    std::uint64_t flips = 0;
    std::uint64_t not_opened = 0;
    std::uint64_t by_verify = 0;
    std::map<std::string, std::uint64_t> missed;
    std::vector<std::string> where;  ///< of those missed
};

void flip_one(const SoundLedger& sound, const Flip& flip, const TemporaryDirectory& place, bool appending, FlipTally& tally) {
    std::string file = sound.file;
    file[flip.byte] = static_cast<char>(file[flip.byte] ^ (1 << flip.bit));
    place.empty();
    write_file(place.file("ledger.db"), file);
    alarm(kLongest_s);
    const Found found = find_in(place.path(), "flips", appending);
    alarm(0);
    ++tally.flips;
    if (found == Found::not_opened) ++tally.not_opened;
    if (found == Found::by_verify) ++tally.by_verify;
    if (found != Found::missed) return;
    const std::string& owner = sound.map.owners[flip.byte / 4096];
    ++tally.missed[owner];
    tally.where.push_back(owner + " page " + std::to_string(flip.byte / 4096 + 1) + " offset " +
                          std::to_string(flip.byte % 4096) + " bit " + std::to_string(flip.bit));
}

bool is_hint(const std::string& owner) { return owner == "acked" || owner == "clock_sample" || owner == "upkeep"; }

/// Used bytes, so that each page has its share.
std::vector<Flip> choose_flips(const SoundLedger& sound, std::uint64_t count, std::mt19937_64& random) {
    const std::size_t pages = sound.map.owners.size();
    std::vector<std::vector<std::size_t>> used(pages);
    for (std::size_t i = 0; i < sound.file.size(); ++i) {
        if (sound.map.uses[i] == ByteUse::used) used[i / 4096].push_back(i);
    }
    std::vector<Flip> flips;
    while (flips.size() < count) {
        for (std::size_t page = 0; page < pages && flips.size() < count; ++page) {
            if (used[page].empty()) continue;
            flips.push_back({used[page][random() % used[page].size()], static_cast<unsigned>(random() % 8)});
        }
    }
    return flips;
}

void print(const char* what, const FlipTally& tally, double seconds) {
    std::printf("%s: %llu flips in %.1f s; %llu not opened, %llu found by verify", what,
                static_cast<unsigned long long>(tally.flips), seconds, static_cast<unsigned long long>(tally.not_opened),
                static_cast<unsigned long long>(tally.by_verify));
    for (const auto& [owner, count] : tally.missed)
        std::printf(", %llu missed in %s", static_cast<unsigned long long>(count), owner.c_str());
    std::printf("\n");
    for (const std::string& where : tally.where) std::printf("  missed: %s\n", where.c_str());
    std::fflush(stdout);
}

}  // namespace

namespace {

/// A ledger as kill -9 leaves it: the last groups stand in the log only.
struct KilledLedger {
    std::string file;
    std::string log;
    Seq head = 0;
};

KilledLedger kill_ledger(std::uint64_t seed) {
    KilledLedger killed;
    Counter counter{{.seed = seed, .vfs = "flips"}};
    Day day{counter, seed};
    day.work(60);
    DOSARIO_CHECK(counter.ledger().database().execute("PRAGMA wal_checkpoint(TRUNCATE)").has_value());
    for (int i = 0; i < 8; ++i) DOSARIO_CHECK(counter.scan(Scan{Box{}.code()}.mode("receive")).ok());
    killed.head = counter.ledger().head_seq();
    killed.file = read_file(counter.file());
    killed.log = read_file(counter.file() + "-wal");
    return killed;
}

}  // namespace

TEST_CASE("a bit that flips in the write-ahead log is found, and the daemon's start turns it back", "[flip]") {
    const std::uint64_t seed = asked("DOSARIO_SEED", 1);
    ShimVfs quick{"flips"};
    quick.skip_syncs();
    const KilledLedger killed = kill_ledger(seed);
    // Behind the last frame there are zeros, which nobody reads.
    const std::size_t frames = (killed.log.find_last_not_of('\0') - 32) / 4120 + 1;
    const std::size_t written = 32 + frames * 4120;
    REQUIRE(written > 100'000);
    const TemporaryDirectory place{memory_path()};
    std::mt19937_64 random{seed};
    const std::uint64_t flips = asked("DOSARIO_FLIPS", kFlips) / 8;
    std::uint64_t ambiguous_flips = 0;
    const std::size_t last_frame = written - 4120;
    for (std::uint64_t i = 0; i < flips; ++i) {
        // The header, the last frame, and anywhere.
        const std::size_t byte = i % 8 == 0 ? random() % 32 : i % 8 == 1 ? last_frame + random() % 4120 : random() % written;
        const unsigned bit = static_cast<unsigned>(random() % 8);
        std::string log = killed.log;
        log[byte] = static_cast<char>(log[byte] ^ (1 << bit));
        place.empty();
        write_file(place.file("ledger.db"), killed.file);
        write_file(place.file("ledger.db-wal"), log);
        INFO("byte " << byte << " bit " << bit);
        REQUIRE(find_in(place.path(), "flips", false) == Found::by_verify);
        REQUIRE(read_file(place.file("ledger.db-wal")) == log);  // whoever looks changes nothing
        Counter counter{{.vfs = "flips", .directory = place.path(), .products = false}};
        // Some bits can stand for each other in SQLite's checksum (the highest of each word, the last word and the sum): then nothing
        // is guessed, the groups behind it are missing, and that is said.
        const bool ambiguous = counter.ledger().log_damage() && !counter.ledger().log_was_mended();
        ambiguous_flips += ambiguous;
        REQUIRE((ambiguous || counter.ledger().log_was_mended()));
        REQUIRE((ambiguous || counter.ledger().head_seq() == killed.head));
        REQUIRE(first_fault(counter.verify()).empty() != ambiguous);
        REQUIRE(read_file(place.file("ledger.db-wal.damaged")) == log);
    }
    std::printf("seed %llu: %llu flips in a log of %zu bytes, all found, all but %llu turned back\n",
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(flips), killed.log.size(),
                static_cast<unsigned long long>(ambiguous_flips));
    CHECK(ambiguous_flips <= flips / 2 + 1);
}

TEST_CASE("a damaged stretch in the middle of the write-ahead log is named, and the daemon goes on with a copy kept", "[flip]") {
    ShimVfs quick{"flips"};
    quick.skip_syncs();
    const KilledLedger killed = kill_ledger(1);
    const TemporaryDirectory place{memory_path()};
    std::string log = killed.log;
    const std::size_t at = 32 + 4120 * 5 + 600;
    log.replace(at, 512, std::string(512, 'x'));
    write_file(place.file("ledger.db"), killed.file);
    write_file(place.file("ledger.db-wal"), log);
    CHECK(find_in(place.path(), "flips", false) == Found::by_verify);
    Counter counter{{.seed = 77, .vfs = "flips", .directory = place.path(), .products = false}};
    CHECK(counter.ledger().head_seq() < killed.head);
    CHECK(first_fault(counter.verify()).find("saved groups stand behind it") != std::string::npos);
    CHECK(counter.service().status({})->warnings_size() > 0);
    CHECK(read_file(place.file("ledger.db-wal.damaged")) == log);
    CHECK(counter.scan(Scan{Box{}.code()}.mode("receive")).what() == "received");
    CHECK(counter.rows("SELECT why FROM branch ORDER BY n DESC LIMIT 1") ==
          "the write-ahead log was damaged when the ledger was opened");
}

TEST_CASE("every bit that means something is missed by nobody when it flips", "[flip]") {
    const std::uint64_t seed = asked("DOSARIO_SEED", 1);
    ShimVfs quick{"flips"};
    quick.skip_syncs();
    const SoundLedger sound = make_ledger(seed);
    REQUIRE(sound.map.broken == "");
    REQUIRE(sound.map.count(ByteUse::unknown) == 0);
    CHECK(sound.map.count(ByteUse::separator) < sound.map.count(ByteUse::used) / 2000);
    std::printf(
        "seed %llu: %zu pages, %zu bytes used, %zu unused, %zu in counters of the header, %zu in numbers of deleted "
        "rows\n",
        static_cast<unsigned long long>(seed), sound.map.owners.size(), sound.map.count(ByteUse::used),
        sound.map.count(ByteUse::unused), sound.map.count(ByteUse::counter), sound.map.count(ByteUse::separator));
    std::mt19937_64 random{seed};
    const TemporaryDirectory place{memory_path()};
    for (const bool appending : {false, true}) {
        FlipTally tally;
        const auto began = std::chrono::steady_clock::now();
        for (const Flip& flip : choose_flips(sound, asked("DOSARIO_FLIPS", kFlips) / (appending ? 4 : 1), random))
            flip_one(sound, flip, place, appending, tally);
        print(appending ? "by a daemon that starts" : "by the tool, on the closed file", tally,
              std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
        for (const auto& [owner, count] : tally.missed) {
            INFO(owner << ": " << tally.where.front());
            CHECK(is_hint(owner));
        }
    }
}
