// SPDX-License-Identifier: Apache-2.0
// To the tag: [flags] [command] [UID, low byte first, with the flag 20 only] [parameters] [CRC]
// From it:    [flags, bit 0 = error] [content or error code] [CRC]
#include "ccid/iso15693.hpp"

#include <algorithm>
#include <iterator>

namespace dosario::ccid::iso15693 {
namespace {

constexpr std::uint8_t kHighRate = 0x02, kAddressed = 0x20;  // flags (15693-3, 7.3.1)
constexpr std::size_t kUidSize = 8;
enum : std::uint8_t { kReadBlock = 0x20, kWriteBlock = 0x21, kSystemInformation = 0x2B };

Bytes request(std::uint8_t command, ByteView uid) {
    const bool addressed = uid.size() == kUidSize;
    Bytes bytes;
    bytes.reserve(2 + kUidSize);
    bytes.push_back(static_cast<std::byte>(kHighRate | (addressed ? kAddressed : 0)));
    bytes.push_back(static_cast<std::byte>(command));
    if (addressed) std::ranges::reverse_copy(uid, std::back_inserter(bytes));
    return bytes;
}

}  // namespace

std::uint16_t crc16(ByteView bytes) {
    constexpr unsigned kPolynomial = 0x8408;
    unsigned crc = 0xFFFF;
    for (const std::byte one : bytes) {
        crc ^= std::to_integer<unsigned>(one);
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ kPolynomial : crc >> 1;
    }
    return static_cast<std::uint16_t>(~crc & 0xFFFF);
}

std::optional<ByteView> checked(ByteView frame) {
    if (frame.size() < 3) return std::nullopt;
    const ByteView bytes = frame.first(frame.size() - 2);
    const unsigned sent = std::to_integer<unsigned>(frame[bytes.size()]) | std::to_integer<unsigned>(frame[bytes.size() + 1])
                                                                               << 8;
    return crc16(bytes) == sent ? std::optional{bytes} : std::nullopt;
}

Bytes read_block(std::uint8_t block, ByteView uid) {
    Bytes bytes = request(kReadBlock, uid);
    bytes.push_back(static_cast<std::byte>(block));
    return bytes;
}

Bytes write_block(std::uint8_t block, ByteView content, ByteView uid) {
    Bytes bytes = request(kWriteBlock, uid);
    bytes.push_back(static_cast<std::byte>(block));
    bytes.insert(bytes.end(), content.begin(), content.end());
    return bytes;
}

Bytes system_information(ByteView uid) { return request(kSystemInformation, uid); }

std::optional<Answer> parse_answer(ByteView bytes) {
    if (bytes.empty()) return std::nullopt;
    const bool error = (std::to_integer<unsigned>(bytes[0]) & 1) != 0;
    if (error && bytes.size() < 2) return std::nullopt;
    if (error) return Answer{std::to_integer<std::uint8_t>(bytes[1]), {}};
    return Answer{std::nullopt, {bytes.begin() + 1, bytes.end()}};
}

std::optional<System> parse_system(ByteView content) {
    constexpr unsigned kHasDsfid = 1, kHasAfi = 2, kHasSize = 4;
    if (content.size() < 1 + kUidSize) return std::nullopt;
    const auto says = std::to_integer<unsigned>(content[0]);
    System found;
    const ByteView uid = content.subspan(1, kUidSize);
    found.uid.assign(uid.rbegin(), uid.rend());
    const std::size_t at = 1 + kUidSize + ((says & kHasDsfid) != 0 ? 1 : 0) + ((says & kHasAfi) != 0 ? 1 : 0);
    if ((says & kHasSize) == 0) return found;
    if (content.size() < at + 2) return std::nullopt;
    found.blocks = std::to_integer<std::size_t>(content[at]) + 1;
    found.block_size = std::to_integer<std::size_t>(content[at + 1] & std::byte{0x1F}) + 1;
    return found;
}

}  // namespace dosario::ccid::iso15693
