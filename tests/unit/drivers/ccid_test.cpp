// SPDX-License-Identifier: Apache-2.0
// The driver of contactless readers against simulated ones: what lies on them, what goes wrong, what is asked.
#include "ccid_bench.hpp"

#include "ccid/reader.hpp"
#include "reader/ndef.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

using Story = std::vector<std::string>;
using simulated::CcidFault;
using std::chrono::seconds;

constexpr const char* kModels[] = {"ccid:model=acr122u",
                                   "ccid:model=touchatag",
                                   "ccid:model=acr1252u",
                                   "ccid:model=acr1552u",
                                   "ccid:model=acr1552u,piece=1",
                                   "ccid:model=acr1552u,piece=2",
                                   "ccid",
                                   "ccid:model=poll"};
constexpr const char* kVicinityModels[] = {"ccid:model=acr1552u", "ccid:model=acr1552u,piece=1", "ccid:model=acr1552u,piece=2",
                                           "ccid", "ccid:model=poll"};
constexpr const char* kUri = "https://id.gs1.org/01/07501234567890/10/5A/21/S1";
const std::string kTag = std::string{"04a2b3c4d5e680 uri="} + kUri;
const std::string kTold = std::string{"04a2b3c4d5e680 iso14443a "} + kUri;
const std::string kOther = "04ffeeddccbbaa kind=ultralight text=Hello";
const std::string kOtherTold = "04ffeeddccbbaa iso14443a Hello";

Bytes hex(const char* text) { return from_hex(text).value(); }
const Bytes kUid = hex("04a2b3c4d5e680");

bool has(const Story& story, std::string_view what) { return std::ranges::find(story, what) != story.end(); }

}  // namespace

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

TEST_CASE("a card taken away at any moment of its reading is told whole, or not at all", "[ccid]") {
    for (const char* const model : kModels) {
        std::size_t told = 0, half = 0;
        for (int answers = 0; answers < 40; ++answers) {
            INFO(model << ", taken after " << answers);
            CcidBench bench{model};
            bench.pass(seconds{1});
            bench.lay(kTag);
            bench.model().take_after(answers);
            bench.pass(seconds{15});
            if (!bench.model().cards().empty()) continue;  // so many answers did not come
            const Story story = bench.story();
            const bool whole = story == Story{kTold, "-"};
            const bool said = story == Story{"taken_too_soon"};
            CHECK((whole || said || story.empty()));
            told += whole;
            half += said;
            bench.lay(kTag);
            bench.pass(seconds{2});
            CHECK(bench.story().back() == kTold);
        }
        CHECK(told > 0);
        CHECK(half > 0);
    }
}

TEST_CASE("a card exchanged at any moment of its reading never gives one card's message under the other's UID", "[ccid]") {
    for (const char* const model : kModels) {
        for (int answers = 0; answers < 30; ++answers) {
            INFO(model << ", exchanged after " << answers);
            CcidBench bench{model};
            bench.pass(seconds{1});
            bench.lay(kTag);
            const int before = bench.model().orders();
            for (int i = 0; i < 2000 && bench.model().orders() < before + answers; ++i) bench.pass(milliseconds{1});
            bench.take();
            bench.lay(kOther);
            bench.pass(seconds{15});
            for (const std::string& line : bench.story())
                CHECK((line == kTold || line == kOtherTold || line == "-" || line == "fault" || line == "taken_too_soon"));
            CHECK(bench.story().back() == kOtherTold);
        }
    }
}

TEST_CASE("one bad answer at any moment costs no card and invents none", "[ccid][faults]") {
    constexpr CcidFault kFaults[] = {CcidFault::lost,     CcidFault::late,     CcidFault::twice,    CcidFault::split,
                                     CcidFault::extended, CcidFault::stranger, CcidFault::hardware, CcidFault::busy,
                                     CcidFault::garbage,  CcidFault::cut};
    for (const char* const model : kModels) {
        for (const CcidFault fault : kFaults) {
            for (int after = 0; after < 18; ++after) {
                INFO(model << ", fault " << static_cast<int>(fault) << " after " << after);
                CcidBench bench{model};
                bench.model().fail_answers(fault, 1, after);
                bench.pass(milliseconds{10});
                bench.lay(kTag);
                bench.pass(seconds{12});
                bench.take();
                bench.pass(seconds{4});
                Story story = bench.story();
                std::erase(story, "fault");
                std::erase(story, "card_unreadable");
                REQUIRE(story == Story{kTold, "-"});
            }
        }
    }
}

TEST_CASE("trouble of the USB line in the middle of an answer costs no card", "[ccid][faults]") {
    for (const char* const model : kModels) {
        INFO(model);
        CcidBench bench{model};
        bench.pass(seconds{1});
        bench.model().fail_answers(CcidFault::cut, 1, 3);
        bench.lay(kTag);
        bench.pass(milliseconds{100});
        bench.reader().interrupted(bench.now());
        bench.pass(seconds{5});
        Story story = bench.story();
        std::erase(story, "fault");
        CHECK(story == Story{kTold});
    }
}

