// SPDX-License-Identifier: Apache-2.0
// Values from bits.
#include "epc/value.hpp"

#include "identity/gs1_value.hpp"

namespace dosario {
namespace {

/// Nine digits in each: so many have room for the longest value.
constexpr std::size_t kLimbs = kLongestValue / 9;
constexpr std::uint64_t kLimb = 1'000'000'000;

/// The next bits as so many digits. A number that has more is no value of this length.
bool read_decimal(EpcWalk& walk, std::size_t digits) {
    const std::size_t at = walk.bits.at();
    std::size_t bits = bits_of_digits(digits);
    if (!walk.needs(bits)) return false;
    if (digits < kPowersOfTen.size()) {
        const std::uint64_t value = walk.bits.read(bits);
        if (value >= kPowersOfTen[digits]) return walk.refuse(CodeError::component_overflow, at);
        walk.out.put_number(value, digits);
        return true;
    }
    std::array<std::uint64_t, kLimbs> limbs{};  // the last nine digits first
    while (bits > 0) {
        const std::size_t taken = bits % 32 == 0 ? 32 : bits % 32;
        std::uint64_t carry = walk.bits.read(taken);
        bits -= taken;
        for (std::uint64_t& limb : limbs) {
            const std::uint64_t sum = (limb << taken) + carry;
            limb = sum % kLimb;
            carry = sum / kLimb;
        }
        if (carry != 0) return walk.refuse(CodeError::component_overflow, at);
    }
    const std::size_t top = (digits - 1) / 9;
    for (std::size_t i = kLimbs; i-- > 0;) {
        const std::size_t shown = i > top ? 0 : i == top ? digits - 9 * top : 9;
        if (limbs[i] >= kPowersOfTen[shown]) return walk.refuse(CodeError::component_overflow, at);
        walk.out.put_number(limbs[i], shown);
    }
    return true;
}

bool read_digits(EpcWalk& walk, std::size_t count) {
    if (!walk.needs(4 * count)) return false;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = walk.bits.at();
        const std::uint64_t digit = walk.bits.read(4);
        if (digit > 9) return walk.refuse(CodeError::bad_digit, at);
        walk.out.put(static_cast<char>('0' + digit));
    }
    return true;
}

/// Characters of an alphabet, each in so many bits.
bool read_characters(EpcWalk& walk, std::size_t count, std::size_t bits, std::string_view alphabet) {
    if (!walk.needs(bits * count)) return false;
    for (std::size_t i = 0; i < count; ++i) walk.out.put(alphabet[walk.bits.read(bits)]);
    return true;
}

bool read_ascii(EpcWalk& walk, std::size_t count) {
    if (!walk.needs(7 * count)) return false;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = walk.bits.at();
        const char c = static_cast<char>(walk.bits.read(7));
        const bool is_cpid = c == '#' && walk.out.row().component[0].charset == Gs1Charset::cpid;
        if (!gs1_is_text(c) && !is_cpid) return walk.refuse(CodeError::bad_character, at);
        walk.out.put(c);
    }
    return true;
}

