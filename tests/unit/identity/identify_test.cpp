// SPDX-License-Identifier: Apache-2.0
// From what a scanner gives to what it names: carriers, products, packs, persons, and what stays unknown.
#include "identity/identity.hpp"
#include "support/catch.hpp"
#include "support/reading_codes.hpp"
#include "support/spelling_digest.hpp"

#include <string>
#include <vector>

using namespace dosario;
using namespace dosario::test;

namespace {

const std::string kSerialPack =
    "01077912345678981727043010LOTE-ABC123\x1d"
    "21SERIAL1234567890ABCD";
constexpr std::uint64_t kGtin = 7791234567898;

template <class T>
T expect(std::string_view aim, std::string_view content) {
    const Identity identity = identify(aim, content);
    INFO("content " << content);
    REQUIRE(std::holds_alternative<T>(identity));
    return std::get<T>(identity);
}

void expect_unknown(std::string_view aim, std::string_view content, CodeError error, unsigned offset = 0,
                    std::string_view ai = {}) {
    INFO("aim " << aim << " content " << content);
    const Identity identity = identify(aim, content);
    REQUIRE(std::holds_alternative<Unknown>(identity));
    const CodeFault fault = std::get<Unknown>(identity).why;
    CHECK(code_error_name(fault.error) == code_error_name(error));
    CHECK(fault.offset == offset);
    CHECK(fault.ai == ai);
    CHECK((ai.empty() || (fault.ai.data() >= content.data() && fault.ai.data() < content.data() + content.size())));
}

}  // namespace

TEST_CASE("a pack with a serial number is a serial pack, whatever carries it", "[identify]") {
    for (const char* aim : {"]C1", "]d2", "]Q3", "]J1", "]e0", "]e1", "]e2", ""}) {
        const auto pack = expect<SerialPack>(aim, kSerialPack);
        CHECK(pack.gtin.number == kGtin);
        CHECK(pack.gtin.text() == "07791234567898");
        CHECK(pack.serial == "SERIAL1234567890ABCD");
        CHECK(pack.lot == "LOTE-ABC123");
        CHECK(pack.expires_on == parse_date("2027-04-30"));
        CHECK_FALSE(pack.suspect_missing_fnc1);
    }
}

TEST_CASE("an identifier typed in front of the content counts, and offsets do not count it", "[identify]") {
    CHECK(expect<SerialPack>("", "]d2" + kSerialPack).serial == "SERIAL1234567890ABCD");
    expect_unknown("", "]d20107791234567897", CodeError::check_digit, 15, "01");
    expect_unknown("", "]d2", CodeError::empty_message);
    expect_unknown("", "]", CodeError::none);
}

TEST_CASE("a product with lot and expiry is a product lot", "[identify]") {
    const auto lot = expect<ProductLot>("]d2", "01077912345678981727020010L1");
    CHECK(lot.gtin.number == kGtin);
    CHECK(lot.lot == "L1");
    CHECK(lot.expires_on == parse_date("2027-02-28"));
    CHECK(expect<ProductLot>("]d2", "010779123456789810L1").expires_on == std::nullopt);
    CHECK(expect<ProductLot>("]d2", "010779123456789870032704301230").expires_on == parse_date("2027-04-30"));
    CHECK(expect<ProductLot>("]d2",
                             "010779123456789870032704301230\x1d"
                             "17270331")
              .expires_on == parse_date("2027-03-31"));
    expect<UnclearCode>("]d2", "010779123456789810ABC17261231");
}

