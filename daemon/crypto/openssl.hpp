// SPDX-License-Identifier: Apache-2.0
// The real Digest and Entropy, by OpenSSL and the kernel. Injected by the programs; nothing else includes this.
#pragma once

#include "base/clock.hpp"

#include <memory>

namespace dosario {

std::unique_ptr<Digest> make_digest();

/// getrandom(2) through OpenSSL; aborts if the system has no randomness to give.
std::unique_ptr<Entropy> make_entropy();

}  // namespace dosario
