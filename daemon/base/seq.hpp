// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace dosario {

/// The number of an entry in the ledger, from 1, dense.
using Seq = std::uint64_t;

}  // namespace dosario
