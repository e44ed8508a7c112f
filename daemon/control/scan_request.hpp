// SPDX-License-Identifier: Apache-2.0
// A request of the API as what the desk is told: everything that a person typed is held against its rules here.
#pragma once

#include "dosario/v1/control.pb.h"
#include "workflow/desk.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace dosario {

/// invalid: says which field is wrong, never what a document held.
Result<DeskScan> read_scan(const v1::ScanRequest& request, MonoTime now);

/// `DOSARIO.B.` + 8 characters or the 8 characters alone; nothing for anything else.
std::optional<std::string> parse_badge(std::string_view text);

/// The name of a place at the counter: 1 to 32 bytes of plain text, blank neither in front nor behind, and nobody's document.
bool is_zone(std::string_view text);

/// The name of a reader that may be repeated in an answer: at most 64 bytes of plain text that are nobody's document.
bool may_be_repeated(std::string_view reader);

}  // namespace dosario
