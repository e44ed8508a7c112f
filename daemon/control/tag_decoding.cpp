// SPDX-License-Identifier: Apache-2.0
#include "control/tag_decoding.hpp"

#include "epc/bank.hpp"
#include "epc/tid.hpp"

#include <algorithm>

namespace dosario {
namespace {

struct Memory {
    Bytes bytes;
    std::size_t bits = 0;  ///< 4 for each digit: the last byte may be half
};

/// Digits in either case, without anything between; a fault at the first other character.
std::optional<Memory> read_hex(std::string_view hex, SymbolReading& reading) {
    Memory memory;
    memory.bytes.resize((hex.size() + 1) / 2);
    for (std::size_t i = 0; i < hex.size(); ++i) {
        const char c = hex[i];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                                 : -1;
        if (digit < 0) {
            reading.message.fault = {CodeError::bad_character, static_cast<std::uint16_t>(std::min<std::size_t>(i, 0xffff)), {}};
            return std::nullopt;
        }
        memory.bytes[i / 2] |= static_cast<std::byte>(i % 2 == 0 ? digit << 4 : digit);
    }
    memory.bits = 4 * hex.size();
    return memory;
}

/// As URIs write hexadecimal.
std::string capitals(std::string hex) {
    for (char& c : hex) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    return hex;
}

std::string digits_of(unsigned value, std::size_t digits) {
    const std::string hex = capitals(hex4(static_cast<std::uint16_t>(value)));
    return hex.substr(hex.size() - digits);
}

/// What the reading says beside its AIs, which go to `reading`.
TagFacts facts_of(const EpcReading& epc, const EpcControl& control, Date as_of, SymbolReading& reading) {
    reading = epc.symbol;
    TagFacts facts;
    facts.scheme = epc.name;
    if (!epc.ok()) return facts;
    if (epc.filter) facts.filter = *epc.filter;
    facts.prefix_digits = epc.prefix_digits;
    facts.breaks_rule = epc_rule(epc, as_of).error != CodeError::none;
    if (epc.key == nullptr) return facts;
    if (!epc.key->of_class) facts.pure_uri = make_epc_uri(*epc.key, epc.elements(), epc.prefix_digits).text;
    if (epc.scheme != nullptr) {
        facts.tag_uri =
            make_tag_uri(*epc.scheme, epc.elements(), {epc.filter.value_or(std::uint8_t{0}), epc.prefix_digits}, control).text;
    }
    return facts;
}

BankFacts facts_of(const EpcBank& bank) {
    BankFacts facts;
    if (bank.crc16) facts.crc16 = digits_of(*bank.crc16, 4);
    facts.words = bank.words;
    facts.user_memory = bank.user_memory;
    facts.extended = bank.extended;
    facts.toggle = bank.toggle;
    facts.attributes = digits_of(bank.attributes, 2);
    if (bank.crc16 && !bank.reading.ok()) facts.raw_uri = make_raw_uri(bank);
    return facts;
}

}  // namespace

TagFacts decode_epc(std::string_view hex, Date as_of, CodeBuffer& buffer, SymbolReading& reading) {
    const auto memory = read_hex(hex, reading);
    if (!memory) return {};
    return facts_of(read_epc(memory->bytes, memory->bits, as_of, buffer), {}, as_of, reading);
}

TagFacts decode_bank(std::string_view hex, Date as_of, CodeBuffer& buffer, SymbolReading& reading) {
    const auto memory = read_hex(hex, reading);
    if (!memory) return {};
    const EpcBank bank = read_epc_bank(ByteView{memory->bytes}.first(memory->bits / 8), as_of, buffer);
    TagFacts facts = facts_of(bank.reading, bank.control(), as_of, reading);
    if (bank.has_pc) facts.bank = facts_of(bank);
    return facts;
}

TagFacts decode_epc_uri(std::string_view uri, Date as_of, CodeBuffer& buffer, SymbolReading& reading) {
    const EpcUri read = read_epc_uri(uri, buffer);
    return facts_of(read.reading, read.control, as_of, reading);
}

TagFacts decode_tid(std::string_view hex, SymbolReading& reading) {
    const auto memory = read_hex(hex, reading);
    if (!memory) return {};
    const ByteView bytes = ByteView{memory->bytes}.first(memory->bits / 8);
    const auto tid = read_tid(bytes);
    if (!tid) {
        const bool is_short = bytes.size() < 4;
        reading.message.fault = {is_short ? CodeError::truncated : CodeError::unknown_header,
                                 static_cast<std::uint16_t>(is_short ? hex.size() : 0),
                                 {}};
        return {};
    }
    TagFacts facts;
    facts.tid =
        TidFacts{std::string{tid->maker_name}, std::string{tid->model_name}, tid->maker, digits_of(tid->model, 3), tid->extended,
                 capitals(to_hex(tid->serial))};
    return facts;
}

}  // namespace dosario
