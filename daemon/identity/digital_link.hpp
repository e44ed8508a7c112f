// SPDX-License-Identifier: Apache-2.0
// GS1 Digital Link URIs (GS1 Digital Link Standard: URI Syntax 1.6), uncompressed:
//   https://example.org/any/path/01/GTIN/10/LOT/21/SERIAL?17=YYMMDD&linkType=...
// The last primary key of the path counts, and its key qualifiers after it in their order; all other AIs are in the query. The compressed
// form is refused: it does not keep zeros in front of serial numbers.
#pragma once

#include "identity/gs1.hpp"

namespace dosario {

/// Begins with http:// or https://, all in lower or all in upper case.
bool is_web_uri(std::string_view content);

struct LinkRules {
    Gs1Profile profile = Gs1Profile::strict;
    bool short_gtin = false;  ///< 8, 12 or 13 digits of an AI 01 are filled with zeros on the left, as early versions allowed
};

/// Parses a URI; AIs of the path first, then those of the query. Escapes are undone in `buffer`. Keys of the query that are not all
/// digits, and the fragment, are not read.
Gs1Message parse_digital_link(std::string_view uri, Date reference, CodeBuffer& buffer, LinkRules rules = {});

/// The canonical URI, https://id.gs1.org: the first primary key of the message, its qualifiers in the standard's order, then the other
/// AIs in the query, those of predefined length first, each group in the order of the message, a repeated AI once. Nothing if there is no
/// primary key, or an AI that has no place in a Digital Link beside it.
std::optional<std::string> make_digital_link(std::span<const Gs1Element> elements);

}  // namespace dosario
