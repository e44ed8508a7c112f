// SPDX-License-Identifier: Apache-2.0
// Messages as readers were seen to send them, typed from public issue threads (nfcpy #105; libnfc #217, #476, #666; PCSC #66; flipperzero
// #2781), and constructed ones. The names are those of the collection they were kept in.
#include "support/catch.hpp"
#include "support/hex.hpp"

#include "ccid/apdu.hpp"
#include "ccid/iso15693.hpp"
#include "ccid/message.hpp"
#include "ccid/card.hpp"

#include <algorithm>

using namespace dosario;
using namespace dosario::ccid;
using dosario::test::hex;

namespace {

/// The one message that these bytes are, in pieces of every size.
Message one_message(std::string_view text) {
    const Bytes bytes = hex(text);
    Message found;
    for (std::size_t size = 1; size <= bytes.size(); ++size) {
        Assembler assembler{kUsualMessage};
        Message message;
        for (std::size_t at = 0; at < bytes.size(); at += size) {
            assembler.add(ByteView{bytes}.subspan(at, std::min(size, bytes.size() - at)));
            const bool last = at + size >= bytes.size();
            REQUIRE(assembler.next(message) == (last ? Assembler::Found::message : Assembler::Found::nothing));
        }
        CHECK_FALSE(assembler.is_inside());
        found = message;
    }
    return found;
}

struct Order_ {
    const char* name;
    const char* bytes;
    Order order;
    std::uint8_t sequence;
    const char* content;
};

}  // namespace

TEST_CASE("orders are written as other hosts write them", "[ccid][vectors]") {
    const Order_ kOrders[] = {
        {"ccid-019", "6b050000000000000000ff00510000", Order::escape, 0, "ff00510000"},
        {"ccid-021", "6f090000000000000000ff00000004d44a0100", Order::transfer, 0, "ff00000004d44a0100"},
        {"ccid-023", "6f080000000000000000ff00000003d44400", Order::transfer, 0, "ff00000003d44400"},
        {"ccid-026", "6f0b0000000000000000ff00000006d43205000102", Order::transfer, 0, "ff00000006d43205000102"},
        {"ccid-029", "65000000000000000000", Order::slot_status, 0, ""},
        {"ccid-032", "6f050000000001000000ffca000000", Order::transfer, 1, "ffca000000"},
        {"ccid-034", "6f050000000002000000ffb0000410", Order::transfer, 2, "ffb0000410"},
        {"ccid-036", "6f090000000003000000ffd6000404d1010c54", Order::transfer, 3, "ffd6000404d1010c54"},
        {"ccid-040", "65000000000005000000", Order::slot_status, 5, ""},
        {"ccid-043", "63000000000006000000", Order::power_off, 6, ""},
    };
    for (const Order_& one : kOrders) {
        INFO(one.name);
        CHECK(to_hex(write_message(one.order, 0, one.sequence, {0, 0, 0}, hex(one.content))) == one.bytes);
    }
    CHECK(to_hex(pn532::few_retries()) == "ff00000006d43205000102");
    CHECK(to_hex(apdu::get_uid()) == "ffca000000");
    CHECK(to_hex(apdu::read_binary(4, 16)) == "ffb0000410");
    CHECK(to_hex(apdu::update_binary(4, hex("d1010c54"))) == "ffd6000404d1010c54");
    CHECK(to_hex(apdu::read_binary(0x123, 4)) == "ffb0012304");
}

TEST_CASE("an ACR122U that says that there is no card says the truth otherwise", "[ccid][vectors]") {
    // bStatus 02 and 00, bError FE and 81: the order was done all the same.
    for (const char* const bytes :
         {"8002000000000002fe009002", "8005000000000000fe00d545009000", "80040000000000008100d5099000"}) {
        const Message message = one_message(bytes);
        CHECK(message.type == static_cast<std::uint8_t>(Reply::data_block));
        CHECK(message.outcome() == Message::Outcome::done);
    }
    const auto leds = parse_apdu_answer(one_message("8002000000000002fe009002").content);  // ccid-016
    CHECK(leds->status_word == 0x9002);
    CHECK_FALSE(leds->ok());
    const auto deselected = parse_apdu_answer(one_message("8005000000000000fe00d545009000").content);  // ccid-024
    CHECK(deselected->ok());
    CHECK(pn532::unwrap(0x44, deselected->content) == hex("00"));
    const auto written = parse_apdu_answer(one_message("80040000000000008100d5099000").content);  // ccid-025
    CHECK(pn532::unwrap(0x08, written->content) == Bytes{});
    // The late answer of libnfc #666: it answers another command than the last one.
    CHECK_FALSE(pn532::unwrap(pn532::kConfigureRf, written->content));
}

