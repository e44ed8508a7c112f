// SPDX-License-Identifier: Apache-2.0
// National numbers of persons as people write them, with their check digits: DNI, CUIT and CUIL, CURP, RUT, CPF, CNS.
// Internal to the layer: a Document still shows its number, a Person no more.
#pragma once

#include "identity/person.hpp"

namespace dosario {

struct Document {
    std::string_view country;
    std::string_view id_kind;
    DocumentNumber number;
};

using ParsedDocument = std::variant<Document, CodeFault>;

/// A number that is said to be a document's, without blanks around it. Offsets count from the start of `text`; `ai` stays empty.
ParsedDocument parse_national_id(std::string_view text);

/// The same, only where form and check digit leave no doubt beside goods; see parse_person(). `text` may be empty.
std::optional<Document> parse_certain_id(std::string_view text);

/// 11 digits with the prefix of a person (20, 23 to 27) and a right check digit.
bool is_cuit_of_person(std::string_view digits);

/// The same with the prefix of a company (30, 33, 34, 50, 51, 55).
bool is_cuit_of_company(std::string_view digits);

/// An Argentine DNI of up to 8 digits, leading zeros dropped.
Document dni_document(std::string_view digits);

}  // namespace dosario
