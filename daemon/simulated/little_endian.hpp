// SPDX-License-Identifier: Apache-2.0
// Bytes put together: literals, and numbers with their low byte first, as everywhere in USB.
#pragma once

#include "base/bytes.hpp"

#include <initializer_list>

namespace dosario::simulated {

inline Bytes bytes_of(std::initializer_list<unsigned> values) {
    Bytes bytes;
    bytes.reserve(values.size());
    for (const unsigned value : values) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

inline std::uint8_t low(std::uint16_t value) { return static_cast<std::uint8_t>(value & 0xFF); }
inline std::uint8_t high(std::uint16_t value) { return static_cast<std::uint8_t>(value >> 8); }

inline void append(Bytes& bytes, ByteView more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

/// `from` + 4 must lie within.
inline std::uint32_t le32_at(ByteView bytes, std::size_t from) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;) value = value << 8 | std::to_integer<std::uint32_t>(bytes[from + i]);
    return value;
}

}  // namespace dosario::simulated
