// SPDX-License-Identifier: Apache-2.0
// The driver of contactless readers against simulated ones: whose it is, and what lies on them.
#include "ccid_bench.hpp"
#include "ccid_cards.hpp"

using namespace dosario;
using namespace dosario::test;
using std::chrono::seconds;

TEST_CASE("a tag laid on any reader is told once with what is on it, and once when it is taken away", "[ccid]") {
    for (const char* const model : kModels) {
        INFO(model);
        CcidBench bench{model};
        bench.pass(seconds{1});
        REQUIRE(bench.all<ReaderReady>().size() == 1);
        CHECK(bench.story().empty());
        bench.lay(kTag);
        bench.pass(seconds{2});
        CHECK(bench.story() == Story{kTold});
        bench.take();
        bench.pass(seconds{2});
        CHECK(bench.story() == Story{kTold, "-"});
        bench.lay(kTag);
        bench.pass(seconds{20});
        CHECK(bench.story() == Story{kTold, "-", kTold});
    }
}

TEST_CASE("a tag that lay there when the reader was opened is told as such, and one that is laid down is not", "[ccid]") {
    for (const char* const model : kModels) {
        INFO(model);
        CcidBench bench{model};
        bench.unplug();
        bench.events.clear();
        bench.lay(kTag);
        bench.plug();
        bench.pass(seconds{3});
        REQUIRE(bench.all<CardRead>().size() == 1);
        CHECK(bench.all<CardRead>().back().was_there);
        bench.take();
        bench.pass(seconds{2});
        bench.lay(kTag);
        bench.pass(seconds{3});
        REQUIRE(bench.all<CardRead>().size() == 2);
        CHECK_FALSE(bench.all<CardRead>().back().was_there);
    }
}

TEST_CASE("a vial's ISO 15693 tag is read with blocks of any length, through readers of any ability", "[ccid][iso15693]") {
    const std::string told = std::string{"e004010167452301 iso15693 "} + kUri;
    for (const char* const model : kVicinityModels) {
        for (const char* const kind : {"icode", "vicinity8", "st25dv"}) {
            INFO(model << ' ' << kind);
            CcidBench bench{model};
            bench.pass(seconds{1});
            bench.lay(std::string{"e004010167452301 kind="} + kind + " uri=" + kUri);
            bench.pass(seconds{2});
            CHECK(bench.story() == Story{told});
            bench.take();
            bench.pass(seconds{2});
            CHECK(bench.story() == Story{told, "-"});
            CHECK(bench.all<ReaderFault>().empty());
        }
    }
}

TEST_CASE("a reader that does not read ISO 15693 sees no such tag, and says nothing", "[ccid][iso15693]") {
    for (const char* const model : {"ccid:model=acr122u", "ccid:model=acr1252u"}) {
        CcidBench bench{model};
        bench.lay("e004010167452301 kind=icode text=x");
        bench.pass(seconds{2});
        CHECK(bench.story().empty());
    }
}

TEST_CASE("cards without a message that can be read are told by their UID alone", "[ccid]") {
    struct Row {
        const char *words, *told;
        bool by_chip;
    };
    constexpr Row kRows[] = {
        {"a1b2c3d4 kind=classic", "a1b2c3d4 iso14443a", true},
        {"04112233445566 kind=chip", "04112233445566 iso14443a", true},
        {"04112233445566 kind=ntag213", "04112233445566 iso14443a", true},
        {"04112233445566 kind=ntag213 raw=e11012000300fe", "04112233445566 iso14443a", true},
        {"04112233445566 kind=ntag213 raw=e1101200fe", "04112233445566 iso14443a", true},
        {"04112233445566 kind=ntag213 raw=e11012f00303d00000fe", "04112233445566 iso14443a", true},  // needs a key
        {"e004010167452301 kind=icode", "e004010167452301 iso15693", false},
        {"0102030405060708 kind=felica", "0102030405060708 felica", false},
    };
    for (const char* const model : kModels) {
        for (const Row& row : kRows) {
            INFO(model << ' ' << row.words);
            CcidBench bench{model};
            const bool sees = bench.interface().vid != 0x072F || bench.interface().pid == 0x2303 || row.by_chip;
            if (!sees) continue;
            bench.lay(row.words);
            bench.pass(seconds{2});
            CHECK(bench.story() == Story{row.told});
        }
    }
}

TEST_CASE("a message that is no whole NDEF message is a fault and never half a message", "[ccid]") {
    constexpr const char* kBroken[] = {
        "e110120003ffd101",          // longer than the area
        "e11012000305d101095501fe",  // the record is longer than the TLV
        "e1101200030451010054fe",    // it does not begin
        "e1101200030491010054fe",    // it does not end
        "e110120001020000fe",        // lock control of another length
        "e1106d0003ff0fffd1",        // longer than any message that is read
    };
    for (const char* const model : {"ccid:model=acr122u", "ccid:model=acr1252u"}) {
        for (const char* const raw : kBroken) {
            INFO(model << ' ' << raw);
            CcidBench bench{model};
            bench.lay(std::string{"04112233445566 raw="} + raw);
            bench.pass(seconds{2});
            CHECK(bench.story() == Story{"fault", "04112233445566 iso14443a"});
        }
    }
}

