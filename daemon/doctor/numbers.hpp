// SPDX-License-Identifier: Apache-2.0
// Numbers and spans of time as a sentence wants them. Internal to the layer.
#pragma once

#include "base/time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace dosario {

/// Rounded down: less than one is 0.
inline std::string in_mib(std::uint64_t bytes) { return std::to_string(bytes >> 20); }

/// Whole days from `from` to `to`, rounded down; negative when `to` is before it.
inline std::int64_t days_between(UtcTime from, UtcTime to) { return std::chrono::floor<std::chrono::days>(to - from).count(); }

/// `3.2 ms`.
inline std::string in_ms(std::uint64_t us) { return std::to_string(us / 1000) + "." + std::to_string(us % 1000 / 100) + " ms"; }

/// The middle one; of an even number the greater of the two in the middle. 0 of none.
inline std::uint64_t median(std::vector<std::uint64_t> all) {
    if (all.empty()) return 0;
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    std::nth_element(all.begin(), middle, all.end());
    return *middle;
}

/// At most `most` of them with commas, and how many more there are.
template <class Range, class TextOf>
std::string listed(const Range& all, TextOf text_of, std::size_t most = 5) {
    std::string text;
    std::size_t n = 0;
    for (const auto& one : all) {
        if (n++ >= most) continue;
        text += (text.empty() ? "" : ", ") + text_of(one);
    }
    return n > most ? text + " (+" + std::to_string(n - most) + ")" : text;
}

}  // namespace dosario
