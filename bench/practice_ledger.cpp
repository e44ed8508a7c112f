// SPDX-License-Identifier: Apache-2.0
// bench_practice_ledger DIR N: a ledger of N entries (or a few more) as a station's busy years leave it; see practice.hpp for the mix.
// DIR is made if it is not there, and must hold no ledger yet. Some 50 microseconds and 300 bytes of disk an entry.
#include "bench/measure.hpp"
#include "bench/practice.hpp"
#include "crypto/openssl.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

using namespace dosario;

int main(int argc, char** argv) {
    if (argc != 3) return std::fprintf(stderr, "usage: bench_practice_ledger DIR N\n"), 2;
    const std::string directory = argv[1];
    const std::size_t wanted = std::strtoull(argv[2], nullptr, 10);
    std::filesystem::create_directories(directory);
    if (std::filesystem::exists(directory + "/ledger.db"))
        return std::fprintf(stderr, "%s has a ledger already: name another directory\n", directory.c_str()), 1;
    const auto begin = bench::Watch::now();
    test::SeededEntropy entropy{1};
    const auto digest = make_digest();
    LedgerOpening opening;
    opening.directory = directory;
    opening.digest = digest.get();
    opening.entropy = &entropy;
    opening.now = {UtcTime{test::day("2012-01-01")}, MonoTime{std::chrono::hours{1}}, false};
    opening.build = "bench";
    auto ledger = Ledger::open(opening);
    if (!ledger) return std::fprintf(stderr, "%s\n", ledger.error().message.c_str()), 1;
    bench::write_in_bulk(**ledger);
    bench::Practice{**ledger, wanted, 1}.fill();
    const Seq entries = (*ledger)->head_seq();
    ledger->reset();
    const double seconds = bench::us_since(begin) / 1e6;
    std::printf("%llu entries in %.1f s, %.1f bytes each\n", static_cast<unsigned long long>(entries), seconds,
                static_cast<double>(std::filesystem::file_size(directory + "/ledger.db")) / static_cast<double>(entries));
    return 0;
}
