// SPDX-License-Identifier: Apache-2.0
// What a scanned code says it is: one entry point for whatever a scanner gives. It looks nothing up: whether we know that product,
// pack or dose is asked later, of Stock. All views point into the content given to identify(), or into its buffer.
#pragma once

#include "identity/layout.hpp"
#include "identity/person.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace dosario {

/// Global Trade Item Number as 14 digits (GTIN-8, -12 and -13 are filled with zeros on the left). Names a product.
struct Gtin {
    std::uint64_t number = 0;
    std::string text() const;  ///< always 14 digits
    friend auto operator<=>(const Gtin&, const Gtin&) = default;
};

/// 8, 12, 13 or 14 digits with a right check digit; nothing otherwise. Restricted numbers pass here.
std::optional<Gtin> parse_gtin(std::string_view digits);

/// True for numbers of use inside one company or region (General Specifications 1.4: prefixes 02, 04, 20 to 29 and 0001 to 0007 of 13
/// digits; 0 and 2 of 8 digits; the indicator digit of 14 does not count): they have a right check digit and name no trade item.
bool is_restricted(Gtin gtin);

/// A thing this system made or named: a dose, or a pack opened here. 60 bits, never 0, one number space for both.
struct ThingId {
    std::uint64_t number = 0;
    explicit operator bool() const { return number != 0; }
    friend auto operator<=>(const ThingId&, const ThingId&) = default;
};

/// A pack that carries its own serial number (AI 01 + 21).
struct SerialPack {
    Gtin gtin;
    std::string_view serial;
    std::string_view lot;            ///< empty when the code carries none
    std::optional<Date> expires_on;  ///< AI 17 (day 00 resolved), or the day of AI 7003
    bool suspect_missing_fnc1 = false;
};

/// A product, with its lot and expiry where the code carries them (AI 01 + 10 + 17, EAN-13, ...).
struct ProductLot {
    Gtin gtin;
    std::string_view lot;
    std::optional<Date> expires_on;
    bool suspect_missing_fnc1 = false;
};

/// A label of ours on a dose, `DOSARIO.D.` + 12 characters + check character.
struct DoseLabel {
    ThingId dose;
};

/// A label of ours on a pack that was opened here, `DOSARIO.P.` + the same.
struct PackLabel {
    ThingId pack;
};

/// AI 00: a crate or pallet.
struct LogisticUnit {
    std::string_view sscc;  ///< 18 digits
};

/// AI 414 + 21: the label that a wholesaler or pharmacy puts on a pack without serial number, to begin its trace (ANMAT, Disp. 3683/2011).
/// The product is not in the code.
struct WholesalerLabel {
    std::string_view gln;  ///< 13 digits, of whoever put the label
    std::string_view serial;
    std::string_view lot;  ///< empty when the label carries none
    std::optional<Date> expires_on;
};

/// A number for use inside one company or region: see is_restricted().
struct RestrictedNumber {
    std::string_view digits;  ///< as read: 8, 12, 13 or 14
};

/// Words of the desk card.
enum class CommandWord : std::uint8_t {
    receive,
    fraction,
    verify,
    dispense,
    count,
    dispose,
    give_back,
    release,
    undo,
    done,
    help,
    yes,
    no,
    times,
    test,
};

/// `DOSARIO.RECIBIR`, `DOSARIO.X10`, ...
struct Command {
    CommandWord word;
    std::uint32_t times = 1;  ///< of `times` only: 1 to 9999
};

/// The scannable text of a command, `DOSARIO.SI`; of `times` the one for 1, `DOSARIO.X1`. It is read in either case.
std::string_view command_code(CommandWord word);

/// `DOSARIO.B.` + 8 characters A-Z 0-9: who works.
struct Badge {
    std::string_view code;  ///< the 8 characters
};

/// The code of a pack that lost its separators and can be read in several ways, or in one that a person has to confirm: code_readings()
/// of `content` says which. Nothing of it may be booked before somebody looked.
struct UnclearCode {
    std::string_view content;  ///< AIs and values, without identifier and GS
};

/// Not understood. A fault with error none: readable, and not ours (plain text, a URL, ...); if its `ai` is set, a right GS1
/// message that begins with that AI and names nothing we keep (8006 piece of an item, 253 document, ...).
struct Unknown {
    CodeFault why;
};

struct SymbolReading;

using Identity = std::variant<SerialPack, ProductLot, DoseLabel, PackLabel, LogisticUnit, WholesalerLabel, RestrictedNumber,
                              Person, Command, Badge, UnclearCode, Unknown>;

/// What goods travel in, by its own code: an SSCC, a returnable asset (8003) or another one (8004). It is none of the goods.
bool is_crate(const Identity& identity);

/// Total: every content gives an Identity. `aim` is the symbology identifier with its `]` or empty when the reader gave none
/// (then the content decides); if it is empty and `content` begins with an identifier, that one counts. `reference` is the
/// site's day, for two-digit years. What is written with escapes is put into `buffer`. No view points into `habits`. `gs_lost`: the
/// reader is known to lose the separators, so that a code which can be read in several ways is always an UnclearCode.
Identity identify(std::string_view aim, std::string_view content, Date reference, CodeBuffer& buffer,
                  const CodeHabits& habits = {}, bool gs_lost = false);

/// `DOSARIO.D.` + 12 characters Crockford base 32 + ISO 7064 MOD 37,36 check character. 23 characters: a 22 x 22 DataMatrix or smaller.
std::string dose_code(ThingId dose);
/// The last step of identify(): what a reading by the lenient profile names. The fault of an Unknown is written into the reading too.
Identity identify_reading(SymbolReading& reading, std::string_view content, Date reference);

/// What the label of a dose says beside its code.
struct DoseContent {
    ThingId dose;
    Gtin gtin;           ///< of the pack it was cut from
    unsigned piece = 0;  ///< 1 to total
    unsigned total = 0;  ///< doses cut together, at most 99
    std::string_view lot;
    std::optional<Date> use_by;
};
/// What to print on a dose in a Data Matrix, as a scanner sends it: `]d2` and the AIs `8006` GTIN, piece and total, `17` use by, `10` lot,
/// `91` dose_code(), at most 36 x 36 modules. Where GS1 has no place for it (a restricted number, more than 99 doses, a lot that is not
/// of the 82 characters), `]d1` and the bare dose_code(). See docs/decisions/0019-gs1-labels-for-doses.md.
std::string dose_label(const DoseContent& content);
/// The serial number (21) of a dose on an RFID tag, whose ITIP+ wants one: `DOSARIO` and the 13 characters of dose_code(). Beside (8006) it
/// names the dose as AI 91 does on the label, in a third of the room (docs/decisions/0027-the-tag-of-a-dose.md).
std::string dose_serial(ThingId dose);
/// `DOSARIO.P.` + the same, for a pack opened here.
std::string pack_code(ThingId pack);
/// The 12 characters without prefix and check character, as shown to people.
std::string thing_text(ThingId thing);
/// The way back; also takes a whole dose or pack code. Nothing if a character or the check character is wrong.
std::optional<ThingId> parse_thing(std::string_view text);

}  // namespace dosario
