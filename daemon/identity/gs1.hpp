// SPDX-License-Identifier: Apache-2.0
// GS1 element strings as a scanner transmits them (GS1 General Specifications, sections 3 and 7.8): AIs and values as views
// into the input, or the first rule that was broken and where. No look-ups, no allocation, no exceptions, no repair.
#pragma once

#include "base/time.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace dosario {

/// Separator of element strings (FNC1 is transmitted as GS).
inline constexpr char kGroupSeparator = '\x1d';

/// The rule that a code breaks. Its name is code_error_name(); words for people are in control/catalogue.cpp.
enum class CodeError : std::uint8_t {
    none,
    sym_missing,      ///< no symbology identifier where one is wanted
    sym_unsupported,  ///< a symbology that carries no medicine
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
    bad_country,
    bad_flag,
    bad_percent_escape,
    ai_pair_invalid,
    ai_requisite_missing,
    ai_duplicate_conflict,  ///< one AI with two values
    ai_duplicate,           ///< one AI twice in a Digital Link
    dl_no_key,
    dl_path_order,
    dl_not_attribute,
    uri_bad_character,
    uri_no_path,
    uri_null,
    // Of RFID tags and EPC URIs (daemon/epc): which of them means what is in docs/epc.md.
    truncated,           ///< fewer bits than the scheme or a value of it needs
    unprogrammed,        ///< header 00h
    unknown_header,      ///< no scheme, or one that is named and not read
    bad_partition,       ///< 7
    component_overflow,  ///< a number that has more digits than its place
    bad_string,          ///< padding that is not zero, or a text without characters
    bad_digit,           ///< something else where a digit belongs
    bad_date_type,       ///< of a DSGTIN+
    bad_encoding_indicator,
    empty_value,
    value_too_long,
    unknown_ai,       ///< an AI that a tag (of this scheme) does not carry
    bad_aidc_header,  ///< reserved
    not_epc_afi,      ///< toggle bit 1: an application of ISO and no EPC
    bank_too_short,   ///< fewer words than the PC word says
    empty_epc,
    bad_uri,
    unknown_scheme,
    bad_filter,
    bad_escape,
    bad_component_length,
    serial_out_of_range,
    serial_leading_zero,
    serial_not_numeric,
    serial_too_long,
    company_prefix_length,  ///< writing asks for the length of the company prefix, 6 to 12
    restricted_number,      ///< no EPC is made of a number that is of one company or region only
    parse_failed,  ///< anything else: a component with a rule of its own (AIs far from pharmacy), or no form that is known
};
inline constexpr std::size_t kCodeErrors = static_cast<std::size_t>(CodeError::parse_failed) + 1;

/// `check-digit`, `ai-unknown`, ...: lower case with hyphens, never renamed. "none" for none.
std::string_view code_error_name(CodeError error);

/// Where and why a code was refused. `offset` counts bytes from the start of the content (after the AIM identifier).
struct CodeFault {
    CodeError error = CodeError::none;
    std::uint16_t offset = 0;  ///< of the odd character, else of the value or the AI at fault
    std::string_view ai;       ///< the AI at fault, a view into the input; empty where there is none
};

struct Gs1AiRow;  ///< what is known of an AI: gs1_ai_table.hpp, internal to the layer

/// One AI with its value, as views into the input, or into the CodeBuffer where the input writes the value with escapes.
struct Gs1Element {
    std::string_view ai;
    std::string_view value;
    std::uint16_t number;  ///< of the AI: `01` is 1
    std::uint16_t at;      ///< offset of the value in the content; escapes count as written
    const Gs1AiRow* row;
};

/// At most this many elements are read from one message; more is refused with parse_failed.
inline constexpr std::size_t kMostElements = 64;
inline constexpr std::size_t kLongestValue = 90;

