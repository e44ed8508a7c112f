// SPDX-License-Identifier: Apache-2.0
// ATR of a storage card (PC/SC Part 3, 3.1.3.2.3.2):
//   3B 8F 80 01 80 4F 0C A0 00 00 03 06 SS NN NN 00 00 00 00 TCK
//   SS: 01-03 ISO/IEC 14443 A, 05-07 B, 09-0C ISO/IEC 15693, 11 FeliCa.   NN: the card's name, high byte first.
// of a card with a chip (ISO/IEC 14443-4): 3B 8n 80 01, n historical bytes, TCK.
#include "ccid/card.hpp"

#include <algorithm>

namespace dosario::ccid {
namespace {

bool has_at(ByteView bytes, std::size_t at, std::initializer_list<unsigned> wanted) {
    return bytes.size() >= at + wanted.size() &&
           std::equal(wanted.begin(), wanted.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                      [](unsigned value, std::byte one) { return one == static_cast<std::byte>(value); });
}

CardKind kind_by_standard(std::uint8_t standard) {
    if (standard >= 0x01 && standard <= 0x03) return CardKind::iso14443a;
    if (standard >= 0x05 && standard <= 0x07) return CardKind::iso14443b;
    if (standard >= 0x09 && standard <= 0x0C) return CardKind::iso15693;
    return standard == 0x11 ? CardKind::felica : CardKind::unknown;
}

/// Names of cards whose memory is locked by keys, or is of another kind: MIFARE Classic 1K, 4K, Mini and their SmartMX relatives, Topaz.
bool is_locked_by_keys(unsigned name) {
    constexpr unsigned kNames[] = {0x0001, 0x0002, 0x0026, 0x0036, 0x0037, 0xFF28, 0xFF88, 0xF004, 0x002F, 0x0030};
    return std::ranges::find(kNames, name) != std::end(kNames);
}

Memory memory_of(CardKind kind, unsigned name) {
    if (kind == CardKind::iso15693) return Memory::type5;
    // FeliCa, as an ACR122U names it.
    const bool felica = name == 0xF011 || name == 0xF012;
    return kind == CardKind::iso14443a && !is_locked_by_keys(name) && !felica ? Memory::type2 : Memory::none;
}

}  // namespace

AtrWords read_atr(ByteView atr) {
    constexpr std::size_t kStandardAt = 12;
    if (atr.size() == 2 && has_at(atr, 0, {0x3B, 0x00})) return {AtrWords::What::nothing_there};
    if (atr.size() < 4 || byte_at(atr, 0) != 0x3B || (byte_at(atr, 1) & 0xF0) != 0x80 || !has_at(atr, 2, {0x80, 0x01})) return {};
    const bool storage = has_at(atr, 4, {0x80, 0x4F}) && has_at(atr, 7, {0xA0, 0x00, 0x00, 0x03, 0x06}) && atr.size() >= 15;
    if (!storage) return {AtrWords::What::contactless};
    const CardKind kind = kind_by_standard(byte_at(atr, kStandardAt));
    const unsigned name = static_cast<unsigned>(byte_at(atr, kStandardAt + 1)) << 8 | byte_at(atr, kStandardAt + 2);
    return {AtrWords::What::contactless, kind, memory_of(kind, name)};
}

std::optional<Bytes> ordered_uid(CardKind kind, ByteView uid) {
    constexpr std::byte kFirst{0xE0};  // ISO/IEC 15693-3, 4.1
    constexpr std::size_t kVicinityUid = 8;
    if (uid.size() < 4 || uid.size() > 10) return std::nullopt;
    Bytes ordered{uid.begin(), uid.end()};
    if (kind != CardKind::iso15693) return ordered;
    if (uid.size() != kVicinityUid || (uid.front() != kFirst && uid.back() != kFirst)) return std::nullopt;
    if (uid.front() != kFirst) std::ranges::reverse(ordered);
    return ordered;
}

CardKind kind_by_uid(CardKind kind, std::size_t uid_bytes) {
    return kind == CardKind::unknown && (uid_bytes == 7 || uid_bytes == 10) ? CardKind::iso14443a : kind;
}

}  // namespace dosario::ccid
