// SPDX-License-Identifier: Apache-2.0
#include "control/mint.hpp"

#include <algorithm>
#include <cstring>

namespace dosario {
namespace {

constexpr std::int64_t kEpoch_s = 1'735'689'600;  // 2025-01-01T00:00Z
constexpr unsigned kCounterBits = 28;

}  // namespace

ThingId ThingMint::thing() {
    const std::int64_t now_s = std::chrono::floor<std::chrono::seconds>(at_).time_since_epoch().count();
    const auto seconds = static_cast<std::uint64_t>(std::clamp<std::int64_t>(now_s - kEpoch_s, 0, 0xffffffff));
    if (const std::uint64_t first = seconds << kCounterBits; first > last_) {
        std::uint32_t random = 0;
        entropy_.fill(std::as_writable_bytes(std::span{&random, 1}));
        last_ = first | (random & ((1U << (kCounterBits - 1)) - 1));
    }
    return {++last_};
}

Recipient ThingMint::recipient() {
    Recipient recipient;
    entropy_.fill(recipient);
    return recipient;
}

}  // namespace dosario