TEST_CASE("what a PN532 lists is taken apart, with what is behind it", "[ccid][vectors]") {
    const auto list = [](const char* content) { return pn532::parse_targets(hex(content)); };
    // libnfc #476: a MIFARE Classic.
    const auto one = parse_apdu_answer(hex("d54b010104000804 82acb95d9000"));
    const auto targets = pn532::parse_targets(pn532::unwrap(pn532::kListTargets, one->content).value());
    REQUIRE((targets && targets->size() == 1));
    CHECK(to_hex((*targets)[0].uid) == "82acb95d");
    CHECK((*targets)[0].sak == 0x08);
    CHECK(list("00")->empty());
    const auto two = list("02 01 0344 20 07 04112233445566 0675778102 80 02 0044 00 07 04a2b3c4d5e680");
    REQUIRE((two && two->size() == 2));
    CHECK((*two)[0].sak == 0x20);
    CHECK(to_hex((*two)[1].uid) == "04a2b3c4d5e680");
    for (const char* const broken :
         {"", "03", "01", "0101040008", "01010400080482acb9", "01010400080482acb95d00", "0101034420070411223344556607757781"})
        CHECK_FALSE(list(broken));
}

TEST_CASE("answers of PC/SC, and what came of orders", "[ccid][vectors]") {
    CHECK(to_hex(one_message("801300000000000000003bbe9500004103000000000000000000029000").content) ==
          "3bbe9500004103000000000000000000029000");                                                    // ccid-018, of the SAM
    const auto uid = parse_apdu_answer(one_message("8009000000000100000004a2b3c4d5e6809000").content);  // ccid-033
    CHECK(uid->ok());
    CHECK(to_hex(uid->content) == "04a2b3c4d5e680");
    CHECK(parse_apdu_answer(one_message("801200000000020000000310d1010c5402656e48656c6c6f20479000").content)->ok());  // ccid-035
    CHECK(parse_apdu_answer(one_message("800200000000030000006300").content)->status_word == 0x6300);                 // ccid-037
    CHECK(parse_apdu_answer(one_message("800200000000040000006a81").content)->status_word == 0x6A81);                 // ccid-038
    CHECK(one_message("800200000000ff0000009000").sequence == 255);                                                   // ccid-039
    const Message inactive = one_message("81000000000005010000");                                                     // ccid-042
    CHECK(inactive.type == static_cast<std::uint8_t>(Reply::slot_status));
    CHECK(inactive.card() == Message::Card::inactive);
    const Message more_time = one_message("80000000000007800100");  // ccid-045
    CHECK(more_time.outcome() == Message::Outcome::wants_time);
    CHECK(more_time.error == 1);
    const Message mute = one_message("8000000000000842fe00");  // ccid-046
    CHECK(mute.outcome() == Message::Outcome::failed);
    CHECK(mute.card() == Message::Card::absent);
    CHECK(error_words(mute.error) == "the card does not answer, or there is none");
    CHECK(to_hex(one_message("83060000000009000000e10000000102").content) == "e10000000102");  // ccid-048
    CHECK_FALSE(parse_apdu_answer(hex("90")));
}

TEST_CASE("notices of slots and of the hardware", "[ccid][vectors]") {
    const auto change = parse_notice(hex("5003"));  // ccid-044
    REQUIRE(change);
    CHECK(change->slots[0].present);
    CHECK(change->slots[0].changed);
    CHECK_FALSE(change->slots[1].changed);
    CHECK(parse_notice(hex("5008"))->slots[1].changed);
    CHECK(parse_notice(hex("51000701"))->hardware_error);
    for (const char* const other : {"", "50", "51", "5100", "8003"}) CHECK_FALSE(parse_notice(hex(other)));
}

