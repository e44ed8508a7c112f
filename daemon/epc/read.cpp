// SPDX-License-Identifier: Apache-2.0
//   fixed schemes:  header 8 | filter 3 | partition 3 | company prefix and rest | serial ...                | filling
//   + schemes:      header 8 | data follow 1 | filter 3 | values                 | AI, value | AI, value ... | filling
#include "epc/epc.hpp"
#include "epc/value.hpp"
#include "identity/gs1_checked.hpp"

namespace dosario {
namespace {

/// Characters of 7 bits, zeros behind the last (14.4.2).
bool read_filled_text(EpcWalk& walk, std::size_t bits, std::size_t most) {
    const std::size_t begin = walk.bits.at();
    std::size_t count = 0;
    bool ended = false;
    for (; bits > 0; bits -= std::min<std::size_t>(7, bits)) {
        const std::size_t at = walk.bits.at();
        const char c = static_cast<char>(walk.bits.read(std::min<std::size_t>(7, bits)));
        if (c == '\0') {
            ended = true;
            continue;
        }
        if (ended || bits < 7) return walk.refuse(CodeError::bad_string, at);
        if (!gs1_is_text(c)) return walk.refuse(CodeError::bad_character, at);
        if (++count > most) return walk.refuse(CodeError::value_too_long, at);
        walk.out.put(c);
    }
    return count > 0 || walk.refuse(CodeError::bad_string, begin);
}

/// Partition, company prefix, and what remains of the key.
bool read_prefix(EpcWalk& walk, const EpcSegment& segment, EpcReading& reading) {
    const EpcKey& key = *reading.key;
    const std::size_t at = walk.bits.at();
    const std::uint64_t partition = walk.bits.read(3);
    if (partition >= kPrefixBits.size()) return walk.refuse(CodeError::bad_partition, at);
    const std::size_t bits = kPrefixBits[partition];
    const unsigned digits = kLongestPrefix - static_cast<unsigned>(partition);
    const std::uint64_t prefix = walk.bits.read(bits);
    if (prefix >= kPowersOfTen[digits]) return walk.refuse(CodeError::component_overflow, at + 3);
    reading.prefix_digits = static_cast<std::uint8_t>(digits);
    const std::size_t rest_bits = segment.bits - 3 - bits;
    if (segment.step == EpcStep::text_prefix) {
        walk.out.put_number(prefix, digits);
        return read_filled_text(walk, rest_bits, longest_asset(digits));
    }
    const std::uint64_t rest = walk.bits.read(rest_bits);
    if (segment.step == EpcStep::open_prefix) {
        walk.out.put_number(prefix, digits);
        walk.out.put_decimal(rest);
        return true;
    }
    const unsigned rest_digits = key.digits - digits;
    if (rest >= kPowersOfTen[rest_digits]) return walk.refuse(CodeError::component_overflow, at + 3 + bits);
    // In front of the prefix stands the first digit of the rest, where the key has an indicator or an extension.
    const std::uint64_t behind = kPowersOfTen[rest_digits - (key.lead ? 1U : 0U)];
    const std::uint64_t lead = key.lead ? rest / behind : 0;
    if (!key.before.empty()) walk.out.put(key.before);
    walk.out.put_checked((lead * kPowersOfTen[digits] + prefix - lead) * behind + rest, key.digits);
    return true;
}

bool read_segment(EpcWalk& walk, const EpcSegment& segment, EpcReading& reading) {
    const std::size_t at = walk.bits.at();
    switch (segment.step) {
        case EpcStep::end: return true;
        case EpcStep::prefix:
        case EpcStep::open_prefix:
        case EpcStep::text_prefix: return read_prefix(walk, segment, reading);
        case EpcStep::integer: walk.out.put_decimal(walk.bits.read(segment.bits)); return true;
        case EpcStep::text: return read_filled_text(walk, segment.bits, segment.bits / 7U);
        case EpcStep::pair: {
            const std::uint64_t pair = walk.bits.read(segment.bits);
            walk.out.put_number(pair % 100, 2);
            return pair < 100 || walk.refuse(CodeError::component_overflow, at);
        }
        case EpcStep::zeros: return walk.bits.read(segment.bits) == 0 || walk.refuse(CodeError::bad_string, at);
        case EpcStep::date: return true;  // read_dated()
        case EpcStep::value: return read_epc_value(walk, *epc_value_row(walk.out.ai()));
    }
    return false;
}

/// What the table of AIs says of the segments of the scheme with each header, looked up once.
const auto kSegmentAis = [] {
    std::array<std::array<Gs1Ai, kMostEpcSegments>, 256> ais;
    for (const EpcScheme& scheme : epc_schemes()) {
        for (std::size_t i = 0; i < kMostEpcSegments; ++i) ais[scheme.header][i] = gs1_ai_at(scheme.segments[i].ai);
    }
    return ais;
}();

bool read_segments(EpcWalk& walk, std::size_t from, EpcReading& reading) {
    const EpcScheme& scheme = *reading.scheme;
    const auto& ais = kSegmentAis[scheme.header];
    for (std::size_t i = from; i < kMostEpcSegments; ++i) {
        const EpcSegment& segment = scheme.segments[i];
        if (segment.step == EpcStep::end) break;
        if (!segment.ai.empty()) walk.out.begin(segment.ai, ais[i]);
        if (!read_segment(walk, segment, reading)) return false;
        if (segment.zero_is_none && walk.out.value() == "0") walk.out.drop();
        if (walk.out.value().size() < segment.least) return walk.refuse(CodeError::empty_value, walk.bits.at());
    }
    return true;
}

/// The date comes first on the tag, and after its key in the message.
bool read_dated(EpcWalk& walk, EpcReading& reading) {
    const std::size_t at = walk.bits.at();
    if (!walk.needs(reading.scheme->segments[0].bits)) return false;
    const std::uint64_t type = walk.bits.read(4);
    if (type >= kEpcDateAis.size()) return walk.refuse(CodeError::bad_date_type, at);
    EpcDay yymmdd;
    if (!read_epc_day(walk, yymmdd) || !read_segments(walk, 1, reading)) return false;
    walk.out.begin(kEpcDateAis[type]);
    walk.out.put(std::string_view{yymmdd.data(), yymmdd.size()});
    return true;
}

/// What follows the EPC (15.3): AI in digits of 4 bits, value by table F, again and again.
bool read_more(EpcWalk& walk) {
    while (walk.bits.left() >= 8) {
        const std::size_t at = walk.bits.at();
        std::array<char, 4> digits{};
        std::size_t length = 2;
        for (std::size_t i = 0; i < length; ++i) {
            if (!walk.needs(4)) return false;
            const std::uint64_t digit = walk.bits.read(4);
            if (digit > 9) return walk.refuse(i < 2 ? CodeError::bad_aidc_header : CodeError::bad_digit, i < 2 ? at : at + 4 * i);
            digits[i] = static_cast<char>('0' + digit);
            if (i == 1) length = std::max<std::size_t>(2, gs1_ai_length(digits[0], digits[1]));
        }
        const std::string_view ai{digits.data(), length};
        if (ai == "00" && walk.bits.left() < 72) return true;  // filling: it cannot be an SSCC
        const Gs1Ai found = gs1_ai_at(ai);
        const EpcValueRow* const row = found.row == nullptr ? nullptr : epc_value_row(found.number);
        if (row == nullptr) return walk.refuse(CodeError::unknown_ai, at);
        walk.out.begin(ai);
        if (!read_epc_value(walk, *row)) return false;
    }
    return true;
}

bool read_all(EpcWalk& walk, EpcReading& reading) {
    if (walk.bits.left() == 0) return walk.refuse(CodeError::empty_epc, 0);
    if (!walk.needs(8)) return false;
    const auto header = static_cast<std::uint8_t>(walk.bits.read(8));
    if (header == 0) return walk.refuse(CodeError::unprogrammed, 0);
    reading.scheme = epc_scheme(header);
    if (reading.scheme == nullptr) {
        reading.name = epc_header_name(header);
        return walk.refuse(CodeError::unknown_header, 0);
    }
    const EpcScheme& scheme = *reading.scheme;
    reading.name = scheme.name;
    if (scheme.plus()) {
        if (!walk.needs(4)) return false;
        walk.bits.read(1);  // whether data follow is seen by what is there (15.3)
        reading.filter = static_cast<std::uint8_t>(walk.bits.read(3));
        const bool is_dated = scheme.segments[0].step == EpcStep::date;
        return (is_dated ? read_dated(walk, reading) : read_segments(walk, 0, reading)) && read_more(walk);
    }
    if (!walk.needs(scheme.bits - 8U)) return false;
    reading.filter = static_cast<std::uint8_t>(walk.bits.read(3));
    reading.key = scheme.key;
    return read_segments(walk, 0, reading);
}

/// AIs and values without separators, as they stand in the buffer.
std::string_view text_of(const EpcReading& reading) {
    const auto elements = reading.elements();
    if (elements.empty()) return {};
    const char* const begin = elements.front().ai.data();
    const std::string_view last = elements.back().value;
    return {begin, static_cast<std::size_t>(last.data() + last.size() - begin)};
}

/// What has a key of its own is that thing, whatever crate its tag says that it lies in; and a (00) of zeros is filling that the PC word
/// counts.
void forget_crates(EpcReading& reading) {
    constexpr std::string_view kFilling = "000000000000000000";
    Gs1Message& message = reading.symbol.message;
    const bool is_crate = !message.elements().empty() && message.elements()[0].number == 0;
    for (std::size_t i = message.elements().size(); i-- > 1;) {
        const Gs1Element& element = message.elements()[i];
        if (element.number == 0 && (!is_crate || element.value == kFilling)) message.drop(i);
    }
}

}  // namespace

EpcReading read_epc(ByteView epc, std::size_t bits, Date reference, CodeBuffer& buffer) {
    EpcReading reading;
    reading.symbol.kind = SymbolReading::Kind::gs1;
    EpcWalk walk{epc, bits, reading.symbol.message, buffer, reference};
    if (bits / 4 > 0xffff) {
        walk.refuse(CodeError::value_too_long, 4 * 0xffff);
        return reading;
    }
    if (read_all(walk, reading)) walk.out.end();
    return reading;
}

CodeFault epc_rule(const EpcReading& reading, Date reference) {
    Gs1Message message = reading.symbol.message;
    gs1_check_elements(message, text_of(reading), reference, Gs1Profile::lenient);
    return message.fault;
}

Identity identify_epc(EpcReading& reading, Date reference) {
    forget_crates(reading);
    if (reading.ok()) gs1_check_elements(reading.symbol.message, text_of(reading), reference, Gs1Profile::lenient);
    if (!reading.ok()) return Unknown{reading.fault()};
    return identify_reading(reading.symbol, text_of(reading), reference);
}

}  // namespace dosario
