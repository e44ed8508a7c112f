// SPDX-License-Identifier: Apache-2.0
// What each chip is told, byte for byte as the makers' documents and the public drivers have it, and what is taken from its packets.
#include "support/catch.hpp"

#include "serial/bridge.hpp"

using namespace dosario;

namespace {

UsbInterface device(std::uint16_t vid, std::uint16_t pid, std::uint8_t number = 0) {
    UsbInterface one;
    one.vid = vid;
    one.pid = pid;
    one.number = number;
    one.class_code = kVendorClass;
    one.bulk_in = 0x81;
    one.bulk_out = 0x02;
    one.bulk_packet = 64;
    one.control_packet = 64;
    return one;
}

UsbInterface cdc(std::uint8_t number = 0) {
    UsbInterface one = device(0x05E0, 0x1701, number);
    one.class_code = kCommunicationsClass;
    one.subclass = kAbstractControl;
    return one;
}

std::unique_ptr<SerialBridge> bridge(const UsbInterface& one) {
    const auto chip = bridge_chip(one);
    REQUIRE(chip.has_value());
    return make_bridge(*chip, one);
}

/// Setup and data of each request, in hexadecimal.
std::vector<std::string> told(const UsbInterface& one, int rate) {
    std::vector<std::string> all;
    for (const ReaderWrite& write : bridge(one)->opening(rate)) {
        REQUIRE(write.setup.has_value());
        all.push_back(to_hex(std::as_bytes(std::span{*write.setup})) + to_hex(write.bytes));
    }
    return all;
}

bool tells(const UsbInterface& one, int rate, std::string_view request) {
    const auto all = told(one, rate);
    return std::find(all.begin(), all.end(), request) != all.end();
}

std::string taken(SerialBridge& chip, std::string_view hex, std::uint8_t endpoint = 0x81) {
    const Bytes transfer = *from_hex(hex);
    return to_hex(chip.receive(endpoint, transfer).bytes);
}

}  // namespace

TEST_CASE("a serial line is known by its class, or by the numbers of its chip", "[serial]") {
    CHECK(bridge_chip(cdc()) == BridgeChip::cdc_acm);
    CHECK(bridge_chip(device(0x0403, 0x6001)) == BridgeChip::ftdi);
    CHECK(bridge_chip(device(0x0403, 0x6014)) == BridgeChip::ftdi);
    CHECK(bridge_chip(device(0x10C4, 0xEA60)) == BridgeChip::cp210x);
    CHECK(bridge_chip(device(0x1A86, 0x7523)) == BridgeChip::ch34x);
    CHECK(bridge_chip(device(0x1A86, 0x5523)) == BridgeChip::ch34x);
    CHECK(bridge_chip(device(0x067B, 0x2303)) == BridgeChip::pl2303);
    CHECK(bridge_chip(device(0x067B, 0x23A3)) == BridgeChip::pl2303);
    CHECK_FALSE(bridge_chip(device(0x067B, 0x1234)));
    CHECK_FALSE(bridge_chip(device(0x046D, 0xC31C)));
    UsbInterface network = cdc();
    network.subclass = 0x06;  // Ethernet
    CHECK_FALSE(bridge_chip(network));
}

TEST_CASE("CDC-ACM: line coding and DTR, to the communications interface", "[serial][cdc]") {
    CHECK(told(cdc(), 9600) == std::vector<std::string>{"212000000000070080250000000008", "2122030000000000"});
    CHECK(told(cdc(), 115200).front() == "212000000000070000c20100000008");
    CHECK(told(cdc(2), 9600) == std::vector<std::string>{"212000000200070080250000000008", "2122030002000000"});
}

