// SPDX-License-Identifier: Apache-2.0
// What a Person gives out, the card of the DNI, and which contents are persons at the counter. All persons are invented.
#include "crypto/openssl.hpp"
#include "identity/identity.hpp"
#include "support/catch.hpp"
#include "support/reading_codes.hpp"
#include "support/spelling_digest.hpp"

#include <concepts>
#include <ostream>
#include <string>

using namespace dosario;
using namespace dosario::test;

namespace {

const std::string kCard = "00123456789@PEREZ@JUAN CARLOS@M@12345678@A@01/02/1980@01/01/2010";
const std::string kOldCard =
    "@12345678    @A@1@PEREZ@JUAN CARLOS@ARGENTINA@01/02/1980@M@03/04/2009@00012345678@7055 @03/04/2024@421@0@";

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
    out << value;
};
template <class T>
concept Ordered = requires(const T& value) {
    value < value;
};

static_assert(!Printable<Person> && !std::equality_comparable<Person> && !Ordered<Person>);
static_assert(!std::is_default_constructible_v<Person> && !std::is_aggregate_v<Person>);
static_assert(!std::is_constructible_v<Person, std::string_view, std::string_view, DocumentNumber>);
static_assert(!std::is_convertible_v<Person, std::string> && !std::is_convertible_v<Person, std::string_view>);
static_assert(!std::is_trivially_copyable_v<Person>);  // no std::bit_cast
static_assert(std::is_copy_constructible_v<Person> && std::is_copy_assignable_v<Person> && sizeof(Person) <= 64);

std::string read_person(std::string_view text) {
    const auto parsed = identify_person(text);
    if (const auto* person = std::get_if<Person>(&parsed)) return spelled(*person);
    return std::string{code_error_name(std::get<CodeFault>(parsed).error)} + '@' +
           std::to_string(std::get<CodeFault>(parsed).offset);
}

std::string at_counter(std::string_view content) {
    const auto person = parse_person(content);
    return person ? spelled(*person) : "";
}

std::string with(std::string text, const std::string& old, const std::string& fresh) {
    return text.replace(text.find(old), old.size(), fresh);
}

std::string typed(std::string text) {
    for (char& c : text) c = c == '@' ? '"' : c == '/' ? '-' : c;
    return text;
}

Person person_of(std::string_view text) { return std::get<Person>(identify_person(text)); }

}  // namespace

TEST_CASE("a pseudonym is the number of the key and twenty digits of the mac", "[pseudonym]") {
    std::array<std::byte, 32> key{};
    for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::byte>(i);
    const auto three = make_digest(3, key);
    // Made with another program: HMAC-SHA-256 over the text on the right.
    CHECK(pseudonym(person_of("12.345.678"), *three) == "k3:31f5e060204fb92380c0");          // AR|DNI|12345678
    CHECK(pseudonym(person_of("20-05536168-2"), *three) == "k3:2be87e9e2655a55bab78");       // AR|CUIT|20055361682
    CHECK(pseudonym(person_of("10.000.013-k"), *three) == "k3:3a2b1a986f000875262c");        // CL|RUT|10000013K
    CHECK(pseudonym(person_of(kCard), *three) == pseudonym(person_of("12345678"), *three));  // however it is given
    key[0] = std::byte{0xff};
    const auto four = make_digest(4, key);
    CHECK(pseudonym(person_of("12345678"), *four).starts_with("k4:"));
    CHECK(pseudonym(person_of("12345678"), *four).substr(3) != "31f5e060204fb92380c0");
}

TEST_CASE("without a key there is no pseudonym", "[pseudonym]") {
    CHECK(pseudonym(person_of("12345678"), *make_digest()).empty());
}

TEST_CASE("a person is copied whole, and forgotten numbers leave no trace in a new one", "[pseudonym]") {
    Person person = person_of("BOXW310820HNERXN09");
    const Person copy = person;
    person = person_of("1.234.567");
    CHECK(spelled(copy) == "MX|CURP|BOXW310820HNERXN09");
    CHECK(spelled(person) == "AR|DNI|1234567");
    Identity identity = copy;
    identity = person;
    CHECK(spelled(std::get<Person>(identity)) == "AR|DNI|1234567");
}

TEST_CASE("a number leaves memory with its owner", "[pseudonym]") {
    alignas(DocumentNumber) std::array<unsigned char, sizeof(DocumentNumber)> memory{};
    auto* const number = new (memory.data()) DocumentNumber{"BOXW310820HNERXN09"};
    number->~DocumentNumber();
    const std::string left{memory.begin(), memory.end()};
    CHECK(left.find_first_of("BOXWHNERXN3182") == std::string::npos);
}

