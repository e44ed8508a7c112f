// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any text as a document, as a wristband's number, as a delivery note and as a GLN.
#include "base/check.hpp"
#include "identity/identity.hpp"
#include "identity/remito.hpp"
#include "support/spelling_digest.hpp"

using namespace dosario;
using test::is_canonical;
using test::spelled;

namespace {

bool is_promised(CodeError error) {
    switch (error) {
        case CodeError::empty_message:
        case CodeError::value_length:
        case CodeError::not_numeric:
        case CodeError::bad_character:
        case CodeError::check_digit:
        case CodeError::bad_date:
        case CodeError::parse_failed: return true;
        default: return false;
    }
}

void check_person(std::string_view text) {
    const auto strict = identify_person(text);
    if (const auto* fault = std::get_if<CodeFault>(&strict)) {
        DOSARIO_CHECK(is_promised(fault->error) && fault->offset <= text.size() && fault->ai.empty());
    } else {
        const auto& person = std::get<Person>(strict);
        DOSARIO_CHECK(is_canonical(person));
        const Person copy = person;
        DOSARIO_CHECK(spelled(copy) == spelled(person));
    }
    const auto guessed = parse_person(text);
    if (!guessed) return;
    DOSARIO_CHECK(is_canonical(*guessed));
    // A number that leaves no doubt at the counter is one where a document belongs. Of a card the guess may take another field.
    if (guessed->id_kind != "DNI") DOSARIO_CHECK(spelled(std::get<Person>(strict)) == spelled(*guessed));
}

/// The number alone, as it went into the pseudonym, is the same person again.
void check_again(std::string_view text) {
    const auto strict = identify_person(text);
    const auto* person = std::get_if<Person>(&strict);
    if (person == nullptr || person->id_kind == "DNI" || person->id_kind == "RUT") return;  // those lost their zeros
    const std::string whole = spelled(*person);
    const auto again = identify_person(std::string_view{whole}.substr(whole.rfind('|') + 1));
    DOSARIO_CHECK(std::holds_alternative<Person>(again));
    // Bare, a CPF that is right as a CUIT too is taken for one.
    if (person->id_kind != "CPF") DOSARIO_CHECK(spelled(std::get<Person>(again)) == whole);
}

void check_papers(std::string_view text) {
    if (const auto remito = parse_remito(text)) {
        DOSARIO_CHECK(make_remito(remito->letter, remito->point_of_sale, remito->number) == remito);
        DOSARIO_CHECK(parse_remito(remito->text()) == remito);
        const auto of_snt = remito->snt_text();
        DOSARIO_CHECK(of_snt.has_value() == (remito->point_of_sale <= 9999));
        if (of_snt) DOSARIO_CHECK(of_snt->size() == 13 && parse_remito(*of_snt) == remito);
    }
    if (const auto gln = parse_gln(text)) DOSARIO_CHECK(gln->text() == text);
    if (const auto patient = parse_recipient(text)) DOSARIO_CHECK(spelled(*patient) == "|GSRN|" + std::string{text});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(bytes), size};
    check_person(text);
    check_again(text);
    check_papers(text);
    return 0;
}