/// Room for values that the input writes with escapes (`\(` in brackets, `%2F` in a Digital Link). Whoever parses gives one, and keeps
/// it as long as the views.
struct CodeBuffer {
    std::array<char, kMostElements * kLongestValue + kLongestValue + 1> bytes;
    std::size_t used = 0;
};

/// A parsed message. While `fault.error` is none it holds everything in the order of the code, repeated AIs included; with a fault,
/// what came before it.
class Gs1Message {
public:
    CodeFault fault;
    /// The tail of the last value looks like another AI: the symbol may lack an FNC1. A suspicion, never acted upon here.
    bool suspect_missing_fnc1 = false;

    Gs1Message() {}  // NOLINT: the room is not cleared, nor need it be

    bool ok() const { return fault.error == CodeError::none; }
    std::span<const Gs1Element> elements() const { return {room_.elements.data(), count_}; }
    /// The value of that AI, nothing when absent.
    std::optional<std::string_view> find(unsigned number) const {
        for (const Gs1Element& element : elements()) {
            if (element.number == number) return element.value;
        }
        return std::nullopt;
    }

    /// False when there is no room.
    bool add(const Gs1Element& element) {
        if (count_ == kMostElements) return false;
        room_.elements[count_++] = element;
        return true;
    }
    Gs1Element& operator[](std::size_t i) { return room_.elements[i]; }
    void drop_last() { --count_; }
    void drop(std::size_t i) {
        std::copy(&room_.elements[i] + 1, room_.elements.data() + count_, &room_.elements[i]);
        --count_;
    }

private:
    union Room {
        Room() {}
        std::array<Gs1Element, kMostElements> elements;
    };
    Room room_;
    std::size_t count_ = 0;
};

/// `strict` also demands AIs in company (General Specifications 4.14); in all else the two are one. AIs that exclude each other (4.13)
/// are refused by both.
enum class Gs1Profile : std::uint8_t { strict, lenient };

/// Parses AIs and values separated by GS, without symbology identifier and without leading GS. `reference` decides the century
/// of two-digit years (General Specifications 7.12). With `item_elsewhere` the GTIN is in another symbol of the same label (the EAN of a
/// composite), and counts as company.
Gs1Message parse_element_string(std::string_view content, Date reference, Gs1Profile profile = Gs1Profile::strict,
                                bool item_elsewhere = false);

/// The same from the form people write, `(01)07791234567898(10)L1`; a `(` begins the next AI, `\(` is one of the value.
Gs1Message parse_bracketed(std::string_view content, Date reference, CodeBuffer& buffer, Gs1Profile profile = Gs1Profile::strict);

/// The way back: `(01)07791234567898(10)L1`, brackets of values as `\(`.
std::string bracketed(std::span<const Gs1Element> elements);

/// The way back to what a scanner sends: GS after every AI whose length is not predefined, but the last.
std::string element_string(std::span<const Gs1Element> elements);

/// Day and time of an AI with a date: 11 12 13 15 16 17, 4324-4326, 7003 7006 7007 7011 8008 7250 7251; of a range (7007) its first
/// day. Nothing for other AIs, and for what is no date.
struct Gs1Moment {
    Date day;
    std::optional<std::chrono::seconds> time;  ///< since midnight, where the AI carries one
};
std::optional<Gs1Moment> gs1_moment(unsigned number, std::string_view value, Date reference);

/// The first element that is about a patient (8018, 7250 to 7259); nullptr where there is none.
const Gs1Element* about_patient(const Gs1Message& message);

/// YYMMDD with day 00 = last day of the month; nothing for a day that does not exist. Six characters, digits checked.
std::optional<Date> gs1_date(std::string_view yymmdd, Date reference);

/// Check digit of digits without it: weights 3, 1, 3 from the right, modulo 10. Digits only.
char gs1_check_digit(std::string_view digits);

/// One of the 82 characters of X (General Specifications 7.11).
bool gs1_is_text(char c);

/// True when the last of these digits is their check digit; false for anything but digits.
bool gs1_check_digit_holds(std::string_view digits);

}  // namespace dosario
