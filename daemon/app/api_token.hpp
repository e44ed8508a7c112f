// SPDX-License-Identifier: Apache-2.0
// The bearer token of the loopback API: new at every start, in a file that only this user can read.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <string>

namespace dosario {

/// Writes 32 random bytes as hex to `path` (mode 0600, replaced whole) and returns them.
Result<std::string> rotate_token(const std::string& path, Entropy& entropy);

}  // namespace dosario