TEST_CASE("a long message is read to its end", "[ccid]") {
    const std::string uri = "https://example.org/" + std::string(700, 'x');
    for (const char* const model : {"ccid:model=acr122u", "ccid:model=acr1252u", "ccid"}) {
        CcidBench bench{model};
        bench.lay("04112233445566 kind=ntag216 uri=" + uri);
        bench.pass(seconds{2});
        CHECK(bench.story() == Story{"04112233445566 iso14443a " + uri});
    }
}

TEST_CASE("two cards are said to be two, and neither is told for the other", "[ccid]") {
    for (const char* const model : kModels) {
        INFO(model);
        const bool tells_two = std::string_view{model}.ends_with("acr122u") || std::string_view{model}.ends_with("touchatag");
        const char* const said = tells_two ? "two_cards" : "card_unreadable";
        CcidBench bench{model};
        bench.lay(kTag);
        bench.lay(kOther);
        bench.pass(seconds{5});
        CHECK(bench.story() == Story{said});
        bench.take("04a2b3c4d5e680");
        bench.pass(seconds{2});
        CHECK(bench.story() == Story{said, kOtherTold});
    }
}

TEST_CASE("a card that is exchanged for another is gone, and the other one is read", "[ccid]") {
    for (const char* const model : kModels) {
        INFO(model);
        CcidBench bench{model};
        bench.lay(kTag);
        bench.pass(seconds{2});
        bench.take();
        bench.lay(kOther);
        bench.pass(seconds{2});
        CHECK(bench.story() == Story{kTold, "-", kOtherTold});
    }
}

TEST_CASE("a card that flickers at the edge of the field is told once", "[ccid]") {
    for (const char* const model : kModels) {
        INFO(model);
        CcidBench bench{model};
        bench.lay(kTag);
        bench.pass(seconds{2});
        for (int i = 0; i < 40; ++i) {
            bench.take();
            bench.pass(milliseconds{40 + 5 * i});
            bench.lay(kTag);
            bench.pass(milliseconds{400});
        }
        bench.pass(seconds{2});
        CHECK(bench.story() == Story{kTold});
    }
}

TEST_CASE("a card with contacts is named and not read", "[ccid]") {
    CcidBench bench{"ccid"};
    bench.pass(seconds{1});
    bench.lay("- kind=contact");
    bench.pass(seconds{20});
    CHECK(bench.story() == Story{"contact_card"});
    bench.take();
    bench.pass(seconds{2});
    bench.lay(kTag);
    bench.pass(seconds{2});
    CHECK(bench.story() == Story{"contact_card", kTold});
}

TEST_CASE("unplugged with a card on it, the card is gone too", "[ccid]") {
    for (const char* const model : kModels) {
        CcidBench bench{model};
        bench.lay(kTag);
        bench.pass(seconds{2});
        bench.unplug();
        CHECK(bench.story() == Story{kTold, "-"});
        CHECK_FALSE(bench.reader().next_wake());
    }
}

TEST_CASE("what waited in the reader before it was opened answers nothing", "[ccid]") {
    const auto reader = driver_named("ccid").make(CcidBench{"ccid"}.interface(), {});
    reader->opened(MonoTime{});
    CHECK_FALSE(reader->next_write());
    reader->receive(0x81, hex("81000000000000020000"), MonoTime{milliseconds{5}});
    reader->wake(MonoTime{milliseconds{40}});
    REQUIRE(reader->next_write());
    CHECK_FALSE(reader->next_event());
    reader->receive(0x81, hex("81000000000000020000"), MonoTime{milliseconds{41}});
    CHECK(std::holds_alternative<ReaderReady>(reader->next_event().value()));
}

TEST_CASE("an ACR1552U that types and does not look for ISO 15693 is set right, and one that is right is left alone", "[ccid]") {
    CcidBench bench{"ccid:model=acr1552u"};
    bench.pass(seconds{1});
    const int first = bench.model().orders();
    bench.unplug();
    bench.plug();
    bench.pass(seconds{1});
    CHECK(bench.model().orders() - first == first - 2);
}

TEST_CASE("contactless interfaces are taken, SAM and contact slots left alone, and of others a person decides", "[ccid][match]") {
    const Driver& driver = driver_named("ccid");
    for (const char* const model : {"ccid:model=acr1252u", "ccid:model=acr1552u"}) {
        const auto device = must(simulated::make_simulated(must(simulated::parse_scanner(model))));
        UsbInterface picc = CcidBench::interface_of(*device, 0), sam = CcidBench::interface_of(*device, 1);
        CHECK(driver.match(picc) == Match::yes);
        CHECK(driver.match(sam) == Match::no);
        picc.name.clear();
        sam.name.clear();
        CHECK(driver.match(picc) == Match::yes);
        CHECK(driver.match(sam) == Match::no);
    }
    UsbInterface one = CcidBench{"ccid"}.interface();
    CHECK(driver.match(one) == Match::yes);
    one.product = "Acme Smart Card Reader";
    CHECK(driver.match(one) == Match::if_named);
    one.product = "Acme NFC-Reader 3";
    CHECK(driver.match(one) == Match::yes);
    one.product = "Acme Dual Reader";
    one.name = "Dual Reader Contact";
    CHECK(driver.match(one) == Match::no);
    one.name = "Dual Reader Contactless";
    CHECK(driver.match(one) == Match::yes);
    one.class_descriptor[42] = std::byte{0x01};  // dwFeatures: TPDUs
    CHECK(driver.match(one) == Match::no);
    one.class_code = kHidClass;
    CHECK(driver.match(one) == Match::no);
}
