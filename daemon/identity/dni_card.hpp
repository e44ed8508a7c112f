// SPDX-License-Identifier: Apache-2.0
// The card of the Argentine DNI, PDF417: strictly, for what is said to be a document, and as a guess, for what may be one.
// Internal to the layer.
#pragma once

#include "identity/national_ids.hpp"

namespace dosario {

/// True if it has a separator of the card, which no typed number has.
bool looks_like_dni_card(std::string_view text);

/// Document number, dates of birth and issue, and the digits of the CUIL where there are some; all other fields are not judged.
/// Faults: parse_failed (fields missing), value_length, not_numeric, bad_date, check_digit (of the CUIL).
ParsedDocument parse_dni_card(std::string_view text);

/// Whatever has six fields and a number of 7 or 8 digits among them; the dates only help to choose the field.
std::optional<Document> guess_dni_card(std::string_view content);

}  // namespace dosario
