// SPDX-License-Identifier: Apache-2.0
#include "ccid/apdu.hpp"

#include <initializer_list>

namespace dosario::ccid {
namespace {

Bytes bytes_of(std::initializer_list<std::size_t> values) {
    Bytes bytes;
    for (const std::size_t value : values) bytes.push_back(static_cast<std::byte>(value & 0xFF));
    return bytes;
}

Bytes with(Bytes front, ByteView back) {
    front.insert(front.end(), back.begin(), back.end());
    return front;
}

}  // namespace

std::optional<ApduAnswer> parse_apdu_answer(ByteView bytes) {
    if (bytes.size() < 2) return std::nullopt;
    const ByteView content = bytes.first(bytes.size() - 2);
    const unsigned word = static_cast<unsigned>(byte_at(bytes, content.size())) << 8 | byte_at(bytes, content.size() + 1);
    return ApduAnswer{{content.begin(), content.end()}, static_cast<std::uint16_t>(word)};
}

namespace apdu {

Bytes get_uid() { return bytes_of({0xFF, 0xCA, 0x00, 0x00, 0x00}); }

Bytes read_binary(std::uint16_t block, std::size_t size) {
    return bytes_of({0xFF, 0xB0, static_cast<std::size_t>(block >> 8), block, size});
}

Bytes update_binary(std::uint16_t block, ByteView content) {
    return with(bytes_of({0xFF, 0xD6, static_cast<std::size_t>(block >> 8), block, content.size()}), content);
}

Bytes get_response(std::uint8_t size) { return bytes_of({0xFF, 0xC0, 0x00, 0x00, size}); }

Bytes begin_session() { return bytes_of({0xFF, 0xC2, 0x00, 0x00, 0x02, 0x81, 0x00, 0x00}); }
Bytes end_session() { return bytes_of({0xFF, 0xC2, 0x00, 0x00, 0x02, 0x82, 0x00, 0x00}); }
/// Data object 8F: technology 02 (ISO/IEC 15693), layer 3.
Bytes choose_iso15693() { return bytes_of({0xFF, 0xC2, 0x00, 0x02, 0x04, 0x8F, 0x02, 0x02, 0x03}); }

/// Data object 95 holds the command, 5F46 how long to wait in microseconds.
Bytes to_tag(ByteView command, bool writes) {
    const std::size_t timer = writes ? 7 : 0;
    Bytes bytes = bytes_of({0xFF, 0xC2, 0x00, 0x01, command.size() + 2 + timer});
    if (writes) bytes = with(std::move(bytes), bytes_of({0x5F, 0x46, 0x04, 0x40, 0x42, 0x0F, 0x00}));  // a second
    bytes = with(std::move(bytes), bytes_of({0x95, command.size()}));
    bytes = with(std::move(bytes), command);
    bytes.push_back(std::byte{0});
    return bytes;
}

/// C0 03 [object] 90 00 says that all went well, 97 holds the answer; others are of no use here.
std::optional<Bytes> from_tag(ByteView content) {
    constexpr std::uint8_t kOutcome = 0xC0, kAnswer = 0x97;
    std::optional<Bytes> answer;
    bool fine = false;
    while (content.size() >= 2) {
        const std::uint8_t name = byte_at(content, 0);
        const std::size_t size = byte_at(content, 1);
        if (size > content.size() - 2) return std::nullopt;
        const ByteView value = content.subspan(2, size);
        if (name == kOutcome) fine = size == 3 && byte_at(value, 1) == 0x90 && byte_at(value, 2) == 0x00;
        if (name == kAnswer) answer.emplace(value.begin(), value.end());
        content = content.subspan(2 + size);
    }
    return fine ? answer : std::nullopt;
}

}  // namespace apdu

namespace pn532 {
namespace {
constexpr std::size_t kToChip = 0xD4, kFromChip = 0xD5;
}

Bytes wrap(ByteView command) { return with(bytes_of({0xFF, 0x00, 0x00, 0x00, command.size() + 1, kToChip}), command); }

std::optional<Bytes> unwrap(std::uint8_t command, ByteView content) {
    if (content.size() < 2 || byte_at(content, 0) != kFromChip || byte_at(content, 1) != command + 1) return std::nullopt;
    return Bytes{content.begin() + 2, content.end()};
}

Bytes firmware() { return wrap(bytes_of({kFirmware})); }
/// Item 5, MaxRetries: ATR_REQ never again, PSL_REQ once, activation twice; by itself the chip would try for ever.
Bytes few_retries() { return wrap(bytes_of({kConfigureRf, 0x05, 0x00, 0x01, 0x02})); }
Bytes field_off() { return wrap(bytes_of({kConfigureRf, 0x01, 0x00})); }
Bytes list_targets() { return wrap(bytes_of({kListTargets, 0x02, 0x00})); }
Bytes read_pages(std::uint8_t first) { return wrap(bytes_of({kExchange, 0x01, 0x30, first})); }
Bytes write_page(std::uint8_t page, ByteView four) { return wrap(with(bytes_of({kExchange, 0x01, 0xA2, page}), four)); }

/// [how many], and of each: number, SENS_RES (2), SEL_RES, length of the UID, UID, and with ISO/IEC 14443-4 an ATS that begins with its
/// length.
std::optional<std::vector<Target>> parse_targets(ByteView content) {
    constexpr std::size_t kMost = 2, kHead = 5;
    constexpr unsigned kHasAts = 0x20;
    if (content.empty() || byte_at(content, 0) > kMost) return std::nullopt;
    std::vector<Target> targets;
    const std::size_t count = byte_at(content, 0);
    content = content.subspan(1);
    while (targets.size() < count) {
        if (content.size() < kHead || content.size() - kHead < byte_at(content, 4)) return std::nullopt;
        const ByteView uid = content.subspan(kHead, byte_at(content, 4));
        targets.push_back({{uid.begin(), uid.end()}, byte_at(content, 3)});
        content = content.subspan(kHead + uid.size());
        if ((targets.back().sak & kHasAts) == 0 || content.empty()) continue;
        const std::size_t ats = byte_at(content, 0);
        if (ats == 0 || ats > content.size()) return std::nullopt;
        content = content.subspan(ats);
    }
    return content.empty() ? std::optional{std::move(targets)} : std::nullopt;
}

}  // namespace pn532

}  // namespace dosario::ccid