TEST_CASE("retail symbols are products by their digits", "[identify]") {
    CHECK(expect<ProductLot>("]E0", "7791234567898").gtin.number == kGtin);
    CHECK(expect<ProductLot>("]E0", "036000291452").gtin.text() == "00036000291452");
    CHECK(expect<ProductLot>("]E4", "96385074").gtin.text() == "00000096385074");
    CHECK(expect<ProductLot>("]E3", "779123456789812").gtin.number == kGtin);
    CHECK(expect<ProductLot>("]E3", "779123456789812345").gtin.number == kGtin);
    CHECK(expect<ProductLot>("]I1", "17791234567895").gtin.text() == "17791234567895");
    for (const char* aim : {"", "]Xg", "]Z9", "]I0"}) {
        if (std::string_view{aim} != "]I0") CHECK(expect<ProductLot>(aim, "7791234567898").gtin.number == kGtin);
        CHECK(expect<ProductLot>(aim, "17791234567895").gtin.number == 17791234567895);
    }
    CHECK(expect<ProductLot>("", "96385074").gtin.number == 96385074);
    CHECK(expect<ProductLot>("", "036000291452").gtin.number == 36000291452);
}

TEST_CASE("digits with a wrong check digit or of a wrong number are refused", "[identify]") {
    expect_unknown("]E0", "7791234567897", CodeError::check_digit, 12);
    expect_unknown("", "7791234567897", CodeError::check_digit, 12);
    expect_unknown("", "96385075", CodeError::check_digit, 7);
    expect_unknown("]E0", "779123456789X", CodeError::not_numeric, 12);
    expect_unknown("]E0", "96385074", CodeError::value_length);
    expect_unknown("]E4", "7791234567898", CodeError::value_length);
    expect_unknown("]E3", "7791234567898", CodeError::value_length);
    expect_unknown("]E3", "7791234567898AB", CodeError::not_numeric, 13);
    expect_unknown("]E1", "12", CodeError::none);
    expect_unknown("]E2", "12345", CodeError::none);
    expect_unknown("]I1", "123456", CodeError::none);
}

TEST_CASE("numbers of one company or region are no GTINs", "[identify]") {
    for (std::string digits : {"020123456789", "040123456789", "200123456789", "291234567890", "000112345678", "000712345678",
                               "2012345", "0012345", "0000000"}) {
        digits += gs1_check_digit(digits);
        INFO(digits);
        CHECK(parse_gtin(digits));
        CHECK(expect<RestrictedNumber>("", digits).digits == digits);
        const std::string as_ai = "01" + std::string(14 - digits.size(), '0') + digits;
        CHECK(expect<RestrictedNumber>("]d2", as_ai).digits == as_ai.substr(2));
    }
    for (std::string digits :
         {"030123456789", "050123456789", "190123456789", "300123456789", "000812345678", "001012345678", "1012345"}) {
        digits += gs1_check_digit(digits);
        INFO(digits);
        CHECK(std::holds_alternative<ProductLot>(identify("", digits)));
    }
}

TEST_CASE("a GTIN has 8, 12, 13 or 14 digits with their check digit", "[identify]") {
    CHECK(parse_gtin("07791234567898")->number == kGtin);
    CHECK(parse_gtin("7791234567898")->text() == "07791234567898");
    for (const char* wrong :
         {"", "7791234567897", "779123456788", "77912345678", "7791234567898 ", "x791234567898", "007791234567898"}) {
        CHECK_FALSE(parse_gtin(wrong));
    }
}

TEST_CASE("one GS in front is taken from scanners without identifier only", "[identify]") {
    CHECK(expect<SerialPack>("", "\x1d" + kSerialPack).lot == "LOTE-ABC123");
    expect_unknown("]d2", "\x1d" + kSerialPack, CodeError::ai_unknown);
    expect_unknown("", "\x1d\x1d" + kSerialPack, CodeError::ai_unknown, 1);
    expect_unknown("",
                   "\x1d"
                   "0107791234567897",
                   CodeError::check_digit, 16, "01");
}

TEST_CASE("brackets typed by a person give the same identity", "[identify]") {
    const auto pack = expect<SerialPack>("", "(01)07791234567898(10)L1(17)270630(21)A1");
    CHECK(pack.lot == "L1");
    CHECK(pack.serial == "A1");
    CHECK(pack.expires_on == parse_date("2027-06-30"));
    expect_unknown("", "(01)07791234567897", CodeError::check_digit, 17, "01");
    expect_unknown("", "(a)", CodeError::none);
}

