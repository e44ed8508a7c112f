// SPDX-License-Identifier: Apache-2.0
// How long to wait before the next attempt: full jitter, so that ten thousand stations do not come back at once.
#pragma once

#include "base/clock.hpp"

#include <algorithm>
#include <cstring>

namespace dosario {

class Backoff {
public:
    static constexpr Micros kFirst = std::chrono::seconds{1};
    static constexpr Micros kLongest = std::chrono::minutes{5};

    explicit Backoff(Entropy& entropy) : entropy_(entropy) {}

    /// Evenly between 0 and a ceiling that doubles with each failure, from kFirst to kLongest; never less than `at_least`.
    Micros next(Micros at_least = {}) {
        const Micros ceiling = std::min<Micros>(kLongest, kFirst * (std::int64_t{1} << std::min(failures_, 16)));
        ++failures_;
        std::uint64_t random = 0;
        entropy_.fill(std::as_writable_bytes(std::span{&random, 1}));
        return at_least + Micros{static_cast<std::int64_t>(random % static_cast<std::uint64_t>(ceiling.count() + 1))};
    }
    /// The last attempt got somewhere.
    void succeeded() { failures_ = 0; }

private:
    Entropy& entropy_;
    int failures_ = 0;
};

}  // namespace dosario
