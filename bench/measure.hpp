// SPDX-License-Identifier: Apache-2.0
// Times of many rounds, and what is said of them. Medians and ratios of one run are worth something; absolute times are this machine's.
#pragma once

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <vector>

namespace dosario::bench {

using Watch = std::chrono::steady_clock;

inline double us_since(Watch::time_point begin) {
    return std::chrono::duration<double, std::micro>(Watch::now() - begin).count();
}

/// What this thread had of the processor so far, the system's share of it too.
inline double processor_us() {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3;
}

/// Microseconds of each round.
class Times {
public:
    void add(double us) { all_.push_back(us), sorted_ = false; }
    void add(const Times& other) { all_.insert(all_.end(), other.all_.begin(), other.all_.end()), sorted_ = false; }
    std::size_t count() const { return all_.size(); }
    /// The smallest time that this share of all rounds did not exceed; share in 0..1. 0 without rounds.
    double at(double share) {
        if (all_.empty()) return 0;
        if (!sorted_) std::sort(all_.begin(), all_.end());
        sorted_ = true;
        const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(all_.size())));
        return all_[std::min(rank == 0 ? 0 : rank - 1, all_.size() - 1)];
    }
    double p50() { return at(0.50); }
    double p99() { return at(0.99); }

private:
    std::vector<double> all_;
    bool sorted_ = false;
};

/// Runs it once; microseconds.
template <class Work>
double time_us(Work&& work) {
    const auto begin = Watch::now();
    work();
    return us_since(begin);
}

}  // namespace dosario::bench
