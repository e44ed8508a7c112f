// SPDX-License-Identifier: Apache-2.0
// What the shells inject: time, chance, hashing and its keys. Pure code takes values made from them, or these interfaces.
#pragma once

#include "base/time.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <span>

namespace dosario {

class Clock {
public:
    virtual ~Clock() = default;
    /// The wall clock; it may jump both ways.
    virtual UtcTime wall() const = 0;
    /// Time since boot, suspend included; it never goes back while the process runs.
    virtual MonoTime mono() const = 0;
};

class Entropy {
public:
    virtual ~Entropy() = default;
    /// Fills `out` with bytes nobody can foretell (a seed's bytes in tests).
    virtual void fill(std::span<std::byte> out) = 0;
};

using Sha256 = std::array<std::byte, 32>;

/// For one thread: it keeps a context between calls.
class Digest {
public:
    virtual ~Digest() = default;
    /// SHA-256 (FIPS 180-4) of the parts in order, without separators.
    virtual Sha256 sha256(std::span<const std::span<const std::byte>> parts) const = 0;

    struct Keyed {
        unsigned key = 0;  ///< number of the key, which tells it from those before and after it
        Sha256 mac{};
    };
    /// HMAC-SHA-256 (RFC 2104, FIPS 198-1) of the parts in order, without separators, by the key that this digest holds; nothing
    /// where it holds none.
    virtual std::optional<Keyed> keyed(std::span<const std::span<const std::byte>> parts) const = 0;
};

}  // namespace dosario
