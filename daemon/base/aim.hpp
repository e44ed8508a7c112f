// SPDX-License-Identifier: Apache-2.0
// The length that readers and identification agree on.
#pragma once

#include <cstddef>

namespace dosario {

/// Of a symbology identifier (ISO/IEC 15424): `]`, code character, modifier.
inline constexpr std::size_t kAimLength = 3;

}  // namespace dosario
