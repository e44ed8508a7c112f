// SPDX-License-Identifier: Apache-2.0
// What a person typed and is kept: UTF-8 without control characters.
#pragma once

#include <cstddef>
#include <string_view>

namespace dosario {

/// UTF-8 without control characters: Protobuf does not read anything else back.
bool is_plain_text(std::string_view text);

/// Code points of a plain text.
std::size_t count_characters(std::string_view text);

}  // namespace dosario
