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

}  // namespace dosario