TEST_CASE("crates are logistic units", "[identify]") {
    CHECK(expect<LogisticUnit>("]C1", "00106141412345678908").sscc == "106141412345678908");
    CHECK(expect<LogisticUnit>("]C1", "0010614141234567890802077912345678983712").sscc == "106141412345678908");
}

TEST_CASE("right GS1 messages that name nothing we keep say which AI they begin with", "[identify]") {
    expect_unknown("]d2", "8006077912345678980102", CodeError::none, 0, "8006");
    expect_unknown("]C1", "4147791234567898", CodeError::none, 0, "414");
    expect_unknown("]C1", "02077912345678983712", CodeError::ai_requisite_missing, 16, "37");
    expect_unknown("]d2", "1727043010L1", CodeError::ai_requisite_missing, 0, "17");
}

TEST_CASE("the label of a wholesaler has a GLN and a serial number, and no product", "[identify]") {
    const auto label = expect<WholesalerLabel>("]C1", "4147791234567898211234567");
    CHECK(label.gln == "7791234567898");
    CHECK(label.serial == "1234567");
}

TEST_CASE("a Digital Link names what its AIs name, in whatever symbol it is", "[identify]") {
    for (const char* aim : {"]C0", "]d1", "]Q1", "]J0", "]z0", ""}) {
        CHECK(expect<SerialPack>(aim, "https://id.gs1.org/01/07791234567898/21/A%2Fb").serial == "A/b");
        CHECK(expect<ProductLot>(aim, "HTTP://a/b/01/07791234567898/10/L1?17=270200").expires_on == parse_date("2027-02-28"));
        expect_unknown(aim, "https://example.org/leaflet.html?id=5", CodeError::none);
        expect_unknown(aim, "https://example.org", CodeError::none);
        expect_unknown(aim, "https://id.gs1.org/01/07791234567897", CodeError::check_digit, 35, "01");
    }
}

TEST_CASE("the composite component beside an EAN says lot and expiry", "[identify]") {
    const auto pack = expect<SerialPack>("]E0",
                                         "7791234567898|]e01727063010L1\x1d"
                                         "21S1");
    CHECK(pack.gtin.number == kGtin);
    CHECK(pack.lot == "L1");
    CHECK(pack.serial == "S1");
    CHECK(pack.expires_on == parse_date("2027-06-30"));
    expect_unknown("]E0", "7791234567898|]e017270631", CodeError::bad_date, 19, "17");
}

