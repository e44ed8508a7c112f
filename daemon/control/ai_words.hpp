// SPDX-License-Identifier: Apache-2.0
// GS1 Application Identifiers and their values in words for people, from one catalogue in three languages (ai_catalogue.cpp). For a
// person who looks at one code; what the counter says is in messages.hpp. Values of the AIs 7250 to 7259, which are about patients,
// are never put into words.
#pragma once

#include "base/time.hpp"
#include "control/messages.hpp"
#include "identity/gs1.hpp"

#include <string>
#include <string_view>

namespace dosario {

/// What an AI of 2 to 4 digits is called: `Vencimiento`, `Peso neto (kg)`. Empty when there is no such AI.
std::string_view ai_title(std::string_view ai, Language language);

/// What the value of that AI means where that is not plain to see; empty when it speaks for itself, and for a value that breaks the
/// rules of its AI (the parser is to be asked first). `reference` decides the century of two-digit years.
///
/// - Dates and times: `30/06/2027 14:05`, in English `2027-06-30 14:05`. Day 00, in the AIs that allow it, is the last of the month
///   and is said to be. 4324 and 4325 with 9999 have no time.
/// - Measures, temperatures and amounts, with their decimals and their unit: `1,250 kg`, in English `1.250 kg`; `12,50 (moneda 032)`
///   with the number of ISO 4217. Trailing zeros are kept: the code says how exact it is.
/// - Countries as ISO 3166-1 writes them, `032 = AR`; what follows a country stands behind it, `032 = AR, 1425`.
/// - Degrees of latitude and longitude, south and west negative; pieces of a whole; yes and no.
std::string ai_meaning(std::string_view ai, std::string_view value, Date reference, Language language);

/// What is wrong with a code and where, for a person.
std::string fault_words(const CodeFault& fault, Language language);

}  // namespace dosario
