// SPDX-License-Identifier: Apache-2.0
// practice_ledger DIR N: a ledger of N entries as a station's busy year leaves it, for benchmarks. Most are packs that came in.
#include "support/counter.hpp"

#include <cstdio>
#include <cstdlib>

using namespace dosario;
using namespace dosario::test;

int main(int argc, char** argv) {
    if (argc != 3) return std::fprintf(stderr, "usage: practice_ledger DIR N\n"), 2;
    CounterOptions options;
    options.directory = argv[1];
    const auto wanted = std::strtoull(argv[2], nullptr, 10);
    Counter counter{options};
    Ledger& ledger = counter.ledger();
    constexpr std::uint64_t kGroup = 256;
    while (ledger.head_seq() < wanted) {
        DOSARIO_CHECK(ledger.begin().has_value());
        for (std::uint64_t i = 0; i < kGroup && ledger.head_seq() < wanted; ++i) {
            const Seq seq = ledger.head_seq() + 1;
            const PacksReceived fact{gtin(static_cast<unsigned>(seq % kKnownProducts) + 1),
                                     "S" + std::to_string(seq),
                                     "L" + std::to_string(seq / 500),
                                     day("2030-06-30"),
                                     1,
                                     kTablets,
                                     ThingId{seq + 1},
                                     false};
            DOSARIO_CHECK(ledger.append({fact, 0, "ANA00001", "", counter.today()}, counter.stamp()).has_value());
        }
        DOSARIO_CHECK(ledger.commit().has_value());
    }
    return 0;
}
