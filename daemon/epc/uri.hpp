// SPDX-License-Identifier: Apache-2.0
// EPC URIs (Tag Data Standard 6, 12):
//   urn:epc:id:sgtin:PREFIX.ITEM.SERIAL                          pure identity; also sscc sgln grai giai gsrn gsrnp itip pgln
//   urn:epc:class:lgtin:PREFIX.ITEM.LOT                          a lot
//   urn:epc:tag:[att=x01][umi=1]:sgtin-96:FILTER.PREFIX.ITEM.SERIAL   a tag's EPC bank
//   urn:epc:raw:[umi=1]:96.xHEX, urn:epc:raw:96.xAFI.xHEX        a bank that holds no EPC
// Upper and lower case differ. `" % & / < > ?` are written as %22 %25 %26 %2F %3C %3E %3F, all other characters as they are.
#pragma once

#include "epc/epc.hpp"

#include <string>

namespace dosario {

/// What the PC word says beside the length (12.2.2).
struct EpcControl {
    std::uint8_t attributes = 0;  ///< bits 18h to 1Fh of a bank that holds an EPC
    bool user_memory = false;
    std::optional<std::uint16_t> xpc;  ///< XPC_W1, where it was read
};

/// A bank that holds no EPC: what follows 20h.
struct EpcRaw {
    std::uint16_t bits = 0;
    std::optional<std::uint8_t> afi;  ///< application family identifier, where the toggle bit is 1
    std::string_view hex;             ///< upper case, `bits` / 4 digits and no more
};

struct EpcUri {
    enum class Kind : std::uint8_t { pure, tag, of_class, raw } kind = Kind::pure;
    EpcReading reading;  ///< of a raw URI `plain`, without AIs
    EpcControl control;  ///< of tag and raw URIs
    EpcRaw raw;
};

/// Reads a URI to the AIs of its thing. What a tag URI says must fit its scheme. The decimal form of raw URIs, which is deprecated, and
/// patterns are a bad_uri. Views point into the URI or the buffer.
EpcUri read_epc_uri(std::string_view uri, CodeBuffer& buffer);

struct EpcUriMade {
    CodeError error = CodeError::none;
    std::string text;
};

/// The pure identity or class URI of these AIs; prefix_length where there is no prefix of so many digits, ai_requisite_missing where an AI
/// is.
EpcUriMade make_epc_uri(const EpcKey& key, std::span<const Gs1Element> elements, unsigned prefix_digits);

/// The tag URI. The scheme is no `+` scheme.
EpcUriMade make_tag_uri(const EpcScheme& scheme, std::span<const Gs1Element> elements, const EpcWriting& writing,
                        const EpcControl& control = {});

std::string make_raw_uri(const EpcRaw& raw, const EpcControl& control = {});

}  // namespace dosario