TEST_CASE("a reader on which everything goes wrong now and then tells every card once", "[ccid][faults]") {
    constexpr CcidFault kFaults[] = {CcidFault::late, CcidFault::twice, CcidFault::split, CcidFault::extended,
                                     CcidFault::stranger};
    for (const char* const model : kModels) {
        INFO(model);
        CcidBench bench{model};
        for (int i = 0; i < 300; ++i) bench.model().fail_answers(kFaults[i % 5], 1, 3 + i * 4);
        Story expected;
        for (int i = 0; i < 8; ++i) {
            bench.lay(i % 2 == 0 ? kTag : kOther);
            bench.pass(seconds{12});
            bench.take();
            bench.pass(seconds{6});
            expected.push_back(i % 2 == 0 ? kTold : kOtherTold);
            expected.emplace_back("-");
        }
        Story story = bench.story();
        std::erase(story, "fault");
        CHECK(story == expected);
    }
}

TEST_CASE("a reader that falls silent is told once, asked seldom, and used again when it answers", "[ccid][faults]") {
    for (const char* const model : kModels) {
        INFO(model);
        CcidBench bench{model};
        bench.pass(seconds{1});
        bench.model().fail_answers(CcidFault::lost, 1000);
        const std::size_t before = bench.writes;
        bench.pass(seconds{60});
        CHECK(bench.story() == Story{"fault"});
        CHECK(bench.writes - before <= 150);
        bench.model().forget_faults();
        bench.lay(kTag);
        bench.pass(seconds{10});
        CHECK(bench.story() == Story{"fault", kTold});
    }
}

