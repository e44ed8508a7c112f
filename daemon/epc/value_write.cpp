// SPDX-License-Identifier: Apache-2.0
// Values to bits. Of the encodings of text the one with the fewest bits is written, of equals the first of table E.
#include "epc/value.hpp"

#include "identity/ascii.hpp"

namespace dosario {
namespace {

/// The bits of a number in words of 32, the last first: there is room for an EPC.
constexpr std::size_t kWords = kMostEpcBits / 32 + 1;

void write_characters(EpcBitWriter& out, std::string_view text, std::size_t bits, std::string_view alphabet) {
    for (const char c : text) out.put(alphabet.find(c), bits);
}

void write_urn40(EpcBitWriter& out, std::string_view text) {
    for (; !text.empty(); text.remove_prefix(std::min<std::size_t>(3, text.size()))) {
        const auto index = [&](std::size_t i) { return i < text.size() ? kUrn40.find(text[i]) : 0; };
        out.put(1600 * index(0) + 40 * index(1) + index(2) + 1, 16);
    }
}

/// Bits of a text of so many characters (table B).
std::size_t cost(EpcEncoding encoding, std::size_t count) {
    switch (encoding) {
        case EpcEncoding::integer: return bits_of_digits(count);
        case EpcEncoding::upper_hex:
        case EpcEncoding::lower_hex: return 4 * count;
        case EpcEncoding::base64: return 6 * count;
        case EpcEncoding::ascii: return 7 * count;
        case EpcEncoding::urn40: return (count + 2) / 3 * 16;
    }
    return 0;
}

bool can_write(EpcEncoding encoding, std::string_view text) {
    const auto all_of = [&](std::string_view alphabet) { return text.find_first_not_of(alphabet) == std::string_view::npos; };
    switch (encoding) {
        case EpcEncoding::integer: return all_digits(text);
        case EpcEncoding::upper_hex: return all_of(kUpperHex);
        case EpcEncoding::lower_hex: return all_of(kLowerHex);
        case EpcEncoding::base64: return all_of(kBase64Url);
        case EpcEncoding::ascii: return true;  // the AI's rules have looked at its characters
        case EpcEncoding::urn40: return all_of(kUrn40.substr(1));
    }
    return false;
}

EpcEncoding shortest(std::string_view text) {
    EpcEncoding best = EpcEncoding::ascii;
    for (std::size_t i = kEpcEncodings; i-- > 0;) {
        const auto encoding = static_cast<EpcEncoding>(i);
        const bool is_shorter = cost(encoding, text.size()) <= cost(best, text.size());
        if (is_shorter && can_write(encoding, text)) best = encoding;
    }
    return best;
}

CodeError write_text(EpcBitWriter& out, const EpcPart& part, std::string_view text) {
    if (text.size() > part.size) return CodeError::value_too_long;
    if (text.empty() && !part.optional) return CodeError::empty_value;
    const EpcEncoding encoding = shortest(text);
    out.put(static_cast<std::uint64_t>(encoding), 3);
    out.put(text.size(), bits_of_length(part.size));
    switch (encoding) {
        case EpcEncoding::integer: write_decimal(out, text, bits_of_digits(text.size())); break;
        case EpcEncoding::upper_hex: write_characters(out, text, 4, kUpperHex); break;
        case EpcEncoding::lower_hex: write_characters(out, text, 4, kLowerHex); break;
        case EpcEncoding::base64: write_characters(out, text, 6, kBase64Url); break;
        case EpcEncoding::ascii:
            for (const char c : text) out.put(static_cast<unsigned char>(c), 7);
            break;
        case EpcEncoding::urn40: write_urn40(out, text); break;
    }
    return CodeError::none;
}

CodeError write_count(EpcBitWriter& out, const EpcPart& part, std::string_view digits) {
    if (digits.size() > part.size) return CodeError::value_too_long;
    if (digits.empty() && !part.optional) return CodeError::empty_value;
    out.put(digits.size(), bits_of_length(part.size));
    write_decimal(out, digits, bits_of_digits(digits.size()));
    return CodeError::none;
}

CodeError write_delimited(EpcBitWriter& out, const EpcPart& part, std::string_view text) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (text.size() > part.size) return CodeError::value_too_long;
    for (const char c : text.substr(0, digits)) out.put(static_cast<unsigned>(c - '0'), 4);
    out.put(digits == text.size() ? 15 : 14, 4);
    return digits == text.size() ? CodeError::none : write_text(out, part, text.substr(digits));
}

std::uint64_t pair_at(std::string_view digits, std::size_t at) {
    return static_cast<std::uint64_t>((digits[at] - '0') * 10 + (digits[at + 1] - '0'));
}

void write_time(EpcBitWriter& out, std::string_view digits) {
    for (std::size_t at = 0; at < digits.size(); at += 2) out.put(pair_at(digits, at), at == 0 ? 5 : 6);
}

/// Takes from `value` what the part writes.
CodeError write_part(EpcBitWriter& out, const EpcPart& part, std::string_view& value) {
    const auto take = [&](std::size_t count) {
        const std::string_view taken = value.substr(0, count);
        value.remove_prefix(taken.size());
        return taken;
    };
    switch (part.form) {
        case EpcForm::none: break;
        case EpcForm::digits:
            for (const char c : take(part.size)) out.put(static_cast<unsigned>(c - '0'), 4);
            break;
        case EpcForm::number: write_decimal(out, take(part.size), bits_of_digits(part.size)); break;
        case EpcForm::count: return write_count(out, part, take(value.size()));
        case EpcForm::text: return write_text(out, part, take(value.size()));
        case EpcForm::delimited: return write_delimited(out, part, take(value.size()));
        case EpcForm::date: write_epc_date(out, take(6)); break;
        case EpcForm::date_time:
            write_epc_date(out, take(6));
            write_time(out, take(4));
            break;
        case EpcForm::date_or_range:
            out.put(value.size() > 6 ? 1 : 0, 1);
            while (!value.empty()) write_epc_date(out, take(6));
            break;
        case EpcForm::precise_date:
            out.put(value.size() == 6 ? 3 : value.size() / 2 - 4, 2);
            write_epc_date(out, take(6));
            write_time(out, take(value.size()));
            break;
        case EpcForm::country:
            for (const char c : take(2)) out.put(static_cast<unsigned>(c - 'A'), 6);
            break;
        case EpcForm::flag: out.put(take(1) == "1" ? 1 : 0, 1); break;
        case EpcForm::minus: out.put(take(1) == "-" ? 1 : 0, 1); break;
        case EpcForm::sequence: {
            const std::string_view both = take(3);
            out.put(static_cast<unsigned>(both[0] - '0'), 4);
            out.put(static_cast<unsigned>(both[2] - '0'), 4);
            break;
        }
    }
    return CodeError::none;
}

}  // namespace

void write_decimal(EpcBitWriter& out, std::string_view digits, std::size_t bits) {
    std::array<std::uint32_t, kWords> words{};
    for (const char c : digits) {
        std::uint64_t carry = static_cast<std::uint64_t>(c - '0');
        for (std::uint32_t& word : words) {
            carry += std::uint64_t{word} * 10;
            word = static_cast<std::uint32_t>(carry);
            carry >>= 32;
        }
    }
    for (std::size_t left = bits; left > 0;) {
        const std::size_t taken = left % 32 == 0 ? 32 : left % 32;
        left -= taken;
        out.put(words[left / 32], taken);
    }
}

void write_epc_date(EpcBitWriter& out, std::string_view yymmdd) {
    out.put(pair_at(yymmdd, 0), 7);
    out.put(pair_at(yymmdd, 2), 4);
    out.put(pair_at(yymmdd, 4), 5);
}

CodeError write_epc_value(EpcBitWriter& out, const EpcValueRow& row, std::string_view value) {
    for (const EpcPart& part : row.parts) {
        if (const CodeError error = write_part(out, part, value); error != CodeError::none) return error;
    }
    return CodeError::none;
}

}  // namespace dosario
