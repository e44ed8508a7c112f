// SPDX-License-Identifier: Apache-2.0
// Codes whose separators were lost on the way: what layouts and readings make of them. Internal to the layer.
#pragma once

#include "identity/layout.hpp"
#include "identity/symbol.hpp"

namespace dosario {

/// Where a code has no GS at all: puts what the one layout or reading that fits says into `reading`, or gives the AIs that nobody can
/// cut, to be asked about. Nothing, and `reading` as it was, where the plain reading stands. Of a reader that loses GS (`gs_lost`) every code
/// is suspected, and not only one that looks so.
std::optional<std::string_view> settle_without_fnc1(SymbolReading& reading, Carrier carrier, std::string_view content,
                                                    Date reference, const CodeHabits& habits, bool gs_lost);

}  // namespace dosario