TEST_CASE("a reader that lost its power and its settings is prepared again", "[ccid][faults]") {
    for (const char* const model : kModels) {
        INFO(model);
        CcidBench bench{model};
        bench.pass(seconds{1});
        bench.model().reboot();
        bench.pass(seconds{20});
        bench.lay(kTag);
        bench.pass(seconds{10});
        Story story = bench.story();
        std::erase(story, "fault");
        CHECK(story == Story{kTold});
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
    ReaderSettings settings;
    settings.settle_ms = 40;
    const auto reader = driver_named("ccid").make(CcidBench{"ccid"}.interface(), settings);
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

// --- blocks -----------------------------------------------------------------------------------------------------------------------

TEST_CASE("blocks are written, read back, and read", "[ccid][blocks]") {
    for (const char* const model : kModels) {
        INFO(model);
        CcidBench bench{model};
        bench.lay(kTag);
        bench.pass(seconds{2});
        REQUIRE(bench.ask(WriteBlocks{kUid, 20, hex("0102030405060708")}, 7));
        REQUIRE(bench.ask(ReadBlocks{kUid, 19, 4}, 8));
        bench.pass(seconds{2});
        CHECK(bench.story() == Story{kTold, "7 write_blocks ok", "8 read_blocks ok"});
        CHECK(bench.all<ReaderAnswer>().back().content == hex("00000000010203040506070800000000"));
        CHECK(bench.model().cards()[0].read(20, 8) == hex("0102030405060708"));
    }
    for (const char* const model : kVicinityModels) {
        INFO(model);
        CcidBench bench{model};
        bench.lay("e004010167452301 kind=vicinity8 text=x");
        bench.pass(seconds{2});
        const Bytes uid = hex("e004010167452301");
        REQUIRE(bench.ask(WriteBlocks{uid, 20, hex("0102030405060708")}, 7));
        REQUIRE(bench.ask(WriteBlocks{uid, 20, hex("01020304")}, 8));
        REQUIRE(bench.ask(ReadBlocks{uid, 20, 1}, 9));
        bench.pass(seconds{2});
        CHECK(bench.story() ==
              Story{"e004010167452301 iso15693 x", "7 write_blocks ok", "8 write_blocks invalid", "9 read_blocks ok"});
        CHECK(bench.all<ReaderAnswer>().back().content == hex("0102030405060708"));
    }
}

TEST_CASE("lock bits and configuration of a Type 2 tag are never written", "[ccid][blocks]") {
    for (const char* const model : {"ccid:model=acr122u", "ccid:model=acr1252u"}) {
        for (const std::uint16_t block : std::initializer_list<std::uint16_t>{0, 1, 2, 3, 40, 41, 44, 255}) {
            INFO(model << " block " << block);
            CcidBench bench{model};
            bench.lay(kTag);
            bench.pass(seconds{2});
            const Bytes before = bench.model().cards()[0].memory;
            REQUIRE(bench.ask(WriteBlocks{kUid, block, hex("ffffffff")}, 1));
            bench.pass(seconds{2});
            CHECK(bench.story().back() == "1 write_blocks refused");
            CHECK(bench.model().cards()[0].memory == before);
        }
    }
}

TEST_CASE("only the tag that was meant is read and written", "[ccid][blocks]") {
    for (const char* const model : kModels) {
        INFO(model);
        CcidBench bench{model};
        bench.pass(seconds{1});
        REQUIRE(bench.ask(ReadBlocks{kUid, 4, 1}, 1));
        bench.pass(seconds{1});
        bench.lay(kOther);
        bench.pass(seconds{2});
        const Bytes before = bench.model().cards()[0].memory;
        REQUIRE(bench.ask(WriteBlocks{kUid, 8, hex("01020304")}, 2));
        bench.pass(seconds{1});
        // Exchanged at the very moment.
        bench.take();
        bench.lay(kTag);
        REQUIRE(bench.ask(WriteBlocks{hex("04ffeeddccbbaa"), 8, hex("01020304")}, 3));
        bench.pass(seconds{2});
        const Story story = bench.story();
        CHECK(has(story, "1 read_blocks no_tag"));
        CHECK(has(story, "2 write_blocks no_tag"));
        CHECK(has(story, "3 write_blocks no_tag"));
        CHECK(bench.model().cards()[0].read(8, 4) != hex("01020304"));
        CHECK(has(story, kTold));
    }
}

TEST_CASE("every command is answered once, whatever becomes of the reader's answers", "[ccid][blocks][faults]") {
    constexpr CcidFault kFaults[] = {CcidFault::lost,     CcidFault::late,     CcidFault::twice,    CcidFault::split,
                                     CcidFault::extended, CcidFault::stranger, CcidFault::hardware, CcidFault::cut};
    for (const char* const model : kModels) {
        for (const CcidFault fault : kFaults) {
            for (int after = 0; after < 12; ++after) {
                INFO(model << ", fault " << static_cast<int>(fault) << " after " << after);
                CcidBench bench{model};
                bench.lay(kTag);
                bench.pass(seconds{2});
                bench.model().fail_answers(fault, 2, after);
                REQUIRE(bench.ask(WriteBlocks{kUid, 20, hex("0102030405060708")}, 1));
                REQUIRE(bench.ask(ReadBlocks{kUid, 20, 2}, 2));
                bench.pass(seconds{12});
                std::map<std::uint32_t, int> answers;
                for (const ReaderAnswer& one : bench.all<ReaderAnswer>()) {
                    if (one.number == 0) continue;
                    ++answers[one.number];
                    if (one.number == 2 && one.status == "ok") CHECK(one.content == bench.model().cards()[0].read(20, 8));
                    if (one.number == 1 && one.status == "ok")
                        CHECK(bench.model().cards()[0].read(20, 8) == hex("0102030405060708"));
                }
                REQUIRE(answers == std::map<std::uint32_t, int>{{1, 1}, {2, 1}});
            }
        }
    }
}

TEST_CASE("commands that wait are answered when the reader leaves, and too many are not accepted", "[ccid][blocks]") {
    CcidBench bench{"ccid"};
    bench.lay(kTag);
    bench.pass(seconds{2});
    bench.model().fail_answers(CcidFault::lost, 1000);
    std::uint32_t accepted = 0;
    while (bench.ask(ReadBlocks{kUid, 4, 1}, accepted + 1)) ++accepted;
    CHECK(accepted == ccid::kMostPending);
    bench.pass(milliseconds{100});
    bench.unplug();
    std::size_t answered = 0;
    for (const ReaderAnswer& one : bench.all<ReaderAnswer>()) answered += one.status == "unplugged";
    CHECK(answered == accepted);
    CHECK_FALSE(bench.ask(ReadBlocks{kUid, 4, 1}, 99));
}

TEST_CASE("what only readers of UHF know is not accepted, and what makes no sense is answered so", "[ccid][blocks]") {
    CcidBench bench{"ccid"};
    bench.lay(kTag);
    bench.pass(seconds{2});
    CHECK_FALSE(bench.ask(StartInventory{}, 1));
    CHECK_FALSE(bench.ask(SetPower{1000}, 2));
    REQUIRE(bench.ask(ReadBlocks{kUid, 4, 0}, 3));
    REQUIRE(bench.ask(ReadBlocks{kUid, 4, kMostTagBlocks + 1}, 4));
    REQUIRE(bench.ask(WriteBlocks{kUid, 4, hex("010203")}, 5));
    REQUIRE(bench.ask(WriteBlocks{kUid, 4, {}}, 6));
    bench.pass(seconds{2});
    CHECK(bench.story() ==
          Story{kTold, "3 read_blocks invalid", "4 read_blocks invalid", "5 write_blocks invalid", "6 write_blocks invalid"});
}

// --- whose it is ------------------------------------------------------------------------------------------------------------------

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
