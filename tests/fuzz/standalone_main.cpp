// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target without libFuzzer: seeded random inputs, and mutations of the corpus files and of earlier inputs.
//   fuzz_x [--seconds N] [--share N] [--seed S] [corpus files]
// --share N runs for an N-th of $DOSARIO_SECONDS instead, so that all targets together take that long.
// A crash is reproduced with the same seed and corpus; it measures no coverage.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;
constexpr std::size_t kLongestInput = 4096;
constexpr std::size_t kMostInputs = 256;
constexpr unsigned kMostMutations = 8;

class Mutator {
public:
    Mutator(std::uint64_t seed, std::vector<Input> corpus) : random_(seed), pool_(std::move(corpus)) {}

    Input next() {
        Input input = pool_.empty() || below(16) == 0 ? noise() : pool_[below(pool_.size())];
        for (std::size_t n = 1 + below(kMostMutations); n > 0; --n) mutate(input);
        if (input.size() > kLongestInput) input.resize(kLongestInput);
        if (below(64) == 0) keep(input);
        return input;
    }

private:
    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
    std::uint8_t byte() { return static_cast<std::uint8_t>(random_()); }

    Input noise() {
        Input input(below(300));
        for (auto& one : input) one = byte();
        return input;
    }

    void keep(const Input& input) {
        if (pool_.size() < kMostInputs) {
            pool_.push_back(input);
        } else {
            pool_[below(pool_.size())] = input;
        }
    }

    void mutate(Input& input) {
        const auto at = [&input](std::size_t i) { return input.begin() + static_cast<std::ptrdiff_t>(i); };
        if (input.empty()) input.push_back(byte());
        const std::size_t i = below(input.size());
        switch (below(6)) {
            case 0: input[i] ^= static_cast<std::uint8_t>(1U << below(8)); break;
            case 1: input[i] = byte(); break;
            case 2: input.insert(at(i), byte()); break;
            case 3: input.erase(at(i)); break;
            case 4: input.resize(i); break;
            default: {  // a piece of itself once more
                const Input piece(at(i), at(std::min(input.size(), i + 1 + below(64))));
                input.insert(at(below(input.size())), piece.begin(), piece.end());
            }
        }
    }

    std::mt19937_64 random_;
    std::vector<Input> pool_;
};

std::vector<Input> read_all(int count, char** paths) {
    std::vector<Input> inputs;
    for (int i = 0; i < count; ++i) {
        std::ifstream file{paths[i], std::ios::binary};
        inputs.emplace_back(std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{});
    }
    return inputs;
}

}  // namespace

int main(int argc, char** argv) {
    long seconds = 10;
    std::uint64_t seed = 1;
    int first = 1;
    for (; first + 1 < argc && std::strncmp(argv[first], "--", 2) == 0; first += 2) {
        const std::string_view option = argv[first];
        if (option == "--seconds") {
            seconds = std::atol(argv[first + 1]);
        } else if (option == "--share") {
            const char* all = std::getenv("DOSARIO_SECONDS");
            seconds = std::max(1L, (all == nullptr ? 10 : std::atol(all)) / std::max(1L, std::atol(argv[first + 1])));
        } else if (option == "--seed") {
            seed = std::strtoull(argv[first + 1], nullptr, 10);
        } else {
            std::fprintf(stderr, "usage: %s [--seconds N] [--share N] [--seed S] [corpus files]\n", argv[0]);
            return 2;
        }
    }
    const auto corpus = read_all(argc - first, argv + first);
    std::printf("seed %llu, %zu corpus files\n", static_cast<unsigned long long>(seed), corpus.size());
    std::fflush(stdout);
    for (const Input& input : corpus) LLVMFuzzerTestOneInput(input.data(), input.size());
    Mutator mutator{seed, corpus};
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{seconds};
    unsigned long long runs = corpus.size();
    for (; std::chrono::steady_clock::now() < end; ++runs) {
        const Input input = mutator.next();
        LLVMFuzzerTestOneInput(input.data(), input.size());
    }
    std::printf("%llu runs\n", runs);
    return 0;
}
