// SPDX-License-Identifier: Apache-2.0
// The real Digest and Entropy, by OpenSSL and the kernel. Injected by the programs; nothing else includes this.
#pragma once

#include "base/clock.hpp"

#include <memory>

namespace dosario {

/// Without a key: keyed() gives nothing.
std::unique_ptr<Digest> make_digest();

/// With the key of that number. The caller wipes its own copy of the 32 bytes; the digest's goes with it.
std::unique_ptr<Digest> make_digest(unsigned key_number, std::span<const std::byte, 32> key);

/// getrandom(2) through OpenSSL; aborts if the system has no randomness to give.
std::unique_ptr<Entropy> make_entropy();

}  // namespace dosario