TEST_CASE("the number of a wristband is a patient", "[person]") {
    const auto patient = parse_recipient("106141412345678908");
    REQUIRE(patient);
    CHECK(patient->country.empty());
    CHECK(patient->id_kind == "GSRN");
    CHECK(spelled(*patient) == "|GSRN|106141412345678908");
    for (const char* wrong : {"", "106141412345678909", "10614141234567890", "1061414123456789080", "10614141234567890x"}) {
        CHECK_FALSE(parse_recipient(wrong));
    }
}

TEST_CASE("both forms of the card are read, by both separators", "[card]") {
    for (const std::string& card : {kCard, kCard + '@', kCard + "@206", kCard + "@270", kCard + "@20123456786",
                                    kCard + "@206@more@fields", kOldCard, with(kOldCard, "@1@", "@2@")}) {
        INFO(card);
        CHECK(read_person(card) == "AR|DNI|12345678");
        CHECK(read_person(typed(card)) == "AR|DNI|12345678");
        CHECK(read_person("  " + card + "\r\n") == "AR|DNI|12345678");
        CHECK(at_counter(card) == "AR|DNI|12345678");
    }
    CHECK(read_person("00123456789@PEREZ@ANA@F@06123456@A@01/02/1940@01/01/2010@275") == "AR|DNI|6123456");
    CHECK(read_person("00123456789@PEREZ@ANA@F@6123456@A@01/02/1940@01/01/2010@27061234565") == "AR|DNI|6123456");
    // Names are not judged, whatever bytes they have.
    CHECK(read_person(with(kCard, "PEREZ",
                           "NU\xc3\x91"
                           "EZ")) == "AR|DNI|12345678");
    CHECK(read_person(with(kCard, "PEREZ", std::string(3, '\0'))) == "AR|DNI|12345678");
    CHECK(read_person(with(kCard, "@M@", "@X@")) == "AR|DNI|12345678");
}

TEST_CASE("a card with a wrong number or an impossible date says which field", "[card]") {
    CHECK(read_person(with(kCard, "12345678@A", "123456@A")) == "value-length@32");
    CHECK(read_person(with(kCard, "12345678@A", "123456789@A")) == "value-length@32");
    CHECK(read_person(with(kCard, "12345678@A", "@A")) == "value-length@32");
    CHECK(read_person(with(kCard, "12345678@A", "00000000@A")) == "value-length@32");
    CHECK(read_person(with(kCard, "12345678@A", "1234S678@A")) == "not-numeric@36");
    CHECK(read_person("  " + with(kCard, "12345678@A", "1234S678@A")) == "not-numeric@38");
    for (const char* date : {"31/02/1980", "00/02/1980", "01/13/1980", "29/02/1900", "01/02/80", "01/02/0980", "1/2/1980",
                             "01/02-1980", "01/O2/1980", "01021980", "0110211980", "", "01/02/1899"}) {
        INFO(date);
        CHECK(read_person(with(kCard, "01/02/1980", date)) == "bad-date@43");
        const std::size_t issue = kCard.size() - 10;
        CHECK(read_person(kCard.substr(0, issue) + date) == "bad-date@" + std::to_string(issue));
        CHECK(read_person(with(kOldCard, "01/02/1980", date)) == "bad-date@" + std::to_string(kOldCard.find("01/02/1980")));
    }
    CHECK(read_person(with(kCard, "01/01/2010", "31/01/1980")) == "bad-date@54");  // issued before birth
    CHECK(read_person(with(kCard, "01/01/2010", "01/02/1980")) == "AR|DNI|12345678");
}

TEST_CASE("the digits of the CUIL on a card belong to its DNI", "[card]") {
    for (const char* wrong :
         {"200", "205", "207", "276", "116", "306", "20123456780", "20123456796", "27123456786", "00000000000"}) {
        INFO(wrong);
        CHECK(read_person(kCard + '@' + wrong) == "check-digit@65");
    }
    CHECK(read_person(kCard + "@20") == "value-length@65");
    CHECK(read_person(kCard + "@2006") == "value-length@65");
    CHECK(read_person(kCard + "@2O6") == "not-numeric@65");
    // The counter does not look at them.
    CHECK(at_counter(kCard + "@200") == "AR|DNI|12345678");
}

