// SPDX-License-Identifier: Apache-2.0
// Documents of persons: recognised, turned into a keyed pseudonym, forgotten. A Person does not print, compare, serialise or log; its
// number comes out as pseudonym() or sealed() only. The forms, where they come from and what is unverified: docs/people-and-papers.md.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "identity/gs1.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace dosario {

/// The canonical characters of a document's number, at most 18 of 0-9 and A-Z, held inline and wiped when they go. Only the parsers of
/// this layer make them; once in a Person nothing gives them out.
class DocumentNumber {
public:
    static constexpr std::size_t kMost = 18;

    DocumentNumber() = default;
    explicit DocumentNumber(std::string_view text);  ///< aborts above kMost
    DocumentNumber(const DocumentNumber&) = default;
    DocumentNumber& operator=(const DocumentNumber&) = default;
    ~DocumentNumber();

    void append(char c);  ///< aborts above kMost
    std::string_view text() const { return {characters_.data(), size_}; }

private:
    std::array<char, kMost> characters_{};
    std::uint8_t size_ = 0;
};

/// A document of a person. It may be copied and held as long as the work needs it, not longer.
class Person {
public:
    std::string_view country;  ///< ISO 3166-1 alpha-2, of a static text: "AR" "MX" "CL" "BR"; "" for GSRN
    std::string_view id_kind;  ///< of a static text: "DNI" "CUIT" (CUIL too) "CURP" "RUT" "CPF" "CNS" "GSRN"

private:
    Person(std::string_view of_country, std::string_view kind, const DocumentNumber& number)
        : country(of_country), id_kind(kind), number_(number) {}

    friend std::variant<Person, CodeFault> identify_person(std::string_view text);
    friend std::optional<Person> parse_person(std::string_view content);
    friend std::optional<Person> parse_recipient(std::string_view digits);
    friend std::string pseudonym(const Person& person, const Digest& digest);
    friend Bytes sealed(const Person& person, const std::function<Bytes(ByteView)>& seal);

    DocumentNumber number_;
};

/// `k3:` and the first 20 hexadecimal digits, in lower case, of HMAC-SHA-256 by the digest's key, here number 3, over
/// country|id_kind|number. The same person by the same document and key has the same pseudonym; CUIL and DNI of one person have two.
/// Empty, which is no pseudonym of anybody, if the digest holds no key.
std::string pseudonym(const Person& person, const Digest& digest);

/// What `seal` makes of country|id_kind|number, at most 26 characters, which are wiped when it returns.
Bytes sealed(const Person& person, const std::function<Bytes(ByteView)>& seal);

/// What was typed or scanned where a document belongs, without symbology identifier: the card of the Argentine DNI, or DNI, CUIT/CUIL,
/// CURP, RUT, CPF, CNS with their usual punctuation and blanks around them. Strict: digits, dates and check digits are held against
/// their rules. A fault has the first rule that was broken and where, counted in bytes from the start of `text`; its `ai` is empty, and
/// nothing of the text is in it: not_numeric, bad_character, value_length, check_digit, bad_date, empty_message, or parse_failed for a
/// card with fields missing. Eleven bare digits right as CUIT and as CPF are taken for a CUIT, eight bare digits always for a DNI.
std::variant<Person, CodeFault> identify_person(std::string_view text);

/// A document among whatever else is scanned at the counter. It errs on two sides. What may be the card of the DNI is a Person, even
/// with impossible dates, because an Unknown may be logged. A number is a Person only if its check digit holds and its form is no
/// code of goods: CUIT of a person and RUT with hyphen, CPF with its punctuation, CURP, 11 bare digits as CUIT of a person, 15 as CNS
/// that are no EAN-13 with an add-on of 2. Nothing otherwise.
std::optional<Person> parse_person(std::string_view content);

/// A patient by the GS1 number on the wristband (AI 8018, GSRN of the recipient): 18 digits with their check digit; nothing otherwise.
std::optional<Person> parse_recipient(std::string_view digits);

}  // namespace dosario
