// SPDX-License-Identifier: Apache-2.0
// Weeks of a pharmacy in virtual time, from a seed, through the real workflows and the real ledger. It ends with how often each thing
// happened, and fails when a long run never had one of the faults.
//   test_sim [--seed N | --seeds A-B] [--steps N] [--seconds N] [--plant NAME]
// seconds: seed after seed until they are over. plant: a bug is put in, and the run is good only when it is caught.
#include "pharmacy.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

using namespace dosario;
using namespace dosario::sim;

namespace {

struct Options {
    std::uint64_t first = 1;
    std::uint64_t last = 1;
    int steps = 2000;
    long seconds = 0;
    Plant plant = Plant::none;
};

constexpr std::uint64_t kLongRun = 20'000;  ///< steps, of which every fault must have some
constexpr const char* kFaults[] = {"power cut",
                                   "power cut in the middle of writing",
                                   "nobody heard, kept",
                                   "nobody heard, lost",
                                   "full disk",
                                   "failed sync",
                                   "failed call",
                                   "failed call at a start",
                                   "kill",
                                   "restart",
                                   "clock back",
                                   "clock ahead",
                                   "clock set right",
                                   "a day that nobody knows",
                                   "summer time begins",
                                   "summer time ends",
                                   "unplug in the middle of a code",
                                   "two scanners at once",
                                   "at a scanner",
                                   "group of several",
                                   "done again",
                                   "asked again",
                                   "rebuild",
                                   "checkpoint",
                                   "log cut to nothing",
                                   "recall",
                                   "recall lifted",
                                   "dose returned",
                                   "packs returned",
                                   "dose released",
                                   "packs released",
                                   "received with its paper",
                                   "answer received",
                                   "answer already_received",
                                   "answer fractioned",
                                   "answer verified",
                                   "answer not_verified",
                                   "answer dispensed",
                                   "answer already_dispensed",
                                   "answer earlier_expires",
                                   "answer expired",
                                   "answer recalled",
                                   "answer quarantined",
                                   "answer undone",
                                   "answer undo_refused",
                                   "answer recipe_refused",
                                   "a tray on the pad",
                                   "a tray counted wrong",
                                   "a tray counted twice",
                                   "a loose sticker on the pad",
                                   "booked with a tray",
                                   "answer tray_booked",
                                   "answer tray_incomplete",
                                   "answer tray_differs"};

constexpr std::pair<const char*, Plant> kPlants[] = {{"skipped-sync", Plant::skipped_sync},
                                                     {"early-answer", Plant::early_answer},
                                                     {"forgotten-column", Plant::forgotten_column},
                                                     {"no-conservation", Plant::no_conservation},
                                                     {"uncounted-tray", Plant::uncounted_tray}};

bool read_options(int argc, char** argv, Options& options) {
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        char* rest = argv[i + 1];
        if (name == "--seed" || name == "--seeds") {
            options.first = options.last = std::strtoull(rest, &rest, 10);
            if (*rest == '-') options.last = std::strtoull(rest + 1, &rest, 10);
        } else if (name == "--steps") {
            options.steps = std::atoi(rest);
        } else if (name == "--seconds") {
            options.seconds = std::atol(rest);
        } else if (name == "--plant") {
            for (const auto& [plant, what] : kPlants)
                if (std::strcmp(plant, rest) == 0) options.plant = what;
            if (options.plant == Plant::none) return false;
        } else {
            return false;
        }
    }
    return argc % 2 == 1 && options.steps > 0 && options.first <= options.last;
}

void print(const Tally& tally) {
    std::string line;
    for (const auto& [name, times] : tally) line += (line.empty() ? "" : ", ") + name + " " + std::to_string(times);
    std::fprintf(stderr, "%s\n", line.c_str());
}

/// What was broken, empty when nothing was.
std::string run_seed(std::uint64_t seed, const Options& options, Tally& tally) {
    test::ShimVfs disk{"sim"};
    int step = 0;
    try {
        Pharmacy pharmacy{seed, disk, options.plant, tally};
        try {
            pharmacy.run(options.steps);
        } catch (const Broken&) {
            step = pharmacy.step();
            throw;
        }
    } catch (const Broken& broken) {
        return "seed " + std::to_string(seed) + ", step " + std::to_string(step) + ": " + broken.what;
    }
    return "";
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    if (!read_options(argc, argv, options)) {
        std::fprintf(stderr, "usage: %s [--seed N | --seeds A-B] [--steps N] [--seconds N] [--plant NAME]\n", argv[0]);
        for (const auto& [plant, what] : kPlants) std::fprintf(stderr, "  a bug: %s\n", plant);
        return 2;
    }
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{options.seconds};
    Tally tally;
    std::uint64_t seeds = 0;
    for (std::uint64_t seed = options.first; seed <= options.last || std::chrono::steady_clock::now() < end; ++seed, ++seeds) {
        std::fprintf(stderr, "seed %llu, %d steps\n", static_cast<unsigned long long>(seed), options.steps);
        const std::string broken = run_seed(seed, options, tally);
        if (broken.empty()) continue;
        print(tally);
        std::fprintf(stderr, "%s%s\n", options.plant == Plant::none ? "" : "caught: ", broken.c_str());
        return options.plant == Plant::none ? 1 : 0;
    }
    print(tally);
    if (options.plant != Plant::none) {
        std::fprintf(stderr, "the bug was not caught\n");
        return 1;
    }
    for (const char* fault : kFaults) {
        if (tally[fault] > 0 || seeds * static_cast<std::uint64_t>(options.steps) < kLongRun) continue;
        std::fprintf(stderr, "it never happened: %s\n", fault);
        return 1;
    }
    std::fprintf(stderr, "%llu seeds, all well\n", static_cast<unsigned long long>(seeds));
    return 0;
}
