// SPDX-License-Identifier: Apache-2.0
// From a text to a Person, and from a Person to a pseudonym: the only code that sees a Person's number.
#include "identity/person.hpp"

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "identity/dni_card.hpp"
#include "identity/national_ids.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::size_t kLongestText = 1000;  // bytes; cards carry about a hundred
constexpr std::size_t kPseudonymBytes = 10;
constexpr std::size_t kGsrnLength = 18;

struct Trimmed {
    std::string_view text;
    std::size_t start = 0;
};

Trimmed trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    const std::size_t start = text.find_first_not_of(kBlanks);
    if (start == std::string_view::npos) return {};
    return {text.substr(start, text.find_last_not_of(kBlanks) + 1 - start), start};
}

}  // namespace

DocumentNumber::DocumentNumber(std::string_view text) {
    for (const char c : text) append(c);
}

DocumentNumber::~DocumentNumber() {
    volatile char* const characters = characters_.data();  // the compiler leaves these writes in
    for (std::size_t i = 0; i < kMost; ++i) characters[i] = 0;
}

void DocumentNumber::append(char c) {
    DOSARIO_CHECK(size_ < kMost);
    characters_[size_++] = c;
}

std::string pseudonym(const Person& person, const Digest& digest) {
    const ByteView parts[] = {as_bytes(person.country), as_bytes("|"), as_bytes(person.id_kind), as_bytes("|"),
                              as_bytes(person.number_.text())};
    const auto keyed = digest.keyed(parts);
    if (!keyed) return {};
    return 'k' + std::to_string(keyed->key) + ':' + to_hex(ByteView{keyed->mac}.first(kPseudonymBytes));
}

Bytes sealed(const Person& person, const std::function<Bytes(ByteView)>& seal) {
    constexpr std::size_t kLongestKind = 4;
    std::array<char, 2 + 1 + kLongestKind + 1 + DocumentNumber::kMost> text;
    std::size_t size = 0;
    for (const std::string_view part :
         {person.country, std::string_view{"|"}, person.id_kind, std::string_view{"|"}, person.number_.text()}) {
        DOSARIO_CHECK(size + part.size() <= text.size());
        std::copy(part.begin(), part.end(), text.begin() + static_cast<std::ptrdiff_t>(size));
        size += part.size();
    }
    Bytes result = seal(as_bytes(std::string_view{text.data(), size}));
    volatile char* const characters = text.data();
    for (std::size_t i = 0; i < text.size(); ++i) characters[i] = 0;
    return result;
}

std::variant<Person, CodeFault> identify_person(std::string_view text) {
    if (text.size() > kLongestText) return CodeFault{CodeError::value_length, 0, {}};
    const auto [inner, start] = trimmed(text);
    if (inner.empty()) return CodeFault{CodeError::empty_message, 0, {}};
    const ParsedDocument parsed = looks_like_dni_card(inner) ? parse_dni_card(inner) : parse_national_id(inner);
    if (const auto* document = std::get_if<Document>(&parsed))
        return Person{document->country, document->id_kind, document->number};
    CodeFault fault = std::get<CodeFault>(parsed);
    fault.offset = static_cast<std::uint16_t>(fault.offset + start);
    return fault;
}

std::optional<Person> parse_person(std::string_view content) {
    std::optional<Document> document = guess_dni_card(content);
    if (!document && content.size() <= kLongestText) document = parse_certain_id(trimmed(content).text);
    if (!document) return std::nullopt;
    return Person{document->country, document->id_kind, document->number};
}

std::optional<Person> parse_recipient(std::string_view digits) {
    if (digits.size() != kGsrnLength || !gs1_check_digit_holds(digits)) return std::nullopt;
    return Person{"", "GSRN", DocumentNumber{digits}};
}

}  // namespace dosario
