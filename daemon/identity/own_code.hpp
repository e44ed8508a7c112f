// SPDX-License-Identifier: Apache-2.0
// Our own codes, all of which begin with `DOSARIO.`: doses, opened packs, badges, commands of the desk card. Internal to the
// layer.
#pragma once

#include "identity/identity.hpp"

namespace dosario {

/// Begins with `DOSARIO.` in whatever case: Caps Lock turns the letters of a keyboard scanner.
bool is_own_code(std::string_view content);

/// Total over what is_own_code() accepts. Commands are read in either case; everything else as printed, so that one thing has one
/// text: otherwise Unknown with the place of the first odd character.
Identity identify_own_code(std::string_view content);

}  // namespace dosario