TEST_CASE("a length that no message can have is refused at its header, and what is none is dropped", "[ccid]") {
    Assembler assembler{kUsualMessage};
    Message message;
    assembler.add(hex("80060100000000000000"));  // 262 bytes, one more than fits
    CHECK(assembler.next(message) == Assembler::Found::too_long);
    CHECK_FALSE(assembler.is_inside());
    assembler.add(hex("80ffffffff"));
    CHECK(assembler.next(message) == Assembler::Found::too_long);
    assembler.add(hex("65000000000000000000"));
    CHECK(assembler.next(message) == Assembler::Found::no_message);
    assembler.add(hex("8100000000000500000081000000000006000000"));  // two in one transfer
    REQUIRE(assembler.next(message) == Assembler::Found::message);
    CHECK(message.sequence == 5);
    REQUIRE(assembler.next(message) == Assembler::Found::message);
    CHECK(message.sequence == 6);
    CHECK(assembler.next(message) == Assembler::Found::nothing);
}

TEST_CASE("the class descriptor says how long messages are, and one that cannot be is none", "[ccid]") {
    // ACR122U (CCID 1.00).
    const std::string text =
        "3621 0001 00 07 02000000 a00f0000 a00f0000 00 002a0000 90d00300 00 00010000 00000000 00000000 40000200 0f010000 00 00 0000 00 01";
    const auto found = parse_descriptor(hex(text));
    REQUIRE(found);
    CHECK(found->max_message == 271);
    CHECK(found->last_slot == 0);
    CHECK(found->voltages == 7);
    CHECK(found->takes_apdus());
    CHECK_FALSE(found->chooses_voltage());
    Bytes bytes = hex(text);
    for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(parse_descriptor(ByteView{bytes}.first(size)));
    bytes[44] = bytes[45] = std::byte{0};
    CHECK_FALSE(parse_descriptor(bytes));
    bytes[47] = std::byte{0xFF};
    CHECK(parse_descriptor(bytes)->max_message == kLargestMessage);
}

TEST_CASE("an ATR says what kind of card it is of", "[ccid]") {
    const auto kind = [](const char* atr) { return read_atr(hex(atr)); };
    const auto ultralight = kind("3b8f8001804f0ca0000003060300030000000068");
    CHECK(ultralight.what == AtrWords::What::contactless);
    CHECK(ultralight.kind == CardKind::iso14443a);
    CHECK(ultralight.memory == Memory::type2);
    CHECK(kind("3b8f8001804f0ca000000306030001000000006a").memory == Memory::none);
    const auto icode = kind("3b8f8001804f0ca0000003060b00140000000077");
    CHECK(icode.kind == CardKind::iso15693);
    CHECK(icode.memory == Memory::type5);
    CHECK(kind("3b8f8001804f0ca00000030611003b0000000042").kind == CardKind::felica);
    CHECK(kind("3b8f8001804f0ca00000030605000700000000").kind == CardKind::iso14443b);
    CHECK(kind("3b8180018080").what == AtrWords::What::contactless);
    CHECK(kind("3b8180018080").kind == CardKind::unknown);
    CHECK(kind("3b00").what == AtrWords::What::nothing_there);
    for (const char* const other : {"", "3b", "3b65000020", "3f8180018080", "3bbe9500004103000000000000000000029000"})
        CHECK(kind(other).what == AtrWords::What::contact);
}

TEST_CASE("UIDs are turned the right way, and what is none is refused", "[ccid]") {
    const auto turned = [](CardKind kind, const char* uid) {
        const auto found = ordered_uid(kind, hex(uid));
        return found ? to_hex(*found) : std::string{};
    };
    CHECK(turned(CardKind::iso15693, "01234567010104e0") == "e004010167452301");
    CHECK(turned(CardKind::iso15693, "e004010167452301") == "e004010167452301");
    CHECK(turned(CardKind::iso15693, "0004010167452301").empty());
    CHECK(turned(CardKind::iso15693, "e0040101").empty());
    CHECK(turned(CardKind::iso14443a, "a1b2c3").empty());
    CHECK(turned(CardKind::iso14443a, "01234567010104e0") == "01234567010104e0");
    CHECK(turned(CardKind::unknown, "0102030405060708090a0b").empty());
    CHECK(kind_by_uid(CardKind::unknown, 7) == CardKind::iso14443a);
    CHECK(kind_by_uid(CardKind::unknown, 4) == CardKind::unknown);
    CHECK(kind_by_uid(CardKind::felica, 7) == CardKind::felica);
}

