// SPDX-License-Identifier: Apache-2.0
// Capability container:
//   Type 2   E1 [version 1x] [area in 8 bytes] [access: high half read, 0 = free]
//   Type 5   E1 or E2 [version 01 in bits 7-6, read access in bits 3-2, 0 = free] [area in 8 bytes, 0 = see bytes 6 and 7] [features]
// TLVs (Type 2 Tag 1.2, 2.3):
//   00 null, one byte           01 lock control, 02 memory control: 3 bytes, bytes in the area that are no content
//   03 NDEF message             FD of a maker's own       FE end, one byte
//   the length behind the type is one byte, or FF and two, high byte first
#include "ccid/tag_memory.hpp"

#include "reader/ndef.hpp"

#include <algorithm>
#include <array>

namespace dosario::ccid {
namespace {

enum : std::uint8_t { kNull = 0x00, kLockControl = 0x01, kMemoryControl = 0x02, kNdef = 0x03, kEnd = 0xFE };

/// Bytes of a Type 2 tag's memory, counted from its page 0, that hold lock bits or are reserved.
struct Reserved {
    std::size_t first = 0, size = 0;
    bool holds(std::size_t at) const { return at >= first && at - first < size; }
};

/// The three bytes of lock and memory control (Type 2 Tag 1.2, 2.3.2 and 2.3.3).
Reserved read_control(std::uint8_t type, ByteView three) {
    constexpr std::size_t kAll = 256;  // 0 stands for it
    const std::size_t page = std::size_t{1} << (byte_at(three, 2) & 0x0F);
    const std::size_t count = byte_at(three, 1) == 0 ? kAll : byte_at(three, 1);
    const std::size_t first = (byte_at(three, 0) >> 4) * page + (byte_at(three, 0) & 0x0FU);
    return {first, type == kLockControl ? (count + 7) / 8 : count};
}

class Walk {
public:
    Walk(Memory layout, ByteView memory, const Container& container)
        : layout_(layout), memory_(memory), at_(container.size), end_(container.size + container.area) {}

    NdefPlace run() {
        while (at_ < end_) {
            const auto type = byte();
            if (!type) return at_ < end_ ? further() : NdefPlace{};
            if (*type == kNull) continue;
            if (*type == kEnd) return {};
            const auto length = read_length();
            if (!length) return at_ < end_ ? further() : broken();
            if (*type == kNdef) return message(*length);
            if (*type == kLockControl || *type == kMemoryControl) {
                if (!control(*type, *length)) return at_ < end_ ? further() : broken();
            } else if (!skip(*length)) {
                return broken();
            }
        }
        return {};
    }

private:
    static constexpr std::size_t kMostReserved = 16;
    // Page 3 of Type 2 is where `memory_` begins.
    static constexpr std::size_t kBeforeContainer = 12;

    static NdefPlace broken() { return {NdefPlace::What::broken, 0, {}}; }
    NdefPlace further() const { return {NdefPlace::What::further, std::min(std::max(at_, memory_.size()) + 1, end_), {}}; }

    bool is_reserved(std::size_t at) const {
        if (layout_ != Memory::type2) return false;
        return std::ranges::any_of(reserved_, [at](const Reserved& one) { return one.holds(at + kBeforeContainer); });
    }
    /// The next byte of the area that is content; nothing if it has not been read, or there is none.
    std::optional<std::uint8_t> byte() {
        while (at_ < end_ && is_reserved(at_)) ++at_;
        if (at_ >= end_ || at_ >= memory_.size()) return std::nullopt;
        return byte_at(memory_, at_++);
    }
    std::optional<std::size_t> read_length() {
        constexpr std::uint8_t kThreeBytes = 0xFF;
        const auto first = byte();
        if (!first || *first != kThreeBytes) return first ? std::optional<std::size_t>{*first} : std::nullopt;
        const auto high = byte();
        const auto low = high ? byte() : std::nullopt;
        if (!low) return std::nullopt;
        return static_cast<std::size_t>(*high) << 8 | *low;
    }
    /// False: it has not all been read, or is malformed (then the walk is at its end).
    bool control(std::uint8_t type, std::size_t length) {
        std::array<std::byte, 3> three{};
        if (length != three.size() || reserved_.size() == kMostReserved) {
            at_ = end_;
            return false;
        }
        for (std::byte& one : three) {
            const auto value = byte();
            if (!value) return false;
            one = static_cast<std::byte>(*value);
        }
        reserved_.push_back(read_control(type, three));
        return true;
    }
    /// False: the area has not so many bytes.
    bool skip(std::size_t length) {
        for (; length > 0; --length) {
            while (at_ < end_ && is_reserved(at_)) ++at_;
            if (at_ >= end_) return false;
            ++at_;
        }
        return true;
    }
    /// All of it, or how far to read on.
    NdefPlace message(std::size_t length) {
        if (length == 0) return {};
        if (length > kLongestNdef) return broken();
        NdefPlace place{NdefPlace::What::found, 0, {}};
        const std::size_t from = at_;
        while (place.message.size() < length) {
            const auto one = byte();
            if (!one) break;
            place.message.push_back(static_cast<std::byte>(*one));
        }
        if (place.message.size() == length) return place;
        at_ = from;
        if (!skip(length)) return broken();
        return {NdefPlace::What::further, at_, {}};
    }

    const Memory layout_;
    const ByteView memory_;
    std::size_t at_;
    const std::size_t end_;
    std::vector<Reserved> reserved_;
};

}  // namespace

std::optional<Container> read_container(Memory layout, ByteView memory) {
    constexpr std::uint8_t kMagic = 0xE1, kMagicWide = 0xE2;
    constexpr std::size_t kShort = 4, kLong = 8;
    if (memory.size() < kShort) return std::nullopt;
    const std::uint8_t magic = byte_at(memory, 0), version = byte_at(memory, 1);
    Container found;
    found.area = std::size_t{8} * byte_at(memory, 2);
    if (layout == Memory::type2) {
        if (magic != kMagic || version >> 4 != 1) return std::nullopt;
        found.readable = byte_at(memory, 3) >> 4 == 0;
        return found;
    }
    if (layout != Memory::type5 || (magic != kMagic && magic != kMagicWide)) return std::nullopt;
    // Tags are about that were written as if they were of Type 2.
    const bool as_type2 = version >> 4 == 1;
    if (version >> 6 != 1 && !as_type2) return std::nullopt;
    found.readable = as_type2 || (version >> 2 & 3) == 0;
    if (found.area == 0) {
        if (memory.size() < kLong) return std::nullopt;
        found.size = kLong;
        found.area = std::size_t{8} * (static_cast<std::size_t>(byte_at(memory, 6)) << 8 | byte_at(memory, 7));
    }
    return found;
}

NdefPlace find_ndef(Memory layout, ByteView memory) {
    const std::size_t least = layout == Memory::type5 ? 8 : 4;
    if (layout == Memory::none) return {};
    if (memory.size() < least) return {NdefPlace::What::further, least, {}};
    const auto container = read_container(layout, memory);
    if (!container || !container->readable) return {};
    return Walk{layout, memory, *container}.run();
}

}  // namespace dosario::ccid
