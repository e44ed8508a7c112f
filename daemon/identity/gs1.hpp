// SPDX-License-Identifier: Apache-2.0
// GS1 element strings as a scanner transmits them (GS1 General Specifications, sections 3 and 7.8): AIs and values as views
// into the input, or the first rule that was broken and where. No look-ups, no allocation, no exceptions, no repair.
#pragma once

#include "base/time.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dosario {

/// Separator of element strings (FNC1 is transmitted as GS).
inline constexpr char kGroupSeparator = '\x1d';

/// The rule that a code breaks. Its name is code_error_name(); words for people are in control/catalogue.cpp.
enum class CodeError : std::uint8_t {
    none,
    empty_message,
    ai_unknown,
    value_empty,
    value_length,
    not_numeric,
    bad_character,
    check_digit,
    check_character,
    bad_date,
    bad_time,
    bad_piece_total,
    bad_value,  ///< a component with a rule of its own (AIs far from pharmacy)
    ai_pair_invalid,
    ai_requisite_missing,
    ai_duplicate_conflict,
    restricted_number,  ///< a right check digit, but a number for use inside one company or region: no GTIN
    sym_unsupported,
    parse_failed,
};

/// `check-digit`, `ai-unknown`, ...: lower case with hyphens, never renamed. "none" for none.
std::string_view code_error_name(CodeError error);

/// Where and why a code was refused. `offset` counts bytes from the start of the content (after the AIM identifier).
struct CodeFault {
    CodeError error = CodeError::none;
    std::uint16_t offset = 0;  ///< of the odd character, else of the value or the AI at fault
    std::string_view ai;       ///< the AI at fault, a view into the input; empty where there is none
};

/// One AI with its value, both views into the input.
struct Gs1Element {
    std::string_view ai;
    std::string_view value;
};

/// At most this many elements are read from one message; more is refused with parse_failed.
inline constexpr std::size_t kMostElements = 40;

/// A parsed message. While `fault.error` is none, `elements[0..count)` hold everything in the order of the code, repeated AIs
/// included; with a fault they hold what came before it.
struct Gs1Message {
    std::array<Gs1Element, kMostElements> elements;
    std::size_t count = 0;
    CodeFault fault;
    /// The tail of the last value looks like another AI: the symbol may lack an FNC1. A suspicion, never acted upon here.
    bool suspect_missing_fnc1 = false;

    bool ok() const { return fault.error == CodeError::none; }
    /// The value of that AI, nothing when absent.
    std::optional<std::string_view> find(std::string_view ai) const;
};

/// `strict` also demands and forbids AIs in company (General Specifications 4.13, 4.14); `lenient` skips what must be in company.
enum class Gs1Profile : std::uint8_t { strict, lenient };

/// Parses AIs and values separated by GS, without symbology identifier and without leading GS. `reference` decides the century
/// of two-digit years (General Specifications 7.12).
Gs1Message parse_element_string(std::string_view content, Date reference, Gs1Profile profile = Gs1Profile::strict);

/// The same from the form people write, `(01)07791234567898(10)L1`; a `(` always begins the next AI. Views into the input.
Gs1Message parse_bracketed(std::string_view content, Date reference, Gs1Profile profile = Gs1Profile::strict);

/// YYMMDD with day 00 = last day of the month; nothing for a day that does not exist. Six characters, digits checked.
std::optional<Date> gs1_date(std::string_view yymmdd, Date reference);

/// Check digit of digits without it: weights 3, 1, 3 from the right, modulo 10. Digits only.
char gs1_check_digit(std::string_view digits);

/// True when the last of these digits is their check digit; false for anything but digits.
bool gs1_check_digit_holds(std::string_view digits);

}  // namespace dosario