TEST_CASE("what is not GS1 is no error, and what looks like it says what is wrong", "[identify]") {
    for (const char* aim : {"]C0", "]d1", "]Q1", "]J0", "]A0", "]L2", "]z0"}) {
        expect_unknown(aim, "hello", CodeError::none);
        expect_unknown(aim, "7791234567898", CodeError::none);
    }
    expect_unknown("", "hello", CodeError::none);
    expect_unknown("", "1", CodeError::none);
    expect_unknown("", "5", CodeError::none);
    expect_unknown("", "55555", CodeError::none);
    expect_unknown("", "", CodeError::empty_message);
    expect_unknown("]d2", "", CodeError::empty_message);
    expect_unknown("]d2", "hello", CodeError::ai_unknown);
    expect_unknown("", "0107791234568", CodeError::check_digit, 12);
    expect_unknown("", "010779123456789", CodeError::value_length, 2, "01");
    expect_unknown("]C0", std::string(70'000, 'A'), CodeError::parse_failed);
}

TEST_CASE("the card of the Argentine DNI is a person, with the number only", "[person]") {
    const std::string card = "00123456789@PEREZ@JUAN CARLOS@M@12345678@A@01/02/1980@01/01/2010";
    for (const char* aim : {"]L2", "]L0", "", "]d2", "]Xg"}) {
        const auto person = expect<Person>(aim, card);
        CHECK(person.country == "AR");
        CHECK(person.id_kind == "DNI");
        CHECK(test::spelled(person) == "AR|DNI|12345678");
    }
    CHECK(test::spelled(expect<Person>("]L2", card + "@200")) == "AR|DNI|12345678");
    CHECK(test::spelled(expect<Person>("", "]L2" + card)) == "AR|DNI|12345678");
    CHECK(test::spelled(expect<Person>("", "00123456789@PEREZ@ANA@F@06123456@A@01/02/1940@01/01/2010")) == "AR|DNI|6123456");
    const std::string old_card =
        "@12345678    @A@1@PEREZ@JUAN CARLOS@ARGENTINA@01/02/1980@M@03/04/2009@00012345678@7055 @03/04/2024@421@0@";
    CHECK(test::spelled(expect<Person>("]L2", old_card)) == "AR|DNI|12345678");
}

TEST_CASE("a document typed by a Spanish keyboard is the same person", "[person]") {
    CHECK(test::spelled(expect<Person>("", "00123456789\"PEREZ\"JUAN\"M\"12345678\"A\"01-02-1980\"01-01-2010")) ==
          "AR|DNI|12345678");
    CHECK(test::spelled(expect<Person>("", "\"12345678    \"A\"1\"PEREZ\"JUAN\"ARGENTINA\"01-02-1980\"M\"03-04-2009\"0\"7055")) ==
          "AR|DNI|12345678");
}

TEST_CASE("the dates decide which field is the document", "[person]") {
    CHECK(test::spelled(expect<Person>("", "1234567@PEREZ@JUAN@M@87654321@A@01/02/1980@01/01/2010")) == "AR|DNI|87654321");
    CHECK(test::spelled(expect<Person>("", "1234567@PEREZ@JUAN@M@X@A@31/02/1980@01/01/2010")) == "AR|DNI|1234567");
}

TEST_CASE("whatever has fields and a number like a document is a person, so that nobody logs it", "[person]") {
    CHECK(test::spelled(expect<Person>("", "A@B@C@D@E@1234567")) == "AR|DNI|1234567");
    CHECK(test::spelled(expect<Person>("]C0", "A@B@C@D@ 12345678 @E")) == "AR|DNI|12345678");
    expect_unknown("", "A@B@C@D@1234567", CodeError::none);
    expect_unknown("", "A@B@C@D@E@123456", CodeError::none);
    expect_unknown("", "A@B@C@D@E@0000000", CodeError::none);
    expect_unknown("", "a@b.example", CodeError::none);
}

TEST_CASE("any content cut anywhere or with any bit turned has an identity", "[identify]") {
    const std::vector<std::string> contents = {
        kSerialPack,
        "]d2" + kSerialPack,
        "(01)07791234567898(10)L1(17)270630",
        "7791234567898",
        "DOSARIO.X10",
        "DOSARIO.B.ABCD1234",
        "00123456789@PEREZ@JUAN CARLOS@M@12345678@A@01/02/1980@01/01/2010@200",
    };
    std::size_t seen = 0;
    for (const std::string& content : contents) {
        for (std::size_t size = 0; size <= content.size(); ++size) {
            const std::vector<char> cut(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(size));
            seen += identify("", {cut.data(), cut.size()}).index() < std::variant_size_v<Identity>;
        }
        for (std::size_t bit = 0; bit < content.size() * 8; ++bit) {
            std::string turned = content;
            turned[bit / 8] = static_cast<char>(static_cast<unsigned char>(turned[bit / 8]) ^ (1U << (bit % 8)));
            seen += identify("]d2", turned).index() < std::variant_size_v<Identity>;
        }
    }
    std::size_t wanted = 0;
    for (const std::string& content : contents) wanted += content.size() * 9 + 1;
    CHECK(seen == wanted);
}
