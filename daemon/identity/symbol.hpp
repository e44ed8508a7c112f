// SPDX-License-Identifier: Apache-2.0
// From a symbology identifier (AIM identifier, ISO/IEC 15424) and a content to AIs or a trade item number: what the carrier holds, before
// anybody asks what it means at the counter.
#pragma once

#include "base/aim.hpp"
#include "identity/digital_link.hpp"
#include "identity/gs1.hpp"

namespace dosario {

/// How a symbology identifier wants its content read.
enum class Carrier : std::uint8_t {
    by_content,      ///< none, or one that says nothing of GS1: `]X.` of vendors
    element_string,  ///< `]C1 ]d2 ]Q3 ]J1 ]e0 ]e1 ]e2`
    ean_13,          ///< `]E0`: EAN-13, UPC-A and UPC-E (expanded by the scanner)
    ean_13_addon,    ///< `]E3`: the same and 2 or 5 digits behind
    ean_8,           ///< `]E4`
    addon,           ///< `]E1 ]E2`: the 2 or 5 digits alone
    itf,             ///< `]I.`: 14 digits are an ITF-14
    plain,           ///< not GS1: own codes, documents, a Digital Link
};

/// `]`, a letter, and a letter or digit.
bool is_aim(std::string_view text);

/// `aim` is an identifier or anything else, which is by_content.
Carrier carrier_of(std::string_view aim);

/// True for identifiers of the symbologies that medicines carry; the others are refused where an identifier is asked for.
bool is_supported_aim(std::string_view aim);

/// What a symbol holds. identify_reading() says what that means at the counter.
struct SymbolReading {
    enum class Kind : std::uint8_t { gs1, ean, plain } kind = Kind::plain;
    /// AIs of a GS1 symbol, or of the composite component beside an EAN. Its fault is that of the whole reading.
    Gs1Message message;
    std::string_view digits;  ///< of `ean`: 8, 12, 13 or 14 digits, check digit right

    bool ok() const { return message.ok(); }
};

struct SymbolRules {
    Date reference;
    Gs1Profile profile = Gs1Profile::strict;
    bool short_gtin = false;     ///< see LinkRules
    bool twelve_as_ean = false;  ///< `]E0` with 12 digits is a UPC-A whose zero the scanner left out
};

/// Reads `content` as its carrier says; by_content is read_by_content(). Offsets count from the begin of `content`.
SymbolReading read_symbol(Carrier carrier, std::string_view content, CodeBuffer& buffer, const SymbolRules& rules);

/// Without identifier the content decides: one GS in front (FNC1 of the first position) and AIs, 8, 12, 13 or 14 digits, brackets, a
/// web address, a begin that is an AI; all else is plain.
SymbolReading read_by_content(std::string_view content, CodeBuffer& buffer, const SymbolRules& rules);

/// 8, 12, 13 or 14 digits with a right check digit.
SymbolReading read_digits(std::string_view digits);

}  // namespace dosario
