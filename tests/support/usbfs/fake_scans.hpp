// SPDX-License-Identifier: Apache-2.0
// What a scanner sends for one symbol, as reports.
#pragma once

#include "base/bytes.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace dosario::test {

/// Boot keyboard reports of a US layout (HID 1.11, appendix B.1): press and release for each character, Enter at the end. 0x1D is
/// Ctrl+], 0x0D Enter, 0x09 Tab; nothing if a character has no key.
std::optional<std::vector<Bytes>> typed_reports(std::string_view text);

/// HID POS reports of 64 bytes in Zebra's layout: id 2, length, 0, three bytes of AIM identifier, up to 56 of data, vendor symbology 0,
/// "continued" in bit 0 of the last byte. `aim` has three characters.
std::vector<Bytes> pos_reports(std::string_view aim, std::string_view text);

}  // namespace dosario::test
