// SPDX-License-Identifier: Apache-2.0
// Commands of ISO/IEC 15693-3 to a tag, for readers that hand them on, and as they go through the air. Pure.
#pragma once

#include "base/bytes.hpp"

#include <optional>

namespace dosario::ccid::iso15693 {

/// CRC-16 of frames on the air (X-25: polynomial 1021 reflected, FFFF, complemented), low byte first behind them (15693-3, annex C).
std::uint16_t crc16(ByteView bytes);
/// The frame without its CRC; nothing where that is wrong.
std::optional<ByteView> checked(ByteView frame);

/// Without a UID they go to whatever tag is selected; with one (most significant byte first) only that one answers. Without CRC.
Bytes read_block(std::uint8_t block, ByteView uid = {});
Bytes write_block(std::uint8_t block, ByteView content, ByteView uid = {});
Bytes system_information(ByteView uid = {});

/// What a tag answered.
struct Answer {
    std::optional<std::uint8_t> error;  ///< 0F unknown, 10 no such block, 12 locked, ...
    Bytes content;
};
/// Nothing for bytes that are no answer.
std::optional<Answer> parse_answer(ByteView bytes);

/// From the answer to system_information() (15693-3, 10.4.12).
struct System {
    Bytes uid;                   ///< most significant byte first
    std::size_t blocks = 0;      ///< 0 = it does not say
    std::size_t block_size = 0;  ///< bytes, 0 = it does not say
};
std::optional<System> parse_system(ByteView content);

}  // namespace dosario::ccid::iso15693
