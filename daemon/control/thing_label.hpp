// SPDX-License-Identifier: Apache-2.0
// The label of a thing that the register knows, made again from its code alone: for the tag of a dose nobody types its lot.
#pragma once

#include "control/messages.hpp"
#include "ledger/ledger.hpp"

#include <string>

namespace dosario {

/// It is a dose's or an opened pack's code, `DOSARIO.D.…` or `DOSARIO.P.…`, with or without a symbology identifier, and says no more.
bool is_bare_code(std::string_view code);

/// What is printed on that thing: of a dose its GS1 label, as it was cut; of a pack product, expiry, lot and serial number. Other codes as they
/// are. Errors, for a person in his language: not_found, no such thing; invalid, the code is mistyped, or a thing without a GS1 identity.
Result<std::string> thing_label(Ledger& ledger, std::string_view code, Language language);

}  // namespace dosario