TEST_CASE("a card cut anywhere is refused, or is the same person", "[card]") {
    for (const std::string& card : {kCard + "@206", kOldCard, typed(kCard + "@206"), typed(kOldCard)}) {
        std::size_t refused = 0;
        // Seven or eight digits of the first field alone are a DNI like any that is typed.
        for (std::size_t size = 9; size < card.size(); ++size) {
            const std::string said = read_person(std::string_view{card}.substr(0, size));
            refused += said != "AR|DNI|12345678";
            CHECK((said == "AR|DNI|12345678" || said.find('|') == std::string::npos));
        }
        CHECK(refused >= 50);
    }
    CHECK(read_person("@") == "parse-failed@0");
    CHECK(read_person("a@b.example") == "parse-failed@0");
    CHECK(read_person(std::string(900, '@')) == "value-length@1");
    CHECK(read_person(std::string(1001, '@')) == "value-length@0");
}

TEST_CASE("a bit turned in a card gives a fault within the text, and nothing of the text", "[card]") {
    for (const std::string& card : {kCard + "@206", kOldCard}) {
        for (std::size_t bit = 0; bit < card.size() * 8; ++bit) {
            std::string turned = card;
            turned[bit / 8] = static_cast<char>(static_cast<unsigned char>(turned[bit / 8]) ^ (1U << (bit % 8)));
            const auto parsed = identify_person(turned);
            const auto* fault = std::get_if<CodeFault>(&parsed);
            if (fault != nullptr && (fault->error == CodeError::none || fault->offset > turned.size() || !fault->ai.empty()))
                FAIL(turned);
        }
    }
}

TEST_CASE("empty and blank texts are nobody", "[person]") {
    CHECK(read_person("") == "empty-message@0");
    CHECK(read_person(" \t\r\n") == "empty-message@0");
    CHECK_FALSE(parse_person(""));
    CHECK_FALSE(parse_person("  "));
}

TEST_CASE("at the counter a number is a person where its form is nothing else's", "[counter]") {
    CHECK(at_counter("20-26756539-3") == "AR|CUIT|20267565393");
    CHECK(at_counter("20267565393") == "AR|CUIT|20267565393");
    CHECK(at_counter("76086428-5") == "CL|RUT|760864285");
    CHECK(at_counter("76.086.428-5") == "CL|RUT|760864285");
    CHECK(at_counter("10000013-k") == "CL|RUT|10000013K");
    CHECK(at_counter("390.533.447-05") == "BR|CPF|39053344705");
    CHECK(at_counter("BOXW310820HNERXN09") == "MX|CURP|BOXW310820HNERXN09");
    CHECK(at_counter("boxw310820hnerxn09\r") == "MX|CURP|BOXW310820HNERXN09");
    CHECK(at_counter("898000000043208") == "BR|CNS|898000000043208");
    CHECK(at_counter("217960357390007") == "BR|CNS|217960357390007");
    CHECK(at_counter("898 0000 0004 3208") == "BR|CNS|898000000043208");
    for (const char* aim : {"", "]L2", "]C0", "]Q1", "]d1"}) {
        const Identity identity = identify(aim, "20-26756539-3", kToday, buffer);
        CHECK(std::holds_alternative<Person>(identity));
    }
}

TEST_CASE("at the counter no number with a wrong check digit is a person, and no number that goods may have", "[counter]") {
    for (const char* content : {"20-26756539-2",      "20267565392",     "30-50000000-3", "30500000003",    "76086428-4",
                                "760864285",          "10000013K",       "39053344705",   "390.533.447-06", "111.111.111-11",
                                "BOXW310820HNERXN08", "898000000043209", "12345678",      "12.345.678",     "1234567",
                                "7791234567898",      "07791234567898",  "012345678905",  "96385074",       "20000000299x"}) {
        INFO(content);
        CHECK(at_counter(content) == "");
    }
}

TEST_CASE("an EAN-13 with its add-on stays goods, though it be a right CNS", "[counter]") {
    const std::string content = "779123456000403";
    CHECK(read_person(content) == "BR|CNS|" + content);
    CHECK(at_counter(content) == "");
    CHECK(std::holds_alternative<ProductLot>(identify("]E3", content, kToday, buffer)));
}

TEST_CASE("all goods and labels of the counter are still no persons", "[counter]") {
    for (const std::string& content :
         {std::string{"01077912345678981727043010LOTE-ABC123\x1d"
                      "21SERIAL1234567890ABCD"},
          std::string{"(01)07791234567898(10)L1"}, dose_code(ThingId{123456789}), pack_code(ThingId{123456789}),
          std::string{"DOSARIO.SI"}, std::string{"DOSARIO.B.ANA00001"}, std::string{"00106141412345678908"},
          std::string{"8018106141412345678908"}}) {
        INFO(content);
        CHECK_FALSE(parse_person(content));
    }
}
