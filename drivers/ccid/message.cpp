// SPDX-License-Identifier: Apache-2.0
//   [type] [length of the content, 4 bytes, low first] [slot] [sequence] [3 bytes] [content]
// To the reader the three bytes are parameters of the order, from it bStatus, bError and one more.
#include "ccid/message.hpp"

#include <algorithm>

namespace dosario::ccid {
namespace {

std::uint32_t le32(ByteView bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;) value = value << 8 | byte_at(bytes, at + i);
    return value;
}

bool is_reply(std::uint8_t type) {
    return type >= static_cast<std::uint8_t>(Reply::data_block) && type <= static_cast<std::uint8_t>(Reply::data_rate);
}

}  // namespace

Reply reply_to(Order order) {
    switch (order) {
        case Order::power_on:
        case Order::transfer: return Reply::data_block;
        case Order::power_off:
        case Order::slot_status:
        case Order::abort: return Reply::slot_status;
        case Order::set_parameters: return Reply::parameters;
        case Order::escape: return Reply::escape;
    }
    return Reply::slot_status;
}

std::optional<Descriptor> parse_descriptor(ByteView bytes) {
    constexpr std::size_t kSize = 54;
    constexpr std::uint8_t kType = 0x21;
    if (bytes.size() != kSize || byte_at(bytes, 0) != kSize || byte_at(bytes, 1) != kType) return std::nullopt;
    Descriptor found;
    found.last_slot = byte_at(bytes, 4);
    found.voltages = byte_at(bytes, 5);
    found.features = le32(bytes, 40);
    const std::uint32_t longest = le32(bytes, 44);
    if (longest < kHeaderSize) return std::nullopt;
    found.max_message = std::min(longest, kLargestMessage);
    return found;
}

Bytes write_message(Order order, std::uint8_t slot, std::uint8_t sequence, std::array<std::uint8_t, 3> parameters,
                    ByteView content) {
    Bytes bytes;
    bytes.reserve(kHeaderSize + content.size());
    const auto put = [&bytes](std::size_t value) { bytes.push_back(static_cast<std::byte>(value & 0xFF)); };
    put(static_cast<std::uint8_t>(order));
    for (unsigned shift = 0; shift < 32; shift += 8) put(content.size() >> shift);
    put(slot);
    put(sequence);
    for (const std::uint8_t one : parameters) put(one);
    bytes.insert(bytes.end(), content.begin(), content.end());
    return bytes;
}

std::string_view error_words(std::uint8_t error) {
    switch (error) {
        case 0x00: return "the reader does not know this order";
        case 0x01: return "the length of the order is wrong";
        case 0x05: return "there is no such slot";
        case 0xE0: return "the slot is busy";
        case 0xEF: return "it was cancelled at the reader";
        case 0xF0: return "nobody typed a PIN in time";
        case 0xF2: return "the reader is busy with the card by itself";
        case 0xF3: return "the card's protocol has been deactivated";
        case 0xF4: return "the card has sent an unexpected byte";
        case 0xF5: return "the card answers with an unknown class";
        case 0xF6: return "the card speaks no protocol that the reader knows";
        case 0xF7: return "the check character of the card's first answer is wrong";
        case 0xF8: return "the card's first answer is malformed";
        case 0xFB: return "the reader has a hardware error";
        case 0xFC: return "the card sent more than the reader could hold";
        case 0xFD: return "there was a parity error";
        case 0xFE: return "the card does not answer, or there is none";
        case 0xFF: return "it was broken off";
        default: return "for a reason of the maker's own";
    }
}

std::optional<Notice> parse_notice(ByteView bytes) {
    constexpr std::uint8_t kSlotChange = 0x50, kHardwareError = 0x51;
    constexpr std::size_t kHardwareErrorSize = 4;
    if (bytes.size() < 2) return std::nullopt;
    if (byte_at(bytes, 0) == kHardwareError && bytes.size() == kHardwareErrorSize) return Notice{true, {}};
    if (byte_at(bytes, 0) != kSlotChange) return std::nullopt;
    Notice notice;
    for (std::size_t slot = 0; slot < 4 * (bytes.size() - 1); ++slot) {
        const unsigned bits = static_cast<unsigned>(byte_at(bytes, 1 + slot / 4)) >> (2 * (slot % 4));
        notice.slots.push_back({(bits & 1) != 0, (bits & 2) != 0});
    }
    return notice;
}

void Assembler::add(ByteView bytes) {
    const std::size_t room = kMostHeld - held_.size();
    const ByteView some = bytes.first(std::min(bytes.size(), room));
    held_.insert(held_.end(), some.begin(), some.end());
}

Assembler::Found Assembler::next(Message& message) {
    if (held_.empty()) return Found::nothing;
    const ByteView held{held_};
    if (!is_reply(byte_at(held, 0))) {
        held_.clear();
        return Found::no_message;
    }
    if (held.size() < 5) return Found::nothing;
    const std::uint32_t length = le32(held, 1);
    if (length > max_message_ - kHeaderSize) {
        held_.clear();
        return Found::too_long;
    }
    const std::size_t size = kHeaderSize + length;
    if (held.size() < size) return Found::nothing;
    const ByteView content = held.subspan(kHeaderSize, length);
    message = {byte_at(held, 0),
               byte_at(held, 5),
               byte_at(held, 6),
               byte_at(held, 7),
               byte_at(held, 8),
               byte_at(held, 9),
               {content.begin(), content.end()}};
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(size));
    return Found::message;
}

}  // namespace dosario::ccid