/// Three characters in 16 bits; the last group is filled with the pad, which stands nowhere else.
bool read_urn40(EpcWalk& walk, std::size_t count) {
    if (!walk.needs((count + 2) / 3 * 16)) return false;
    for (std::size_t done = 0; done < count; done += 3) {
        const std::size_t at = walk.bits.at();
        const std::uint64_t group = walk.bits.read(16);
        if (group == 0 || group > 64'000) return walk.refuse(CodeError::bad_character, at);
        const std::uint64_t three[] = {(group - 1) / 1600, (group - 1) / 40 % 40, (group - 1) % 40};
        for (std::size_t i = 0; i < 3; ++i) {
            if ((three[i] != 0) != (done + i < count)) return walk.refuse(CodeError::bad_string, at);
            if (three[i] != 0) walk.out.put(kUrn40[three[i]]);
        }
    }
    return true;
}

/// `before` characters of the value are there already.
bool read_text(EpcWalk& walk, const EpcPart& part, std::size_t before) {
    const std::size_t at = walk.bits.at();
    const std::size_t length_bits = bits_of_length(part.size);
    if (!walk.needs(3 + length_bits)) return false;
    const std::uint64_t indicator = walk.bits.read(3);
    if (indicator >= kEpcEncodings) return walk.refuse(CodeError::bad_encoding_indicator, at);
    const std::size_t count = length_bits == 0 ? 1 : walk.bits.read(length_bits);
    if (count == 0) return part.optional || walk.refuse(CodeError::empty_value, at + 3);
    if (before + count > part.size) return walk.refuse(CodeError::value_too_long, at + 3);
    switch (static_cast<EpcEncoding>(indicator)) {
        case EpcEncoding::integer: return read_decimal(walk, count);
        case EpcEncoding::upper_hex: return read_characters(walk, count, 4, kUpperHex);
        case EpcEncoding::lower_hex: return read_characters(walk, count, 4, kLowerHex);
        case EpcEncoding::base64: return read_characters(walk, count, 6, kBase64Url);
        case EpcEncoding::ascii: return read_ascii(walk, count);
        case EpcEncoding::urn40: return read_urn40(walk, count);
    }
    return false;
}

bool read_count(EpcWalk& walk, const EpcPart& part) {
    const std::size_t at = walk.bits.at();
    const std::size_t length_bits = bits_of_length(part.size);
    if (!walk.needs(length_bits)) return false;
    const std::size_t count = walk.bits.read(length_bits);
    if (count == 0) return part.optional || walk.refuse(CodeError::empty_value, at);
    if (count > part.size) return walk.refuse(CodeError::value_too_long, at);
    return read_decimal(walk, count);
}

bool read_delimited(EpcWalk& walk, const EpcPart& part) {
    constexpr std::uint64_t kDelimiter = 14;
    constexpr std::uint64_t kTerminator = 15;
    for (std::size_t count = 0;; ++count) {
        if (!walk.needs(4)) return false;
        const std::size_t at = walk.bits.at();
        const std::uint64_t digit = walk.bits.read(4);
        if (digit > 9 && digit < kDelimiter) return walk.refuse(CodeError::bad_digit, at);
        if (digit == kDelimiter) return read_text(walk, part, count);
        if (digit == kTerminator) return count > 0 || walk.refuse(CodeError::empty_value, at);
        if (count == part.size) return walk.refuse(CodeError::value_too_long, at);
        walk.out.put(static_cast<char>('0' + digit));
    }
}

bool read_time(EpcWalk& walk, std::size_t parts) {
    const std::size_t at = walk.bits.at();
    if (!walk.needs(6 * parts - 1)) return false;
    std::uint64_t later = 0;
    const std::uint64_t hour = walk.bits.read(5);
    walk.out.put_number(hour, 2);
    for (std::size_t i = 1; i < parts; ++i) {
        const std::uint64_t sixtieths = walk.bits.read(6);
        if (sixtieths > 59) return walk.refuse(CodeError::bad_date, at);
        later += sixtieths;
        walk.out.put_number(sixtieths, 2);
    }
    // 24 stands for the end of the day (14.5.9).
    return hour < 24 || (hour == 24 && later == 0) || walk.refuse(CodeError::bad_date, at);
}

bool read_precise_date(EpcWalk& walk) {
    if (!walk.needs(2)) return false;
    const std::uint64_t precision = walk.bits.read(2);
    if (!read_epc_date(walk)) return false;
    return precision == 3 || read_time(walk, precision + 1);
}

bool read_country(EpcWalk& walk) {
    if (!walk.needs(12)) return false;
    for (int i = 0; i < 2; ++i) {
        const std::size_t at = walk.bits.at();
        const std::uint64_t letter = walk.bits.read(6);
        if (letter > 25) return walk.refuse(CodeError::bad_character, at);
        walk.out.put(static_cast<char>('A' + letter));
    }
    return true;
}

bool read_part(EpcWalk& walk, const EpcPart& part) {
    switch (part.form) {
        case EpcForm::none: return true;
        case EpcForm::digits: return read_digits(walk, part.size);
        case EpcForm::number: return read_decimal(walk, part.size);
        case EpcForm::count: return read_count(walk, part);
        case EpcForm::text: return read_text(walk, part, 0);
        case EpcForm::delimited: return read_delimited(walk, part);
        case EpcForm::date: return read_epc_date(walk);
        case EpcForm::date_time: return read_epc_date(walk) && read_time(walk, 2);
        case EpcForm::date_or_range:
            if (!walk.needs(1)) return false;
            return walk.bits.read(1) == 0 ? read_epc_date(walk) : read_epc_date(walk) && read_epc_date(walk);
        case EpcForm::precise_date: return read_precise_date(walk);
        case EpcForm::country: return read_country(walk);
        case EpcForm::flag:
            if (!walk.needs(1)) return false;
            walk.out.put(walk.bits.read(1) == 0 ? '0' : '1');
            return true;
        case EpcForm::minus:
            if (!walk.needs(1)) return false;
            if (walk.bits.read(1) != 0) walk.out.put('-');
            return true;
        case EpcForm::sequence: {
            if (!read_digits(walk, 1)) return false;
            walk.out.put('/');
            return read_digits(walk, 1);
        }
    }
    return false;
}

}  // namespace

bool read_epc_day(EpcWalk& walk, EpcDay& yymmdd) {
    const std::size_t at = walk.bits.at();
    if (!walk.needs(16)) return false;
    const std::uint64_t parts[] = {walk.bits.read(7), walk.bits.read(4), walk.bits.read(5)};
    if (parts[0] > 99) return walk.refuse(CodeError::bad_date, at);
    for (std::size_t i = 0; i < 3; ++i) {
        yymmdd[2 * i] = static_cast<char>('0' + parts[i] / 10);
        yymmdd[2 * i + 1] = static_cast<char>('0' + parts[i] % 10);
    }
    constexpr bool kMonthAlone = true;  // day 00 of any AI: what a barcode says of it is a rule of the message
    return gs1_is_day({yymmdd.data(), yymmdd.size()}, kMonthAlone, walk.reference) || walk.refuse(CodeError::bad_date, at);
}

bool read_epc_date(EpcWalk& walk) {
    EpcDay yymmdd;
    if (!read_epc_day(walk, yymmdd)) return false;
    walk.out.put(std::string_view{yymmdd.data(), yymmdd.size()});
    return true;
}

bool read_epc_value(EpcWalk& walk, const EpcValueRow& row) {
    return read_part(walk, row.parts[0]) && read_part(walk, row.parts[1]);
}

}  // namespace dosario
