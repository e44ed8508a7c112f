// SPDX-License-Identifier: Apache-2.0
// One code taken apart for a person or a program that asks what it says: `dosario decode`. Nothing is looked up.
#pragma once

#include "control/tag_decoding.hpp"
#include "identity/identity.hpp"
#include "identity/symbol.hpp"

#include <string>
#include <vector>

namespace dosario {

/// How an input is to be read.
enum class DecodeMode : std::uint8_t {
    automatic,   ///< as at the counter
    aim,         ///< what a scanner sends behind its symbology identifier, which must be there
    assume_gs1,  ///< AIs without identifier; one leading GS is allowed
    element,     ///< AIs in brackets
    link,        ///< a GS1 Digital Link
    digits,      ///< 8, 12, 13 or 14 digits, blanks around them are nothing
    id,          ///< a person's document
    epc,         ///< hexadecimal, memory of an RFID tag from bit 20h of the EPC bank on
    bank,        ///< the same from bit 10h on: the PC word first
    uri,         ///< an EPC URI
    tid,         ///< hexadecimal, the TID bank
};

struct DecodeRules {
    DecodeMode mode = DecodeMode::automatic;
    std::optional<Gs1Profile> profile;  ///< none: strict, but lenient where the mode is automatic
    Date as_of;                         ///< decides the century of two-digit years
    bool short_gtin = false;            ///< see LinkRules
};

/// What an input says. Views are into the input or the buffer.
struct Decoding {
    /// `gs1 ean rcn not-gs1 person command badge dose pack tid`; empty while `reading` has a fault, whose offset counts from the begin of the
    /// input. Of a person only `country` and `id_kind` are there, and that it is one.
    std::string_view kind;
    SymbolReading reading;
    std::optional<Gtin> gtin;  ///< of AI 01, else 02, or of the digits
    std::string code;          ///< own codes: in their one text
    std::string_view country;
    std::string_view id_kind;
    std::vector<std::string_view> warnings;  ///< `possible-missing-fnc1 restricted-number breaks-gs1-rule`
    std::optional<TagFacts> tag;             ///< of the modes for tags

    bool ok() const { return reading.ok(); }
};

/// What was typed, with `\xHH` and `\\` undone; `\(` stays as it is, for it is an escape of the brackets' own. Nothing when a
/// backslash begins anything else.
std::optional<std::string> unescape_code(std::string_view typed);

/// True for a document, and for a GS1 message with data of a patient (AI 8018, 7250 to 7259), by these rules.
bool is_about_patient(std::string_view input, const DecodeRules& rules);

Decoding decode(std::string_view input, const DecodeRules& rules, CodeBuffer& buffer);

}  // namespace dosario