TEST_CASE("frames of ISO 15693, with their CRC", "[ccid][iso15693][vectors]") {
    CHECK(iso15693::crc16(as_bytes(std::string_view{"123456789"})) == 0x906E);
    const auto body = [](const char* frame) {
        const Bytes bytes = hex(frame);
        const auto found = iso15693::checked(bytes);
        return found ? to_hex(*found) : std::string{"-"};
    };
    CHECK(body("360100006aa1") == "36010000");                // iso15693-001, sniffed
    CHECK(body("260100f60a") == "260100");                    // 002
    const Bytes inventory = hex("000001234567010104e01a68");  // 003: flags, DSFID, UID
    const auto inventoried = iso15693::parse_answer(iso15693::checked(inventory).value());
    REQUIRE((inventoried && !inventoried->error));
    CHECK(ordered_uid(CardKind::iso15693, ByteView{inventoried->content}.subspan(1)) == hex("e004010167452301"));
    const Bytes uid = hex("e004010167452301");
    const auto with_crc = [](Bytes bytes) {
        const unsigned crc = iso15693::crc16(bytes);
        bytes.push_back(static_cast<std::byte>(crc & 0xFF));
        bytes.push_back(static_cast<std::byte>(crc >> 8));
        return to_hex(bytes);
    };
    CHECK(with_crc(iso15693::read_block(4, uid)) == "222001234567010104e004f2ec");                            // 004
    CHECK(with_crc(iso15693::write_block(4, hex("11223344"), uid)) == "222101234567010104e004112233441891");  // 006
    CHECK(with_crc(iso15693::system_information(uid)) == "222b01234567010104e015c2");                         // 008
    const Bytes block = hex("00d1010c5469cc");                                                                // 005
    CHECK(iso15693::parse_answer(iso15693::checked(block).value())->content == hex("d1010c54"));
    const Bytes error = hex("010f68ee");  // 007
    CHECK(iso15693::parse_answer(iso15693::checked(error).value())->error == std::uint8_t{0x0F});
    CHECK(body("360100006aa2") == "-");
    CHECK(body("6a") == "-");
    CHECK_FALSE(iso15693::parse_answer({}));
    CHECK_FALSE(iso15693::parse_answer(hex("01")));
}

// From a log of an ACR1552 with an ICODE SLI (community.nxp.com, 2025).
TEST_CASE("what an ACR1552U hands on to an ISO 15693 tag, and brings back", "[ccid][iso15693]") {
    CHECK(to_hex(apdu::begin_session()) ==
          "ffc20000028100"
          "00");
    CHECK(to_hex(apdu::choose_iso15693()) == "ffc20002048f020203");
    CHECK(to_hex(apdu::to_tag(iso15693::system_information())) ==
          "ffc200010495"
          "02022b00");
    CHECK(to_hex(apdu::to_tag(iso15693::write_block(0, hex("00010203")), true)) ==
          "ffc20001105f4604"
          "40420f00"
          "9507022100"
          "00010203"
          "00");
    const auto said =
        apdu::from_tag(hex("c003009000"
                           "920100"
                           "96020000"
                           "970f000f2e985c8a000104e000001b0301"));
    REQUIRE(said);
    const auto system = iso15693::parse_system(iso15693::parse_answer(*said)->content);
    REQUIRE(system);
    CHECK(to_hex(system->uid) == "e00401008a5c982e");
    CHECK(system->blocks == 28);
    CHECK(system->block_size == 4);
    CHECK_FALSE(apdu::from_tag(hex("c003016401")));
    CHECK_FALSE(
        apdu::from_tag(hex("c003016401"
                           "970100")));
    CHECK_FALSE(apdu::from_tag(hex("970500")));
    CHECK_FALSE(iso15693::parse_system(hex("0f2e985c8a000104e000001b")));
    CHECK(iso15693::parse_system(hex("002e985c8a000104e0"))->block_size == 0);
}
