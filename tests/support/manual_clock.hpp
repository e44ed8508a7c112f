// SPDX-License-Identifier: Apache-2.0
// Time, chance and ids in the test's hands.
#pragma once

#include "base/clock.hpp"
#include "workflow/review.hpp"

#include <random>

namespace dosario::test {

inline Date day(const char* text) { return parse_date(text).value(); }

/// Noon of 2026-11-21 until the test says otherwise.
class ManualClock final : public Clock {
public:
    UtcTime wall() const override { return wall_; }
    MonoTime mono() const override { return mono_; }

    /// Both clocks go on.
    void pass(Micros time) {
        wall_ += time;
        mono_ += time;
    }
    /// Noon of that day comes.
    void pass_to(Date day) { pass(UtcTime{day} + std::chrono::hours{12} - wall_); }
    /// Somebody sets the wall clock: noon of that day.
    void set_day(Date day) { set_wall(UtcTime{day} + std::chrono::hours{12}); }
    void set_wall(UtcTime wall) { wall_ = wall; }
    /// The computer starts again: the steady clock begins anew.
    void reboot() { mono_ = MonoTime{std::chrono::seconds{20}}; }

private:
    UtcTime wall_ = UtcTime{day("2026-11-21")} + std::chrono::hours{12};
    MonoTime mono_{std::chrono::hours{1}};
};

/// The same bytes for the same seed.
class SeededEntropy final : public Entropy {
public:
    explicit SeededEntropy(std::uint64_t seed) : random_(seed) {}
    void fill(std::span<std::byte> out) override {
        for (std::byte& one : out) one = static_cast<std::byte>(random_());
    }

private:
    std::mt19937_64 random_;
};

/// Ids 1000, 1001, ...; recipients full of 1, 2, ...
class CountingMint final : public Mint {
public:
    ThingId thing() override { return {next_thing_++}; }
    Recipient recipient() override {
        Recipient one;
        one.fill(static_cast<std::byte>(++last_recipient_));
        return one;
    }

private:
    std::uint64_t next_thing_ = 1000;
    std::uint8_t last_recipient_ = 0;
};

}  // namespace dosario::test
