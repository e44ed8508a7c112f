// SPDX-License-Identifier: Apache-2.0
// A missing FNC1 cannot be seen, only suspected. Internal to the layer.
#pragma once

#include "identity/gs1.hpp"
#include "identity/gs1_ai_table.hpp"

namespace dosario {

/// The last value looks as if it had swallowed an expiry, a lot or a serial number that the message lacks. Narrow on purpose:
/// lots and serial numbers are full of 10 and 21, and a warning that cries wolf is not read.
bool gs1_looks_swallowed(const Gs1Message& before, const Gs1AiRow& row, unsigned number, std::string_view value, Date reference);

}  // namespace dosario
