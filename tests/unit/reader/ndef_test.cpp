// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/hex.hpp"

#include "reader/ndef.hpp"

using namespace dosario;
using dosario::test::hex;

namespace {

std::string text_of(std::string_view message) {
    CardRead card;
    card.ndef = hex(message);
    return card_text(card).value_or("-");
}

}  // namespace

TEST_CASE("a text record and a URI record are what was written", "[ndef]") {
    CHECK(text_of("d1010c5402656e48656c6c6f20475331") == "Hello GS1");  // ndef-001
    CHECK(text_of("d10129550469642e6773312e6f72672f30312f30373530313233343536373839302f31302f35412f32312f5331") ==
          "https://id.gs1.org/01/07501234567890/10/5A/21/S1");  // ndef-002
    const auto records = parse_ndef(hex("d1010c5402656e48656c6c6f20475331"));
    REQUIRE(records.has_value());
    REQUIRE(records->size() == 1);
    CHECK((*records)[0].type_name == NdefTypeName::well_known);
    CHECK((*records)[0].type == "T");
    CHECK(ndef_text((*records)[0]) == "Hello GS1");
    CHECK_FALSE(ndef_uri((*records)[0]));
}

TEST_CASE("every prefix of the table, and none beyond it", "[ndef]") {
    CHECK(text_of("d101025500"
                  "61") == "a");
    CHECK(text_of("d101025501"
                  "61") == "http://www.a");
    CHECK(text_of("d10102551e"
                  "61") == "urn:epc:id:a");
    CHECK(text_of("d10102551f"
                  "61") == "urn:epc:tag:a");
    CHECK(text_of("d101025522"
                  "61") == "urn:epc:a");
    CHECK(text_of("d101025523"
                  "61") == "urn:nfc:a");
    CHECK(text_of("d101025524"
                  "61") == "-");
    CHECK(text_of("d1010055") == "-");
}

TEST_CASE("the first URI counts before any text, also inside a Smart Poster", "[ndef]") {
    CHECK(text_of("91010354026573"
                  "51010355"
                  "046161") == "https://aa");
    CHECK(text_of("91010354026573"
                  "51010355"
                  "ff6161") == "");
    CHECK(text_of("d10208"
                  "5370"
                  "d101045500616263") == "abc");
    CHECK(text_of("d10207"
                  "5370"
                  "d1010455006162") == "-");
    CHECK(text_of("d30300"
                  "613a62") == "a:b");
    CHECK(text_of("d20102"
                  "61"
                  "6263") == "-");
}

TEST_CASE("text in UTF-16 becomes UTF-8", "[ndef]") {
    CHECK(text_of("d1010754"
                  "826573"
                  "00f10061") ==
          "\xC3\xB1"
          "a");
    CHECK(text_of("d1010954"
                  "826573"
                  "fffef1006100") ==
          "\xC3\xB1"
          "a");
    CHECK(text_of("d1010754"
                  "826573"
                  "d83dde00") == "\xF0\x9F\x98\x80");
    CHECK(text_of("d1010554"
                  "826573"
                  "d83d") == "-");
    CHECK(text_of("d1010454"
                  "826573"
                  "61") == "-");
    CHECK(text_of("d1010254"
                  "0565") == "-");
}

TEST_CASE("what is no whole message is refused, with the reason", "[ndef]") {
    for (const char* const bytes : {
             "",                      // nothing
             "d1",                    // cut
             "5101015500",            // does not begin
             "9101015500",            // does not end
             "d101015500d101015500",  // goes on
             "91010155009101015500",  // begins twice
             "f101015500",            // in chunks
             "d6000000",              // unchanged, outside of chunks
             "d7000000",              // of no kind
             "c101ffffffff5500",      // longer than there is
             "d901010100",            // the id is missing
         }) {
        INFO(bytes);
        const auto records = parse_ndef(hex(bytes));
        REQUIRE_FALSE(records.has_value());
        CHECK_FALSE(records.error().message.empty());
    }
    CHECK_FALSE(parse_ndef(Bytes(kLongestNdef + 1)).has_value());
    Bytes many = hex("91000000");
    for (std::size_t i = 0; i < kMostNdefRecords; ++i) many.insert(many.end(), {std::byte{0x11}, std::byte{0}, std::byte{0}});
    CHECK_FALSE(parse_ndef(many).has_value());
    CHECK(parse_ndef(hex("d901010101"
                         "55"
                         "69"
                         "00"))
              .error()
              .message.find("goes on") != std::string::npos);
    CHECK(parse_ndef(hex("d901010155"
                         "6900"))
              .has_value());
    CHECK(parse_ndef(hex("d00000")).has_value());
    CHECK(parse_ndef(hex("c101000000015500")).has_value());
}

TEST_CASE("a message cut anywhere, or with a flipped bit, is refused or another one, never read past its end", "[ndef]") {
    const Bytes whole = hex("910103540265735101035504616191010c5402656e48656c6c6f20475331");
    for (std::size_t size = 0; size < whole.size(); ++size) (void)parse_ndef(ByteView{whole}.first(size));
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        Bytes flipped = whole;
        flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        CardRead card;
        card.ndef = flipped;
        (void)card_text(card);
    }
    CHECK_FALSE(card_text(CardRead{}));
}