TEST_CASE("CDC-ACM: what the line says of itself is no content", "[serial][cdc]") {
    const auto chip = bridge(cdc());
    CHECK(taken(*chip, "5d43310d") == "5d43310d");
    CHECK(taken(*chip, "a1200000000002000300", 0x83).empty());
    CHECK(chip->receive(0x83, *from_hex("a1200000000002000300")).broken_rule == nullptr);
    for (const char* damaged : {"a1200000000002004000", "a1200000000002002000", "a1200000000002001000"})
        CHECK(chip->receive(0x83, *from_hex(damaged)).broken_rule != nullptr);
    // Other notices (NETWORK_CONNECTION, RESPONSE_AVAILABLE; half a SERIAL_STATE) are no content either.
    UsbInterface with_notices = cdc();
    with_notices.endpoint_in = 0x83;
    const auto told = bridge(with_notices);
    for (const char* notice : {"a100010000000000", "a101000000000000", "a120000000000200", "41"})
        CHECK(taken(*told, notice, 0x83).empty());
    CHECK(told->receive(0x83, *from_hex("a1200000000002004000")).broken_rule != nullptr);
    CHECK(taken(*told, "5d43310d") == "5d43310d");
    // The same bytes on the line itself are the line's.
    CHECK(taken(*chip, "a1200000000002004000") == "a1200000000002004000");
}

TEST_CASE("FTDI: rates as the chips divide them", "[serial][ftdi]") {
    const UsbInterface one = device(0x0403, 0x6001);
    CHECK(tells(one, 9600, "4003384100000000"));
    CHECK(tells(one, 38400, "40034ec000000000"));
    CHECK(tells(one, 57600, "400334c000000000"));
    CHECK(tells(one, 115200, "40031a0000000000"));
    // FT-X has the highest bit of the divisor where the H chips have the port.
    CHECK(tells(device(0x0403, 0x6015), 38400, "40034ec000000000"));
    CHECK(tells(device(0x0403, 0x6014), 9600, "4003384101000000"));
    // The chips with several ports want the port beside the divisor.
    CHECK(tells(device(0x0403, 0x6010, 1), 9600, "4003384102000000"));
    for (const char* request : {"4000000001000000", "4004080001000000", "4001030301000000", "4009280001000000",
                                "4002000001000000", "4000010001000000", "4000020001000000"})
        CHECK(tells(one, 9600, request));
    CHECK(tells(device(0x0403, 0x6010, 1), 9600, "4004080002000000"));
    // A reader of tags is asked, and each answer waited for.
    const auto asked = make_bridge(BridgeChip::ftdi, one, LineUse::asks)->opening(57600);
    CHECK(std::ranges::any_of(
        asked, [](const ReaderWrite& write) { return to_hex(std::as_bytes(std::span{*write.setup})) == "4009080001000000"; }));
}

TEST_CASE("FTDI: two bytes of status go from each packet, not from each transfer", "[serial][ftdi]") {
    const auto chip = bridge(device(0x0403, 0x6001));
    CHECK(taken(*chip, "0160").empty());
    CHECK(taken(*chip, "").empty());
    CHECK(taken(*chip, "016013000103010c0000000000000000000003133f39") == "13000103010c0000000000000000000003133f39");
    std::string packet = "0160", content;
    for (int i = 0; i < 62; ++i) content += to_hex(std::array{static_cast<std::byte>(i)});
    CHECK(taken(*chip, packet + content + "0160c8c9") == content + "c8c9");
    CHECK(taken(*chip, packet + content + packet + content + "0160") == content + content);

    UsbInterface high_speed = device(0x0403, 0x6014);
    high_speed.bulk_packet = 512;
    CHECK(taken(*bridge(high_speed), packet + content + "0160c8c9") == content + "0160c8c9");
    UsbInterface unwritten = device(0x0403, 0x6001);
    unwritten.bulk_packet = 0;
    CHECK(taken(*bridge(unwritten), packet + content + "0160c8c9") == content + "c8c9");
}

TEST_CASE("FTDI: what the chip lost or got damaged is told, with the bytes it was among", "[serial][ftdi]") {
    const auto chip = bridge(device(0x0403, 0x6001));
    for (const char* damaged : {"0162", "0164", "0168", "016241", "01"}) {
        INFO(damaged);
        CHECK(chip->receive(0x81, *from_hex(damaged)).broken_rule != nullptr);
    }
    CHECK(taken(*chip, "016241") == "41");
    CHECK(chip->receive(0x81, *from_hex("016041")).broken_rule == nullptr);
}

