// SPDX-License-Identifier: Apache-2.0
// What identification costs. `bench_identity gs1 N` parses one pack's message N times and nothing else, to be counted by callgrind: the
// difference between 2N and N, divided by N, is one parse. Without a case it runs Google Benchmark over all of them.
#include "epc/epc.hpp"
#include "identity/identity.hpp"
#include "identity/symbol.hpp"

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace dosario;

namespace {

const Date kToday = std::chrono::year{2026} / 11 / 21;
constexpr std::string_view kPack =
    "01077912345678981727043010LOTE-ABC123\x1d"
    "21SERIAL1234567890ABCD";
constexpr std::string_view kBracketed = "(01)07791234567898(17)270430(10)LOTE-ABC123(21)SERIAL1234567890ABCD";
constexpr std::string_view kLink = "https://id.gs1.org/01/07791234567898/10/LOTE-ABC123/21/SERIAL1234567890ABCD?17=270430";
constexpr std::string_view kCard = "00123456789@PEREZ@JUAN CARLOS@M@12345678@A@01/02/1980@01/01/2010";

void gs1() { benchmark::DoNotOptimize(parse_element_string(kPack, kToday).ok()); }

void in_brackets() {
    CodeBuffer buffer;
    benchmark::DoNotOptimize(parse_bracketed(kBracketed, kToday, buffer).ok());
}

void link() {
    CodeBuffer buffer;
    benchmark::DoNotOptimize(parse_digital_link(kLink, kToday, buffer).ok());
}

/// An SGTIN-96 with a company prefix of 12 digits and a serial number of 12, to its AIs.
void sgtin96() {
    static constexpr std::array<std::byte, 12> kTag = [] {
        constexpr std::uint8_t kBytes[] = {0x30, 0x22, 0xd5, 0x9d, 0x81, 0xec, 0x56, 0x1c, 0xbe, 0x99, 0x1a, 0x14};
        std::array<std::byte, 12> tag{};
        for (std::size_t i = 0; i < tag.size(); ++i) tag[i] = std::byte{kBytes[i]};
        return tag;
    }();
    CodeBuffer buffer;
    benchmark::DoNotOptimize(read_epc(kTag, kToday, buffer).ok());
}

void identify_one(std::string_view aim, std::string_view content) {
    CodeBuffer buffer;
    benchmark::DoNotOptimize(identify(aim, content, kToday, buffer).index());
}

struct Case {
    const char* name;
    void (*once)();
};

constexpr Case kCases[] = {
    {"gs1", gs1},
    {"brackets", in_brackets},
    {"link", link},
    {"pack", [] { identify_one("]d2", kPack); }},
    {"ean", [] { identify_one("]E0", "7791234567898"); }},
    {"dose", [] { identify_one("]d1", "DOSARIO.D.0000003NVQHBX"); }},
    {"sgtin96", sgtin96},
    {"person", [] { identify_one("]L2", kCard); }},
};

}  // namespace

int main(int argc, char** argv) {
    for (const Case& one : kCases) {
        if (argc != 3 || std::strcmp(argv[1], one.name) != 0) continue;
        char* end = nullptr;
        const long count = std::strtol(argv[2], &end, 10);
        if (*end != '\0' || count < 0) break;
        for (long i = 0; i < count; ++i) one.once();
        return 0;
    }
    if (argc > 1 && argv[1][0] != '-') {
        std::fprintf(stderr, "usage: bench_identity [CASE N], CASE one of:");
        for (const Case& one : kCases) std::fprintf(stderr, " %s", one.name);
        std::fprintf(stderr, "; or options of Google Benchmark\n");
        return 2;
    }
    for (const Case& one : kCases) {
        benchmark::RegisterBenchmark(one.name, [&one](benchmark::State& state) {
            for (auto _ : state) one.once();
        });
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
}
