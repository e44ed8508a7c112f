// SPDX-License-Identifier: Apache-2.0
// Our own codes, all of which begin with `DOSARIO.`: doses, opened packs, badges, commands of the desk card. Internal to the
// layer.
#pragma once

#include "identity/identity.hpp"

namespace dosario {

/// Characters of thing_text().
inline constexpr std::size_t kThingLength = 12;

/// Begins with `DOSARIO.` in whatever case: Caps Lock turns the letters of a keyboard scanner.
bool is_own_code(std::string_view content);

/// Total over what is_own_code() accepts. Commands are read in either case; everything else as printed, so that one thing has one
/// text: otherwise Unknown with the place of the first odd character.
Identity identify_own_code(std::string_view content);

/// The dose that a right message names: 8006, and a dose code of ours in 91, see dose_label(), or on a tag in 21, see dose_serial().
std::optional<ThingId> dose_of(const Gs1Message& message);

}  // namespace dosario