TEST_CASE("every chip: DTR comes last, for many scanners speak as soon as they see it", "[serial]") {
    for (const UsbInterface& one : {cdc(), device(0x0403, 0x6001), device(0x10C4, 0xEA60), device(0x1A86, 0x7523),
                                    device(0x067B, 0x2303), device(0x067B, 0x23A3)}) {
        const std::string last = told(one, 9600).back();
        INFO(last);
        const std::vector<std::string> asserted{"2122030000000000", "4001030301000000", "4107030300000000", "40a49fff00000000"};
        CHECK(std::find(asserted.begin(), asserted.end(), last) != asserted.end());
        CHECK((one.class_code == kCommunicationsClass || bridge(one)->opening(9600).back().required));
    }
}

TEST_CASE("CP210x: enabled, rate, shape, emptied, lines", "[serial][cp210x]") {
    const auto all = told(device(0x10C4, 0xEA60), 57600);
    CHECK(all.front() == "4100010000000000");
    for (const char* request : {"411e00000000040000e10000", "4103000800000000", "4107030300000000", "41120f0000000000"}) {
        INFO(request);
        CHECK(tells(device(0x10C4, 0xEA60), 57600, request));
    }
    // A scanner that sees DTR before the queues are emptied speaks in vain.
    CHECK(tells(device(0x10C4, 0xEA60), 9600, "4113000000001000" + std::string(32, '0')));
    CHECK(tells(device(0x10C4, 0xEA60), 115200, "411e00000000040000c20100"));
    CHECK(tells(device(0x10C4, 0xEA70, 1), 9600, "4100010001000000"));
    CHECK(taken(*bridge(device(0x10C4, 0xEA60)), "0160414d0d") == "0160414d0d");
}

TEST_CASE("CH340: the divisors of the rates, with the bit that sends at once", "[serial][ch34x]") {
    const UsbInterface one = device(0x1A86, 0x7523);
    const std::pair<int, std::array<const char*, 2>> rates[] = {{9600, {"409a121382b20000", "409a2c0f0c000000"}},
                                                                {57600, {"409a121383980000", "409a2c0f10000000"}},
                                                                {115200, {"409a121383cc0000", "409a2c0f08000000"}}};
    for (const auto& [rate, registers] : rates) {
        for (const char* request : registers) {
            INFO(rate << ' ' << request);
            CHECK(tells(one, rate, request));
        }
    }
    for (const char* request : {"c05f000000000200", "40a1000000000000", "409a1825c3000000", "40a49fff00000000"})
        CHECK(tells(one, 9600, request));
}

TEST_CASE("PL2303: the fixed series for the old chips only, line and lines as CDC", "[serial][pl2303]") {
    const UsbInterface hx = device(0x067B, 0x2303);
    const auto all = told(hx, 57600);
    const std::vector<std::string> series{"c001848400000100", "4001040400000000", "c001848400000100", "c001838300000100",
                                          "c001848400000100", "4001040401000000", "c001848400000100", "c001838300000100",
                                          "4001000001000000", "4001010000000000", "4001020044000000"};
    REQUIRE(all.size() >= series.size());
    CHECK(std::equal(series.begin(), series.end(), all.begin()));
    for (const char* request : {"212000000000070000e10000000008", "2122030000000000", "4001080000000000", "4001090000000000"})
        CHECK(tells(hx, 57600, request));
    UsbInterface older = hx;
    older.control_packet = 8;
    CHECK(tells(older, 9600, "4001020024000000"));
    CHECK_FALSE(tells(older, 9600, "4001080000000000"));
    CHECK(told(device(0x067B, 0x23A3), 57600) ==
          std::vector<std::string>{"212000000000070000e10000000008", "4080070003000000", "2122030000000000"});
}
