// SPDX-License-Identifier: Apache-2.0
#include "epc/bank.hpp"

#include <boost/crc.hpp>

#include <algorithm>

namespace dosario {
namespace {

constexpr std::size_t kXpcByte = (0x210 - 0x10) / 8;

std::uint16_t word_at(ByteView bytes, std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<unsigned>(bytes[at]) << 8 | static_cast<unsigned>(bytes[at + 1]));
}

void refuse(EpcBank& bank, CodeError error, std::size_t digit) {
    bank.reading.symbol.kind = SymbolReading::Kind::gs1;
    bank.reading.symbol.message.fault = {error, static_cast<std::uint16_t>(digit), {}};
}

}  // namespace

EpcBank read_epc_bank(ByteView from_pc, Date reference, CodeBuffer& buffer) {
    constexpr std::size_t kToggleDigit = 1;  // bits 14h to 17h
    constexpr std::size_t kEpcDigit = 4;
    EpcBank bank;
    if (from_pc.size() < 2) {
        refuse(bank, CodeError::bank_too_short, from_pc.size() * 2);
        return bank;
    }
    const std::uint16_t pc = word_at(from_pc, 0);
    bank.has_pc = true;
    bank.words = static_cast<std::uint8_t>(pc >> 11);
    bank.user_memory = (pc >> 10 & 1) != 0;
    bank.extended = (pc >> 9 & 1) != 0;
    bank.toggle = (pc >> 8 & 1) != 0;
    bank.attributes = static_cast<std::uint8_t>(pc);
    if (bank.extended && from_pc.size() >= kXpcByte + 2) bank.xpc = word_at(from_pc, kXpcByte);
    const std::size_t wanted = std::size_t{bank.words} * 2;
    bank.epc = from_pc.subspan(2, std::min(wanted, from_pc.size() - 2));
    if (bank.epc.size() < wanted) {
        refuse(bank, CodeError::bank_too_short, from_pc.size() * 2);
        return bank;
    }
    bank.crc16 = epc_crc16(from_pc.first(2 + wanted));
    if (bank.toggle) {
        refuse(bank, CodeError::not_epc_afi, kToggleDigit);
        return bank;
    }
    bank.reading = read_epc(bank.epc, reference, buffer);
    if (!bank.reading.ok()) bank.reading.symbol.message.fault.offset += kEpcDigit;
    return bank;
}

std::string make_raw_uri(const EpcBank& bank) {
    std::string hex = to_hex(bank.epc);
    for (char& c : hex) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    EpcRaw raw{static_cast<std::uint16_t>(bank.words * 16), std::nullopt, hex};
    if (bank.toggle) raw.afi = bank.attributes;
    return make_raw_uri(raw, bank.control());
}

Bytes make_epc_bank(const EpcMade& epc, const EpcControl& control) {
    const ByteView words = epc.words();
    const unsigned pc =
        static_cast<unsigned>(words.size() / 2) << 11 | (control.user_memory ? 1U << 10 : 0U) | control.attributes;
    Bytes bank(2 + words.size());
    bank[0] = static_cast<std::byte>(pc >> 8);
    bank[1] = static_cast<std::byte>(pc & 0xff);
    std::ranges::copy(words, bank.begin() + 2);
    return bank;
}

std::uint16_t epc_crc16(ByteView bytes) {
    boost::crc_optimal<16, 0x1021, 0xffff, 0xffff, false, false> crc;
    crc.process_bytes(bytes.data(), bytes.size());
    return static_cast<std::uint16_t>(crc.checksum());
}

}  // namespace dosario
