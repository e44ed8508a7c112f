// SPDX-License-Identifier: Apache-2.0
// Bytes: views, hexadecimal, and the `\xHH` escapes people type. No protocol knowledge.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dosario {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

inline ByteView as_bytes(std::string_view text) { return std::as_bytes(std::span{text.data(), text.size()}); }
inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// `at` is in it.
inline std::uint8_t byte_at(ByteView bytes, std::size_t at) { return std::to_integer<std::uint8_t>(bytes[at]); }

/// Lower-case hexadecimal, two digits a byte, no separators.
std::string to_hex(ByteView bytes);

/// Four lower-case digits.
std::string hex4(std::uint16_t value);

/// Accepts either case and blanks between whole bytes; nothing for an odd digit or another character.
std::optional<Bytes> from_hex(std::string_view text);

/// Replaces `\xHH` and `\\`; nothing if a backslash begins anything else. All other characters stand for themselves.
std::optional<std::string> unescape(std::string_view text);

/// The way back: printable ASCII stays, a backslash is doubled, everything else becomes `\xHH`.
std::string escape(std::string_view bytes);

}  // namespace dosario
