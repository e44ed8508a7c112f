// SPDX-License-Identifier: Apache-2.0
// Serial scanners: they talk to a host that prepared them as documented, and to no other.
#include "host.hpp"

#include "simulated/serial_line.hpp"

namespace dosario::test {
namespace {

constexpr const char* kSerialKinds[] = {"cdc_acm", "cdc_acm_one", "ftdi", "ftdi_h", "cp210x", "ch341", "pl2303", "pl2303_hxn"};
/// Those with a line between the scanner and the chip.
constexpr const char* kBridges[] = {"ftdi", "ftdi_h", "cp210x", "ch341", "pl2303", "pl2303_hxn"};
const std::string kCode =
    "0107791234567898\x1d"
    "21SN0001";

TEST_CASE("a serial scanner that was started as documented sends its code and the suffix", "[simulated]") {
    const std::string kind = GENERATE(from_range(std::begin(kSerialKinds), std::end(kSerialKinds)));
    INFO(kind);
    const auto device = started(kind);
    must(device->scan("]d2", kCode));
    CHECK(text_from(*device) == kCode + "\r");
    must(device->scan("", "B"));
    must(device->scan("", std::string(200, 'C')));
    CHECK(text_from(*device) == "B\r" + std::string(200, 'C') + "\r");
    for (const UsbEndpoint& one : device->description().interfaces.back().endpoints)
        CHECK(device->write(one.address, hex("0102")) != one.in());
}

TEST_CASE("without any one step of its start a serial scanner stays silent", "[simulated]") {
    const std::string kind = GENERATE(from_range(std::begin(kSerialKinds), std::end(kSerialKinds)));
    const auto steps = start_up(kind);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        INFO(kind << " without step " << i);
        const auto device = started(kind, i);
        const auto scanned = device->scan("", kCode);
        if (!steps[i].needed) {
            must(scanned);
            CHECK(text_from(*device) == kCode + "\r");
        } else if (scanned.has_error()) {
            CHECK(scanned.error().failure == Failure::unavailable);
            CHECK(transfers(*device).empty());
        } else {
            // CP210x has a rate from the start: what comes at another one is no code.
            CHECK(kind == "cp210x");
            CHECK(text_from(*device).find(kCode) == std::string::npos);
        }
    }
    const auto unconfigured = plugged(kind);
    CHECK(error_of(unconfigured->scan("", kCode)).failure == Failure::unavailable);
}

TEST_CASE("a scanner at another rate or format than its bridge sends damaged bytes", "[simulated]") {
    const std::string kind = GENERATE(from_range(std::begin(kBridges), std::end(kBridges)));
    const std::string settings =
        GENERATE("baud=19200", "baud=4800", "baud=115200", "baud=9984", "baud=9216", "line=7E1", "line=8E1");
    INFO(kind << " " << settings);
    const auto device = started(kind + ":" + settings);
    must(device->scan("", kCode));
    CHECK(text_from(*device).find(kCode) == std::string::npos);
    const auto near = started(kind + ":baud=" + GENERATE("9400", "9800"));
    must(near->scan("", kCode));
    CHECK(text_from(*near) == kCode + "\r");
}

TEST_CASE("a line that is sampled up to three in a hundred beside its rate is read, beyond that it is not", "[simulated]") {
    const Bytes sent = hex("0055aaff313233410d00ff");
    for (std::uint32_t baud = 5000; baud <= 20000; baud += 50) {
        INFO(baud);
        const double off = std::abs(10000.0 / baud - 1);
        const SampledLine line = sample_line(sent, {10000, 8, Parity::none, 1}, {baud, 8, Parity::none, 1});
        if (off <= kToleratedError) {
            CHECK(line.bytes == sent);
            CHECK_FALSE(line.framing_error);
        } else if (off > kToleratedError + 0.003) {
            CHECK(line.bytes != sent);
        }
    }
    // Seven bits and even parity, read as eight: the parity is the top bit.
    CHECK(sample_line(hex("4143"), {9600, 7, Parity::even, 1}, {9600, 8, Parity::none, 1}).bytes == hex("41c3"));
    CHECK(sample_line(hex("41"), {9600, 8, Parity::none, 2}, {9600, 8, Parity::none, 1}).bytes == hex("41"));
}

TEST_CASE("DTR that is taken back, and a scanner that does not look at it", "[simulated]") {
    const std::string kind = GENERATE(from_range(std::begin(kSerialKinds), std::end(kSerialKinds)));
    INFO(kind);
    const auto steps = start_up(kind);
    const auto careless = started(kind + ":dtr=no", steps.size() - 1);
    must(careless->scan("", kCode));
    CHECK(text_from(*careless) == kCode + "\r");

    const auto device = started(kind);
    Step dtr = steps.back();
    dtr.setup.value = kind == "ch341" ? 0xFFFF : kind.starts_with("ftdi") || kind == "cp210x" ? 0x0100 : 0;
    REQUIRE(request(*device, dtr));
    CHECK(error_of(device->scan("", kCode)).failure == Failure::unavailable);
}

TEST_CASE("prefix, symbology identifier, suffix and pieces are as the scanner was set up", "[simulated]") {
    const auto one = started("cp210x:aim=yes,suffix=crlf");
    must(one->scan("]d2", "A"));
    CHECK(text_from(*one) == "]d2A\r\n");
    const auto two = started("cp210x:prefix=stx,suffix=etx,piece=2");
    must(two->scan("]d2", "ABC"));
    CHECK(transfers(*two) == std::vector<Bytes>{hex("0241"), hex("4243"), hex("03")});
    const auto three = started("cdc_acm:suffix=none");
    must(three->scan("", "A"));
    CHECK(text_from(*three) == "A");
}

TEST_CASE("every packet of FTDI begins with two bytes of status", "[simulated]") {
    const bool high = GENERATE(false, true);
    const std::size_t packet = high ? 512 : 64;
    const std::string head = high ? "0260" : "0160";
    const auto device = started(high ? "ftdi_h:suffix=none" : "ftdi:suffix=none");
    const std::string code(packet, 'A');  // two bytes more than a packet holds
    must(device->scan("", code));
    const auto all = transfers(*device, 4 * packet);
    REQUIRE(all.size() == 1);
    CHECK(all[0].size() == packet + 4);
    CHECK(to_hex(ByteView{all[0]}.first(3)) == head + "41");
    CHECK(to_hex(ByteView{all[0]}.subspan(packet)) == head + "4141");

    must(device->scan("", std::string(packet - 2, 'A')));  // a full packet, then one of status alone, which ends the transfer
    CHECK(to_hex(device->read(0x81, 8 * packet).bytes).ends_with("41" + head));
    must(device->scan("", "A"));
    CHECK(device->read(0x81, 2).outcome == Outcome::overflow);

    CHECK(device->idle_period() == std::chrono::milliseconds{16});
    device->idle();
    device->idle();
    CHECK(transfers(*device) == std::vector<Bytes>{hex(head)});
    REQUIRE(request(*device, out(0x40, 9, 1, 0)));
    CHECK(device->idle_period() == std::chrono::milliseconds{1});
    CHECK(request(*device, in(0xC0, 10, 0, 0, 1)) == hex("01"));
    CHECK_FALSE(request(*device, out(0x40, 9, 0, 0)));

    must(device->scan("", "A"));
    REQUIRE(request(*device, out(0x40, 0, 1, 0)));
    CHECK(transfers(*device).empty());
}

TEST_CASE("FTDI says in its status that frames were broken", "[simulated]") {
    const auto device = started("ftdi:baud=4800");
    must(device->scan("", kCode));
    CHECK(std::to_integer<unsigned>(transfers(*device).front()[1]) == 0x68);
}

TEST_CASE("FTDI's divisors give the rates of the maker's table", "[simulated]") {
    struct Row {
        std::uint32_t baud;
        std::uint16_t value, index;
    };
    // 3 MHz by 312.5, 78.125, 52.125, 26, 10000, 1; the last with the third bit of the eighths: 3 MHz by 6.5 + 0.125.
    const Row row = GENERATE(Row{9600, 0x4138, 0}, Row{38400, 0xC04E, 0}, Row{57554, 0xC034, 0}, Row{115385, 0x001A, 0},
                             Row{300, 0x2710, 0}, Row{3'000'000, 0, 0}, Row{452'830, 0x4006, 1});
    INFO(row.baud);
    const auto device = started("ftdi:baud=" + std::to_string(row.baud));
    REQUIRE(request(*device, out(0x40, 3, row.value, row.index)));
    must(device->scan("", kCode));
    CHECK(text_from(*device) == kCode + "\r");
}

TEST_CASE("CH341 withholds what is less than its buffer unless it is told to send at once", "[simulated]") {
    const auto device = started("ch341:suffix=none");
    REQUIRE(request(*device, out(0x40, 0x9A, 0x1312, 0xB202)));
    must(device->scan("", std::string(20, 'A')));
    CHECK(transfers(*device, 32).empty());
    must(device->scan("", std::string(20, 'B')));
    CHECK(transfers(*device, 32) == std::vector<Bytes>{hex("4141414141414141414141414141414141414141"
                                                           "424242424242424242424242")});
    REQUIRE(request(*device, out(0x40, 0x9A, 0x1312, 0xB282)));
    must(device->scan("", "C"));
    CHECK(text_from(*device) == "BBBBBBBBC");
    CHECK(request(*device, in(0xC0, 0x95, 0x2518, 0, 2)) == hex("c300"));
}

TEST_CASE("PL2303: a false step begins the start-up again, and HXN knows no such requests", "[simulated]") {
    const auto device = plugged("pl2303");
    request(*device, kConfigure);
    const auto steps = start_up("pl2303");
    for (std::size_t i = 0; i < steps.size(); ++i) {
        REQUIRE(request(*device, steps[i]));
        if (i == 4) REQUIRE(request(*device, in(0xC0, 1, 0x8383, 0, 1)));
    }
    CHECK(says(error_of(device->scan("", "A")), "eight reads and writes"));
    const auto hxn = started("pl2303_hxn");
    CHECK_FALSE(request(*hxn, in(0xC0, 1, 0x8080, 0, 1)));
    CHECK(request(*started("pl2303"), in(0xC0, 1, 0x8080, 0, 1)));
    CHECK_FALSE(request(*hxn, out(0x40, 1, 8, 0)));
    must(hxn->scan("", "A"));
    REQUIRE(request(*hxn, out(0x40, 0x80, 7, 3)));
    CHECK(transfers(*hxn).empty());
}

TEST_CASE("PL2303 takes a rate as a divisor", "[simulated]") {
    const auto device = started("pl2303_hxn:baud=250000");
    // 384 MHz by 96 * 4^2.
    REQUIRE(request(*device, out(0x21, 0x20, 0, 0, "60040080000008")));
    must(device->scan("", kCode));
    CHECK(text_from(*device) == kCode + "\r");
}

TEST_CASE("CDC: line coding is kept, lines are told, other interfaces are refused", "[simulated]") {
    const auto device = started("cdc_acm");
    CHECK(device->read(0x83, 16).bytes == hex("a1200000000002000300"));
    REQUIRE(request(*device, out(0x21, 0x20, 0, 0, "00c20100000007")));
    CHECK(request(*device, in(0xA1, 0x21, 0, 0, 7)) == hex("00c20100000007"));
    CHECK_FALSE(request(*device, out(0x21, 0x22, 3, 1)));
    CHECK_FALSE(request(*device, out(0x21, 0x20, 0, 0, "00c201000000")));
    CHECK_FALSE(request(*device, out(0x21, 0x20, 0, 0, "00c20100000009")));
    must(device->scan("", std::string(63, 'A')));  // with the suffix a full packet: an empty one ends the transfer
    CHECK(device->read(0x82, 512).bytes.size() == 64);
}

TEST_CASE("CP210x: its requests need the right recipient, and reading gives what was written", "[simulated]") {
    const auto device = started("cp210x");
    CHECK_FALSE(request(*device, out(0x41, 0x07, 0x0303, 1)));
    CHECK_FALSE(request(*device, out(0x40, 0x00, 1, 0)));
    CHECK(request(*device, in(0xC1, 0x1D, 0, 0, 4)) == hex("80250000"));
    CHECK(request(*device, in(0xC1, 0x04, 0, 0, 2)) == hex("0008"));
    REQUIRE(request(*device, out(0x41, 0x03, 0x0721, 0)));
    CHECK(request(*device, in(0xC1, 0x04, 0, 0, 2)) == hex("2207"));
    CHECK(request(*device, in(0xC0, 0xFF, 0x370B, 0, 1)) == hex("02"));
    REQUIRE(request(*device, out(0x41, 0x00, 0, 0)));
    CHECK(says(error_of(device->scan("", "A")), "enabled"));
}

}  // namespace
}  // namespace dosario::test
