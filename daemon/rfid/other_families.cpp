// SPDX-License-Identifier: Apache-2.0
//   Chafon         [len] [address] [command] [status] ...  [crc, low byte first]     len counts all behind it
//   M100, R200     BB or AA, [type] [command] [length, 2] ... [sum] 7E or DD
//   ThingMagic     FF [len] [operation] [status, 2] ... [crc, 2]                     len counts only what stands between
//   R2000 "A0"     A0 [len] [address] [command] ... [sum]                            len counts all behind it; all bytes together are 0
//   RU53xx         SW and CT: 53 57 of the host, 43 54 of the reader, [length, 2]
//   CF591, CF601   CF [address] [command, 2] [len] ... [crc, 2]                       len counts what stands before the crc; nothing that
//                  is known says which crc: the two that readers use are tried, in either order
#include "rfid/other_families.hpp"

#include <algorithm>
#include <array>

namespace dosario {
namespace {

unsigned at(ByteView bytes, std::size_t index) { return std::to_integer<unsigned>(bytes[index]); }

constexpr OtherFamily kChafon{"chafon_uhf", "a Chafon reader (UHFReader18, RU5102, 288M): its driver is chafon_uhf"};
constexpr OtherFamily kM100{"m100_uhf", "an M100 or R200 reader: its driver is m100_uhf"};
constexpr OtherFamily kThingMagic{nullptr, "a ThingMagic (Mercury) reader, which is not driven"};
constexpr OtherFamily kA0{nullptr, "a reader of the A0 family (R2000, Indy), which is not driven"};
constexpr OtherFamily kCf{nullptr, "a reader of the CF family (CF591, CF601), which is not driven"};
constexpr OtherFamily kRu53{nullptr, "a reader of the RU53xx family (SW/CT), which is not driven"};

unsigned crc_low_bit_first(ByteView bytes) {
    unsigned crc = 0xFFFF;
    for (const std::byte byte : bytes) {
        crc ^= std::to_integer<unsigned>(byte);
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0x8408 : crc >> 1;
    }
    return crc;
}

unsigned crc_high_bit_first(ByteView bytes) {
    unsigned crc = 0xFFFF;
    for (const std::byte byte : bytes) {
        crc ^= std::to_integer<unsigned>(byte) << 8;
        for (int bit = 0; bit < 8; ++bit) crc = ((crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1) & 0xFFFF;
    }
    return crc;
}

std::size_t chafon(ByteView bytes) {
    const std::size_t size = at(bytes, 0) + 1;
    if (size < 6 || bytes.size() < size) return 0;
    return crc_low_bit_first(bytes.first(size)) == 0 ? size : 0;
}

std::size_t m100(ByteView bytes) {
    if (bytes.size() < 7 || (at(bytes, 0) != 0xBB && at(bytes, 0) != 0xAA) || at(bytes, 1) > 2) return 0;
    const std::size_t length = at(bytes, 3) << 8 | at(bytes, 4);
    if (length > 512 || bytes.size() < length + 7) return 0;
    unsigned sum = 0;
    for (std::size_t i = 1; i < length + 5; ++i) sum += at(bytes, i);
    const unsigned end = at(bytes, 0) == 0xBB ? 0x7E : 0xDD;
    return (sum & 0xFF) == at(bytes, length + 5) && at(bytes, length + 6) == end ? length + 7 : 0;
}

/// Four steps of polynomial 1021 for a nibble, and the nibble is shifted in behind.
unsigned thingmagic_crc(ByteView bytes) {
    unsigned crc = 0xFFFF;
    for (const std::byte byte : bytes) {
        for (const unsigned shift : {4U, 0U}) {
            const unsigned nibble = std::to_integer<unsigned>(byte) >> shift & 0xF;
            unsigned table = crc >> 12 << 12;
            for (int bit = 0; bit < 4; ++bit)
                table = (table & 0x8000) != 0 ? (table << 1 ^ 0x1021) & 0xFFFF : table << 1 & 0xFFFF;
            crc = ((crc << 4 | nibble) & 0xFFFF) ^ table;
        }
    }
    return crc;
}

std::size_t thingmagic(ByteView bytes) {
    if (bytes.size() < 5 || at(bytes, 0) != 0xFF) return 0;
    // An answer has two bytes of status; a command, which a line may echo, has none.
    for (const std::size_t more : {std::size_t{7}, std::size_t{5}}) {
        const std::size_t size = at(bytes, 1) + more;
        if (size > 257 || bytes.size() < size) continue;
        const unsigned told = at(bytes, size - 2) << 8 | at(bytes, size - 1);
        if (thingmagic_crc(bytes.subspan(1, size - 3)) == told) return size;
    }
    return 0;
}

std::size_t a0(ByteView bytes) {
    if (bytes.size() < 5 || at(bytes, 0) != 0xA0) return 0;
    const std::size_t size = at(bytes, 1) + 2;
    if (size < 5 || bytes.size() < size) return 0;
    unsigned sum = 0;
    for (std::size_t i = 0; i < size; ++i) sum += at(bytes, i);
    return (sum & 0xFF) == 0 ? size : 0;
}

std::size_t cf(ByteView bytes) {
    constexpr std::size_t kHead = 5;
    if (bytes.size() < kHead || at(bytes, 0) != 0xCF) return 0;
    const std::size_t size = kHead + at(bytes, 4) + 2;
    if (bytes.size() < size) return 0;
    const unsigned first = at(bytes, size - 2);
    const unsigned second = at(bytes, size - 1);
    for (const unsigned crc : {crc_low_bit_first(bytes.first(size - 2)), crc_high_bit_first(bytes.first(size - 2))})
        if (crc == (first << 8 | second) || crc == (second << 8 | first)) return size;
    return 0;
}

std::size_t ru53(ByteView bytes) {
    const bool its_own = bytes.size() >= 5 && at(bytes, 0) == 0x43 && at(bytes, 1) == 0x54;
    if (!its_own) return 0;
    const std::size_t size = (at(bytes, 2) << 8 | at(bytes, 3)) + std::size_t{4};
    if (size > 512 || bytes.size() < size) return 0;
    unsigned sum = 0;
    for (std::size_t i = 0; i < size; ++i) sum += at(bytes, i);
    return (sum & 0xFF) == 0 ? size : 0;
}

template <std::size_t size>
constexpr auto bytes_of(const unsigned (&values)[size]) {
    std::array<std::byte, size> bytes{};
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(values[i]);
    return bytes;
}

constexpr auto kAskChafon = bytes_of({0x04, 0xFF, 0x21, 0x19, 0x95});
constexpr auto kAskM100 = bytes_of({0xBB, 0x00, 0x03, 0x00, 0x01, 0x00, 0x04, 0x7E});
constexpr auto kAskR200 = bytes_of({0xAA, 0x00, 0x03, 0x00, 0x01, 0x00, 0x04, 0xDD});
constexpr auto kAskThingMagic = bytes_of({0xFF, 0x00, 0x03, 0x1D, 0x0C});
constexpr auto kAskA0 = bytes_of({0xA0, 0x03, 0x01, 0x72, 0xEA});

}  // namespace

ForeignFrame foreign_frame(ByteView bytes) {
    struct Row {
        const OtherFamily* family;
        std::size_t (*size)(ByteView);
    };
    // Those with a byte to begin with first: the length of Chafon's could be anything.
    constexpr Row kRows[] = {{&kM100, m100}, {&kThingMagic, thingmagic}, {&kA0, a0}, {&kCf, cf},
                             {&kRu53, ru53}, {&kChafon, chafon}};
    if (bytes.empty()) return {};
    for (const Row& row : kRows)
        if (const std::size_t size = row.size(bytes); size != 0) return {row.family, size};
    return {};
}

std::span<const FamilyProbe> family_probes() {
    static constexpr FamilyProbe kProbes[] = {
        {"chafon_uhf", kAskChafon}, {"m100_uhf", kAskM100}, {"m100_uhf", kAskR200}, {"", kAskThingMagic}, {"", kAskA0}};
    return kProbes;
}

}  // namespace dosario
