// SPDX-License-Identifier: Apache-2.0
// Does a ledger stay quick for ten years?   bench_ledger_history DIR [DIR ...]
// DIRs are ledgers of bench_practice_ledger, the smallest first: each question is asked of each, and compared with the one before. The
// file is in the system's cache (it is read through once), SQLite's own cache is as the daemon sets it: 4 MB. Each question is asked
// 3,000 times about things drawn at random from the whole history; the first round is not counted. Beside the time on the wall stands
// the processor's: what else runs on the machine is not in it.
#include "bench/daemon_process.hpp"
#include "bench/measure.hpp"
#include "bench/practice.hpp"
#include "control/service.hpp"
#include "crypto/openssl.hpp"
#include "http/client.hpp"
#include "ledger/queries.hpp"
#include "ledger/story.hpp"
#include "support/counter.hpp"
#include "support/gs1_codes.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <map>

using namespace dosario;
using namespace dosario::bench;

namespace {

constexpr std::size_t kRounds = 3000;

struct Question {
    const char* name;
    /// Asks about the n-th thing; rows of the answer.
    std::function<std::size_t(std::size_t)> ask;
};

struct Measured {
    double p50 = 0;
    double p99 = 0;
    double worked_p50 = 0;  ///< of the processor
    double worked_p99 = 0;
    double rows = 0;
};

template <class Value>
Value must(Result<Value> result) {
    if (!result) std::fprintf(stderr, "%s\n", result.error().message.c_str());
    DOSARIO_CHECK(result.has_value());
    return std::move(*result);
}

/// Things drawn from the whole history.
struct Sample {
    std::vector<ThingId> doses;
    std::vector<ThingId> packs;
    std::vector<std::pair<Gtin, std::string>> lots;           ///< of packs that came in at any time
    std::vector<std::pair<Gtin, std::string>> lots_on_shelf;  ///< with something left
};

Sample draw(Ledger& ledger) {
    Sample sample;
    std::mt19937_64 random{7};
    while (sample.doses.size() < kRounds || sample.packs.size() < kRounds || sample.lots.size() < kRounds) {
        const auto signed_fact = must(ledger.fact(1 + random() % ledger.head_seq()));
        if (const auto* cut = std::get_if<PackFractioned>(&signed_fact.fact)) {
            if (sample.doses.size() < kRounds) sample.doses.push_back(cut->doses[random() % cut->doses.size()].dose);
        } else if (const auto* received = std::get_if<PacksReceived>(&signed_fact.fact)) {
            if (received->pack && sample.packs.size() < kRounds) sample.packs.push_back(received->pack);
            if (sample.lots.size() < kRounds) sample.lots.emplace_back(received->gtin, received->lot);
        }
    }
    const auto lines = must(stock_lines(ledger, {}));
    for (std::size_t i = 0; i < kRounds; ++i) {
        const StockLine& line = lines[random() % lines.size()];
        sample.lots_on_shelf.emplace_back(line.gtin, line.lot);
    }
    return sample;
}

/// A day before which at least 200 lots expire: with the limit of 200, every ledger answers with as many rows.
Date near_day(Ledger& ledger) {
    const auto lines = must(stock_lines(ledger, {std::nullopt, "", std::nullopt, 250}));
    return lines.back().expires_on;
}

std::vector<Question> questions(Ledger& ledger, const Sample& sample) {
    const Date near = near_day(ledger);
    const Seq head = ledger.head_seq();
    return {
        {"near expiry, 200 lots",
         [&ledger, near](std::size_t) {
             return must(stock_lines(ledger, {std::nullopt, "", near, 199})).size();
         }},
        {"stock of a product",
         [&](std::size_t i) {
             return must(stock_lines(ledger, {sample.lots_on_shelf[i].first, "", std::nullopt, 1000})).size();
         }},
        {"stock of a lot",
         [&](std::size_t i) {
             const auto& [gtin, lot] = sample.lots_on_shelf[i];
             return must(stock_lines(ledger, {gtin, lot, std::nullopt, 1000})).size();
         }},
        {"history of a dose", [&](std::size_t i) { return must(story_of_thing(ledger, sample.doses[i])).entries.size(); }},
        {"history of a pack", [&](std::size_t i) { return must(story_of_thing(ledger, sample.packs[i])).entries.size(); }},
        {"history of a lot",
         [&](std::size_t i) { return must(story_of_lot(ledger, sample.lots[i].first, sample.lots[i].second)).entries.size(); }},
        {"next 256 entries",
         [&ledger, head](std::size_t i) { return must(ledger.entries_after((i * 7919 * 7919) % (head - 256), 256)).size(); }},
    };
}

Measured ask_all(const Question& question) {
    for (std::size_t i = 0; i < kRounds; ++i) (void)question.ask(i);
    Times times;
    Times worked;
    std::size_t rows = 0;
    for (std::size_t i = 0; i < kRounds; ++i) {
        const std::size_t n = (i * 1009) % kRounds;  // in another order
        const double before = processor_us();
        times.add(time_us([&] { rows += question.ask(n); }));
        worked.add(processor_us() - before);
    }
    return {times.p50(), times.p99(), worked.p50(), worked.p99(), static_cast<double>(rows) / kRounds};
}

void read_through(const std::string& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    std::vector<char> some(1 << 20);
    while (read(file, some.data(), some.size()) > 0) {
    }
    close(file);
}

void drop_from_cache(const std::string& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    fdatasync(file);
    posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    close(file);
}

struct Opened {
    std::unique_ptr<test::Counter> counter;
    double ms = 0;
};

test::CounterOptions options_for(const std::string& directory) {
    test::CounterOptions options;
    options.directory = directory;
    options.products = false;
    return options;
}

double open_ms(const std::string& directory) {
    std::unique_ptr<test::Counter> counter;
    return time_us([&] { counter = std::make_unique<test::Counter>(options_for(directory)); }) / 1000;
}

/// What reading and hashing the last thousand entries costs.
double last_thousand_ms(Ledger& ledger) {
    return time_us([&] {
               const Seq after = ledger.head_seq() - 1001;
               const auto entries = must(ledger.entries_after(after, 1001));
               for (std::size_t i = 1; i < entries.size(); ++i)
                   DOSARIO_CHECK(follows(ledger.digest(), ledger.id(), entries[i - 1].hash, entries[i]));
           }) /
           1000;
}

void start_and_memory(const std::string& directory) {
    drop_from_cache(directory + "/ledger.db");
    const double cold = open_ms(directory);
    double warm = 0;
    for (int i = 0; i < 3; ++i) warm = open_ms(directory);
    double thousand = 0;
    {
        test::Counter counter{options_for(directory)};
        thousand = last_thousand_ms(counter.ledger());
    }
    std::printf("  opened: %.1f ms cold, %.1f ms warm; the last 1,000 entries read and hashed: %.1f ms\n", cold, warm, thousand);
    drop_from_cache(directory + "/ledger.db");
    double daemon_cold = 0;
    {
        const DaemonProcess daemon{directory};
        daemon_cold = daemon.start_ms();
    }
    DaemonProcess daemon{directory};
    const double at_rest = daemon.rss_mb();
    auto client = must(Client::connect(daemon.socket()));
    for (unsigned i = 0; i < 500; ++i) {
        test::Box box{i % kProducts, "BENCH", "2031-06-30", "R" + std::to_string(std::rand())};
        (void)must(
            client->call("/v1/scan", R"({"mode":"receive","operator":"DOSARIO.B.ANA00001","content":")" + box.code() + "\"}"));
        (void)must(client->call("/v1/stock", R"({"gtin":")" + test::gtin_text(i % kProducts) + "\"}"));
        (void)must(client->call("/v1/stock", R"({"limit":200})"));
        (void)must(client->call("/v1/ledger/log", R"({"limit":256})"));
    }
    std::printf("  dosariod: ready after %.0f ms cold, %.0f ms warm; %.1f MB at rest, %.1f MB after 2,000 calls\n", daemon_cold,
                daemon.start_ms(), at_rest, daemon.rss_mb());
}

