// SPDX-License-Identifier: Apache-2.0
// How the value of an AI is written in bits behind an EPC and in the `+` schemes (Tag Data Standard 14.5, tables B, E, F). Internal to the
// layer.
#pragma once

#include "epc/bits.hpp"
#include "epc/scheme.hpp"
#include "epc/walk.hpp"

#include <span>

namespace dosario {

enum class EpcForm : std::uint8_t {
    none,
    digits,         ///< 4 bits each (14.5.4)
    number,         ///< of so many digits (14.5.2)
    count,          ///< length, and a number of so many digits (14.5.13)
    text,           ///< encoding indicator, length, characters (14.5.6)
    delimited,      ///< digits up to a terminator, or a delimiter and text (14.5.5)
    date,           ///< YYMMDD in 16 bits (14.5.8)
    date_time,      ///< YYMMDDhhmm in 27 bits (14.5.9)
    date_or_range,  ///< one bit, one or two dates (14.5.10)
    precise_date,   ///< two bits, date, hours, minutes, seconds (14.5.11)
    country,        ///< two letters of 6 bits (14.5.12)
    flag,           ///< one bit (14.5.7)
    minus,          ///< one bit: a minus follows the number (14.5.14)
    sequence,       ///< n/m as two digits (14.5.15)
};

struct EpcPart {
    EpcForm form = EpcForm::none;
    std::uint8_t size = 0;  ///< digits, or the most characters
    bool optional = false;  ///< may be empty
};

struct EpcValueRow {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
    std::array<EpcPart, 2> parts;
};

/// Table F; nullptr for AIs that no tag carries.
const EpcValueRow* epc_value_row(unsigned ai);

/// Bits of a number of so many digits, up to 90 (table B).
constexpr std::size_t bits_of_digits(std::size_t digits) { return digits == 0 ? 0 : digits * 33'219'281 / 10'000'000 + 1; }

/// Bits of a length indicator; a length that can only be 1 has none.
constexpr std::size_t bits_of_length(std::uint8_t most) {
    std::size_t bits = 0;
    for (unsigned rest = most == 1 ? 0 : most; rest != 0; rest >>= 1) ++bits;
    return bits;
}

/// The encodings of text by their indicator (table E).
enum class EpcEncoding : std::uint8_t { integer, upper_hex, lower_hex, base64, ascii, urn40 };
inline constexpr std::size_t kEpcEncodings = 6;
inline constexpr std::string_view kUpperHex = "0123456789ABCDEF";
inline constexpr std::string_view kLowerHex = "0123456789abcdef";
inline constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// The first stands for no character.
inline constexpr std::string_view kUrn40{"\0ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:0123456789", 40};

/// Reads the value of this AI, which has begun in `walk.out`. False after a fault.
bool read_epc_value(EpcWalk& walk, const EpcValueRow& row);

/// The same of a date alone, which ends the value that has begun.
bool read_epc_date(EpcWalk& walk);

/// Six digits YYMMDD; day 00 is the last of the month.
using EpcDay = std::array<char, 6>;

/// Reads a date (14.5.8) for a value that begins later. False after a fault.
bool read_epc_day(EpcWalk& walk, EpcDay& yymmdd);

/// Writes the value, whose AI's own rules hold. An error for what this form has no place for.
CodeError write_epc_value(EpcBitWriter& out, const EpcValueRow& row, std::string_view value);

/// Six digits of a day.
void write_epc_date(EpcBitWriter& out, std::string_view yymmdd);

/// Digits as a number of so many bits.
void write_decimal(EpcBitWriter& out, std::string_view digits, std::size_t bits);

}  // namespace dosario
