// SPDX-License-Identifier: Apache-2.0
// The EPC of an RFID tag (GS1 Tag Data Standard 2.3, sections 14 and 15.3): bits from 20h of the EPC bank to the AIs that a barcode of the same
// thing carries, and back. Nothing is looked up, repaired or allocated. URIs are uri.hpp's, the rest of the bank is bank.hpp's.
#pragma once

#include "base/bytes.hpp"
#include "epc/bits.hpp"
#include "epc/scheme.hpp"
#include "identity/identity.hpp"
#include "identity/symbol.hpp"

namespace dosario {

/// What an EPC or an EPC URI says. Views point into the buffer that was given.
struct EpcReading {
    /// `gs1`, the AIs, those of the EPC before the data behind it; or the fault. Its offset counts hexadecimal digits (4 bits) from bit 20h, in
    /// URIs characters.
    SymbolReading symbol;
    /// As the standard writes it: `SGTIN-96`, `DSGTIN+`, of URIs without one `sgtin`, `lgtin`. There also after a fault, and for schemes that
    /// are named and not read; empty where the header has none.
    std::string_view name;
    const EpcScheme* scheme = nullptr;  ///< binary scheme, of an EPC and of a tag URI
    const EpcKey* key = nullptr;        ///< where URIs can be made: not of `+` schemes
    std::optional<std::uint8_t> filter;
    std::uint8_t prefix_digits = 0;  ///< of the company prefix; 0 where the scheme does not tell

    bool ok() const { return symbol.ok(); }
    const CodeFault& fault() const { return symbol.message.fault; }
    std::span<const Gs1Element> elements() const { return symbol.message.elements(); }
};

/// Reads an EPC of `bits` bits, 4 * 65,535 at most; what follows the bits of a scheme of fixed length is filling, and not read (14.4).
/// `reference` decides about the 29th of February. A check digit that does not match, and AIs that must not meet, are told by epc_rule(): the standard reads them.
EpcReading read_epc(ByteView epc, std::size_t bits, Date reference, CodeBuffer& buffer);
inline EpcReading read_epc(ByteView epc, Date reference, CodeBuffer& buffer) {
    return read_epc(epc, epc.size() * 8, reference, buffer);
}

/// The first rule for barcodes that these AIs break, with the AI; error none when there is none.
CodeFault epc_rule(const EpcReading& reading, Date reference);

/// What identify() says of a barcode with these AIs: a tag and a barcode of one thing are one identity. An Unknown after a fault, and where a
/// rule for barcodes is broken.
Identity identify_epc(EpcReading& reading, Date reference);

/// An EPC to be written.
struct EpcMade {
    CodeError error = CodeError::none;
    std::size_t segment = 0;  ///< of the scheme: which was wrong; kMostEpcSegments for what is none's
    std::array<std::byte, kMostEpcBits / 8> bytes{};
    std::size_t bits = 0;  ///< without filling

    bool ok() const { return error == CodeError::none; }
    /// Filled with zeros up to whole words, as it goes onto a tag.
    ByteView words() const { return {bytes.data(), (bits + 15) / 16 * 2}; }
};

struct EpcWriting {
    std::uint8_t filter = 0;         ///< 0 to 7 (section 10)
    std::uint8_t prefix_digits = 0;  ///< of the company prefix, 6 to 12; `+` schemes need none
};

/// Makes the EPC of these AIs, whose own rules hold. AIs that are not of the key follow it in `+` schemes and are an unknown_ai in the others.
/// A DSGTIN+ takes the expiry, else the first date it has a type for. A number for use in one company or region is no EPC (7.3).
EpcMade write_epc(const EpcScheme& scheme, std::span<const Gs1Element> elements, const EpcWriting& writing);

}  // namespace dosario