void bytes_of_tables(const std::string& directory, Ledger& ledger) {
    const auto entries = static_cast<double>(ledger.head_seq());
    const auto size = static_cast<double>(std::filesystem::file_size(directory + "/ledger.db"));
    std::printf("\n%s: %.0f entries, %.1f bytes of file each\n ", directory.c_str(), entries, size / entries);
    auto query =
        ledger.database().query("SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name ORDER BY bytes DESC LIMIT 14");
    while (query.row()) std::printf(" %s %.1f", query.text(0).c_str(), static_cast<double>(query.number(1)) / entries);
    std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return std::fprintf(stderr, "usage: bench_ledger_history DIR [DIR ...]\n"), 2;
    std::map<std::string, Measured> before;
    for (int i = 1; i < argc; ++i) {
        const std::string directory = argv[i];
        read_through(directory + "/ledger.db");
        {
            test::Counter counter{options_for(directory)};
            bytes_of_tables(directory, counter.ledger());
            const Sample sample = draw(counter.ledger());
            for (const Question& question : questions(counter.ledger(), sample)) {
                const Measured now = ask_all(question);
                std::printf("  %-22s p50 %5.0f us  p99 %5.0f us, of the processor %5.0f us and %5.0f us  %6.1f rows",
                            question.name, now.p50, now.p99, now.worked_p50, now.worked_p99, now.rows);
                if (before.contains(question.name)) {
                    const Measured& then = before[question.name];
                    std::printf("   %.2f / %.2f times the one before", now.worked_p50 / then.worked_p50,
                                now.worked_p99 / then.worked_p99);
                }
                std::printf("\n");
                before[question.name] = now;
            }
        }
        start_and_memory(directory);
        std::fflush(stdout);
    }
    return 0;
}
