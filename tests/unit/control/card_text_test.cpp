// SPDX-License-Identifier: Apache-2.0
// From what lies on a reader of tags to what identity makes of it: two layers that do not know each other.
#include "support/catch.hpp"

#include "identity/identity.hpp"
#include "reader/ndef.hpp"

using namespace dosario;

namespace {

CardRead card_with(const char* message) {
    CardRead card;
    card.uid = from_hex("04a2b3c4d5e680").value();
    card.ndef = from_hex(message).value();
    return card;
}

}  // namespace

TEST_CASE("a GS1 Digital Link on a tag names the pack that it lies on", "[card]") {
    const auto text = card_text(card_with(
        "d10129550469642e6773312e6f72672f30312f30373530313233343536373839302f31302f35412f32312f5331"));
    REQUIRE(text == "https://id.gs1.org/01/07501234567890/10/5A/21/S1");
    // The check digit of the collected example is wrong on purpose or by mistake: it names nothing.
    CodeBuffer buffer;
    CHECK(std::holds_alternative<Unknown>(identify("", *text, Date{}, buffer)));
    const std::string right = "https://id.gs1.org/01/07501234567893/10/5A/21/S1";
    const Identity identity = identify("", right, Date{}, buffer);
    const auto* const pack = std::get_if<SerialPack>(&identity);
    REQUIRE(pack != nullptr);
    CHECK(pack->gtin.text() == "07501234567893");
    CHECK(pack->serial == "S1");
    CHECK(pack->lot == "5A");
}

TEST_CASE("another text on a tag is what the same text in a code is", "[card]") {
    const auto text = card_text(card_with("d1010c5402656e48656c6c6f20475331"));
    REQUIRE(text == "Hello GS1");
    CodeBuffer buffer;
    CHECK(std::holds_alternative<Unknown>(identify("", *text, Date{}, buffer)));
    CHECK_FALSE(card_text(CardRead{}));
}
