// SPDX-License-Identifier: Apache-2.0
// What every simulated device must do: descriptors, standard requests, transfers made of packets; and the scanners of HID.
#include "host.hpp"

#include "reader/report_descriptor.hpp"
#include "support/usb_descriptors.hpp"

namespace dosario::test {
namespace {

std::vector<std::string> all_kinds() {
    std::vector<std::string> names;
    for (const ScannerKind& one : scanner_kinds()) names.emplace_back(one.name);
    return names;
}

/// Without readers of cards, which have a test of their own.
std::vector<std::string> kinds_that_scan() {
    std::vector<std::string> names = all_kinds();
    std::erase(names, "ccid");
    return names;
}

TEST_CASE("the descriptors of every kind are well-formed", "[simulated]") {
    const std::string kind = GENERATE(from_range(all_kinds()));
    INFO(kind);
    const auto device = plugged(kind +
                                ":serial=A1,product=C\xC3\xB3"
                                "digo");
    const UsbDescription& description = device->description();
    const Bytes of_device = request(*device, get_descriptor(1, 0, 18)).value();
    const Bytes head = request(*device, get_descriptor(2, 0, 9)).value();
    REQUIRE(head.size() == 9);
    const auto total = static_cast<std::uint16_t>(std::to_integer<unsigned>(head[2]) | std::to_integer<unsigned>(head[3]) << 8);
    const Bytes configuration = request(*device, get_descriptor(2, 0, total)).value();
    CHECK(descriptor_fault(of_device, configuration, description.speed == UsbSpeed::high) == "");
    CHECK(request(*device, get_descriptor(3, 0, 255)) == hex("04030904"));
    CHECK(request(*device, get_descriptor(3, 3, 255)) == hex("060341003100"));
    CHECK(request(*device, get_descriptor(3, 2, 255)) == hex("0e034300f3006400690067006f00"));
    CHECK_FALSE(request(*device, get_descriptor(3, 4, 255)));
    CHECK(request(*device, get_descriptor(6, 0, 10)).has_value() == (description.speed == UsbSpeed::high));
    CHECK_FALSE(request(*device, get_descriptor(2, 1, 9)));
    const Bytes nameless = plugged(kind)->description().device_descriptor();
    CHECK(std::to_integer<int>(nameless[16]) == 0);
}

TEST_CASE("the checker of descriptors finds what is wrong", "[simulated]") {
    const auto device = plugged("cdc_acm");
    const Bytes good = device->description().configuration_descriptor(), of_device = device->description().device_descriptor();
    std::size_t found = 0;
    for (std::size_t i = 0; i < good.size(); ++i) found += !descriptor_fault(of_device, ByteView{good}.first(i), false).empty();
    CHECK(found == good.size());
    for (const std::size_t i : {0u, 1u, 2u, 4u, 5u, 7u, 9u, 10u, 12u, 17u, 18u, 19u, 21u}) {
        Bytes bad = good;
        bad[i] ^= std::byte{0x03};
        INFO(i);
        CHECK_FALSE(descriptor_fault(of_device, bad, false).empty());
    }
    CHECK_FALSE(descriptor_fault(of_device, good, true).empty());
}

TEST_CASE("standard requests of a device", "[simulated]") {
    const std::string kind = GENERATE(from_range(all_kinds()));
    INFO(kind);
    const auto device = plugged(kind);
    const std::uint8_t endpoint = endpoint_of(*device);
    CHECK(request(*device, in(0x80, 8, 0, 0, 1)) == hex("00"));
    CHECK(device->read(endpoint, 64).outcome == Outcome::stalled);
    CHECK_FALSE(request(*device, in(0x82, 0, 0, endpoint, 2)));
    CHECK_FALSE(request(*device, out(0x00, 9, 2, 0)));
    REQUIRE(request(*device, kConfigure));
    CHECK(device->configured());
    CHECK(request(*device, in(0x80, 8, 0, 0, 1)) == hex("01"));
    CHECK(request(*device, in(0x81, 10, 0, 0, 1)) == hex("00"));
    CHECK(request(*device, out(0x01, 11, 0, 0)));
    CHECK_FALSE(request(*device, out(0x01, 11, 1, 0)));
    CHECK(request(*device, in(0x80, 0, 0, 0, 2)) == hex("0000"));
    CHECK(request(*device, out(0x00, 3, 1, 0)));
    CHECK(request(*device, in(0x80, 0, 0, 0, 2)) == hex("0200"));
    CHECK_FALSE(request(*device, in(0x81, 0, 0, 7, 2)));
    CHECK(request(*device, out(0x02, 3, 0, endpoint)));
    CHECK(request(*device, in(0x82, 0, 0, endpoint, 2)) == hex("0100"));
    CHECK(device->read(endpoint, 64).outcome == Outcome::stalled);
    CHECK(request(*device, out(0x02, 1, 0, endpoint)));
    CHECK(device->read(endpoint, 64).outcome == Outcome::waits);
    CHECK(device->read(0x8E, 64).outcome == Outcome::stalled);
    CHECK_FALSE(device->write(endpoint, {}));
    CHECK_FALSE(request(*device, in(0x80, 0x77, 0, 0, 2)));
    CHECK_FALSE(device->control({0x21, 0x09, 0x0200, 0, 5}, hex("00")));  // less data than announced
    REQUIRE(request(*device, out(0x00, 9, 0, 0)));
    CHECK_FALSE(device->configured());
}

TEST_CASE("any request is answered or stalled, and never with more than it has room for", "[simulated]") {
    const std::string kind = GENERATE(from_range(all_kinds()));
    const auto device = started(kind);
    for (unsigned type = 0; type < 256; ++type) {
        for (unsigned number = 0; number < 256; ++number) {
            for (const unsigned value : {0u, 1u, 0x0100u, 0x0303u, 0x2200u, 0x8484u, 0xFFFFu}) {
                const UsbSetup setup{static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(number),
                                     static_cast<std::uint16_t>(value), 0, 3};
                const auto answer = device->control(setup, setup.in() ? Bytes{} : Bytes(3));
                if (answer && answer->size() > (setup.in() ? 3u : 0u)) FAIL("too long: " << type << " " << number);
            }
        }
    }
}

TEST_CASE("a transfer ends with a short packet or a full buffer, and waits until then", "[simulated]") {
    const auto device = started("cdc_acm:suffix=none,piece=64");
    must(device->scan("", std::string(64, 'A')));
    CHECK(device->read(0x82, 64).bytes.size() == 64);
    CHECK(device->read(0x82, 64).bytes.empty());
    CHECK(device->read(0x82, 64).outcome == Outcome::waits);
    must(device->scan("", std::string(64, 'A')));
    must(device->scan("", "B"));
    CHECK(device->read(0x82, 128).bytes.size() == 64);
    CHECK(device->read(0x82, 128).bytes.size() == 1);
    must(device->scan("", "CCC"));
    CHECK(device->read(0x82, 2).outcome == Outcome::overflow);
    CHECK(device->read(0x82, 2).outcome == Outcome::waits);
}

TEST_CASE("a host that does not read loses scans, and is told so", "[simulated]") {
    const std::string kind = GENERATE(from_range(kinds_that_scan()));
    INFO(kind);
    const auto device = started(kind);
    std::size_t sent = 0;
    while (device->scan("", std::string(kLongestScan, 'A')).has_value()) ++sent;
    CHECK(error_of(device->scan("", std::string(kLongestScan, 'A'))).failure == Failure::full);
    CHECK(sent > 0);
    while (device->read(endpoint_of(*device), 64).outcome != Outcome::waits) {
    }
    must(device->scan("", "A"));
    CHECK(error_of(device->scan("", std::string(kLongestScan + 1, 'A'))).failure == Failure::invalid);
    CHECK(error_of(device->scan("d2", "A")).failure == Failure::invalid);
}

TEST_CASE("a keyboard types each character and lets go of it", "[simulated]") {
    const auto device = started("keyboard");
    const auto typed = [&](std::string_view text) {
        must(device->scan("]d2", text));
        std::string all;
        for (const Bytes& one : transfers(*device, 8)) {
            REQUIRE(one.size() == 8);
            all += (all.empty() ? "" : " ") + to_hex(one);
        }
        return all;
    };
    const std::string none = " 0000000000000000 ";
    const std::string enter = "0000280000000000 0000000000000000";
    CHECK(typed("A1\x1d#") ==
          "0200040000000000" + none + "00001e0000000000" + none + "0100300000000000" + none + "0200200000000000" + none + enter);
    CHECK(typed("z]}") == "00001d0000000000" + none + "0000300000000000" + none + "0200300000000000" + none + enter);
    CHECK(typed("\t \x1e\x04") ==
          "00002b0000000000" + none + "00002c0000000000" + none + "0300230000000000" + none + "0100070000000000" + none + enter);
    CHECK(error_of(device->scan("", "\xC3\xB1")).failure == Failure::invalid);
    CHECK(transfers(*device, 8).empty());
    CHECK(request(*device, out(0x21, 0x0B, 0, 0)));
    CHECK(request(*device, in(0xA1, 0x03, 0, 0, 1)) == hex("00"));
    CHECK(request(*device, out(0x21, 0x0A, 0, 0)));
    CHECK(request(*device, out(0x21, 0x09, 0x0200, 0, "02")));
    CHECK_FALSE(request(*device, out(0x21, 0x0B, 2, 0)));
}

/// The report descriptor as a host fetches it, by our own parser.
ReportDescriptor fetched(SimulatedDevice& device) {
    return must(parse_report_descriptor(request(device, get_descriptor(0x22, 0, 4096, 0x81)).value()));
}

TEST_CASE("report descriptors say what the reports are", "[simulated]") {
    const auto keys = started("keyboard");
    CHECK(fetched(*keys).serves({0x01, 0x06}));
    CHECK(fetched(*keys).report_bytes(0) == 8);
    struct Row {
        const char* kind;
        std::size_t aim, text, symbology;
    };
    const Row row = GENERATE(Row{"hidpos", 3, 6, 62}, Row{"honeywell", 2, 5, 61}, Row{"newland", 0, 2, 0});
    INFO(row.kind);
    const ReportDescriptor read = fetched(*started(row.kind));
    CHECK(read.serves({0x8C, 0x02}));
    CHECK(read.report_bytes(2) == 64);
    CHECK(read.find_variable({0x01, 0x3B})->byte_offset() == 1);
    CHECK(read.find_variable({0x8C, 0xFE})->byte_offset() == row.text);
    CHECK(read.find_variable({0x8C, 0xFE})->count == 56);
    CHECK(read.find_variable({0x8C, 0xFF})->bit_offset == 63 * 8);
    CHECK(read.find_variable({0x8C, 0xFB}).has_value() == (row.aim != 0));
    if (row.aim != 0) CHECK(read.find_variable({0x8C, 0xFB})->byte_offset() == row.aim);
    if (row.symbology != 0) CHECK(read.find_variable({0xFF66, 0x04})->byte_offset() == row.symbology);
}

TEST_CASE("HID POS reports of the three layouts", "[simulated]") {
    struct Row {
        const char* kind;
        const char* report;
    };
    const Row row = GENERATE(Row{"honeywell", "02215d6432303130373530313233343536373839303137323730393330313035411d32315331"},
                             Row{"hidpos", "0221005d6432303130373530313233343536373839303137323730393330313035411d32315331"},
                             Row{"newland", "0221303130373530313233343536373839303137323730393330313035411d32315331"});
    const auto device = started(row.kind);
    must(device->scan("]d2",
                      "010750123456789017270930105A\x1d"
                      "21S1"));
    const auto all = transfers(*device, 64);
    REQUIRE(all.size() == 1);
    Bytes expected = hex(row.report);
    expected.resize(64);
    if (row.kind == std::string{"honeywell"}) expected[61] = std::byte{0x77};
    if (row.kind == std::string{"hidpos"}) expected[62] = std::byte{0x77};
    CHECK(to_hex(all[0]) == to_hex(expected));
}

TEST_CASE("a long code comes in reports that say that it goes on", "[simulated]") {
    const auto device = started("hidpos");
    const std::size_t size = GENERATE(0u, 56u, 57u, 112u, 3116u);
    must(device->scan("]Q1", std::string(size, '9')));
    const auto all = transfers(*device, 64);
    REQUIRE(all.size() == std::max<std::size_t>(1, (size + 55) / 56));
    std::size_t length = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        length += std::to_integer<std::size_t>(all[i][1]);
        CHECK(std::to_integer<int>(all[i][63]) == (i + 1 < all.size() ? 1 : 0));
    }
    CHECK(length == size);
}

TEST_CASE("Honeywell's is silent until it is woken, and answers its menu", "[simulated]") {
    const auto asleep = started("honeywell", 0);
    CHECK(error_of(asleep->scan("", "A")).failure == Failure::unavailable);
    REQUIRE(request(*asleep, out(0x21, 0x09, 0x03FE, 0, "fe00")));
    CHECK_FALSE(request(*asleep, out(0x21, 0x09, 0x03FE, 0, "01")));
    CHECK_FALSE(request(*asleep, out(0x21, 0x09, 0x03FE, 1, "fe01")));
    CHECK(transfers(*asleep, 64).empty());
    CHECK(error_of(asleep->scan("", "A")).failure == Failure::unavailable);

    const auto device = started("honeywell");
    const auto command = [&](std::string_view words) {
        const std::string sent = "\x16M\r" + std::string{words};
        return request(*device, out(0x21, 0x09, 0x02FD, 0,
                                    "fd" + to_hex(Bytes{static_cast<std::byte>(sent.size())}) + to_hex(as_bytes(sent))));
    };
    REQUIRE(command("REVINF."));
    const auto answers = transfers(*device, 64);
    REQUIRE(answers.size() == 3);
    CHECK(to_hex(ByteView{answers[0]}.first(5)) == "02385d5830");
    CHECK(std::to_integer<int>(answers[0][63]) == 1);
    CHECK(to_hex(ByteView{answers[2]}.first(13)) == "02085d5a36524556494e46062e");
    REQUIRE(command("NOSUCH."));
    CHECK(to_hex(ByteView{transfers(*device, 64).at(0)}.first(13)) ==
          "02085d5a364e4f535543"
          "48152e");
    // A length that is not the command's: nothing happens.
    REQUIRE(request(*device, out(0x21, 0x09, 0x02FD, 0, "fd0f164d0d524556494e462e")));
    CHECK(transfers(*device, 64).empty());
    REQUIRE(request(*device, out(0x21, 0x09, 0x02FD, 0, "fd0316540d")));
    CHECK(transfers(*device, 64).empty());
}

TEST_CASE("a scanner is described in words", "[simulated]") {
    const ScannerSettings all = must(parse_scanner(
        "ftdi:baud=115200,line=7O2,suffix=crlf,prefix=soh,aim=yes,dtr=no,piece=3,serial=A1,product=X Y,vid=0403,pid=6010"));
    CHECK(all.line.baud == 115200);
    CHECK((all.line.data_bits == 7 && all.line.parity == Parity::odd && all.line.stop_bits == 2));
    CHECK((all.suffix == "\r\n" && all.prefix == "\x01" && all.sends_aim && !all.needs_dtr && all.piece == 3));
    CHECK((all.serial == "A1" && all.product_name == "X Y" && all.vendor == 0x0403 && all.product == 0x6010));
    for (const char* const wrong :
         {"", "nothing", "ftdi:baud", "ftdi:baud=", "ftdi:baud=0", "ftdi:baud=9600x", "ftdi:baud=99999999999", "ftdi:line=9N1",
          "ftdi:suffix=x", "ftdi:aim=1", "ftdi:colour=red", "ftdi:vid=10000", "ftdi:=", "ftdi:,"}) {
        INFO(wrong);
        CHECK(error_of(parse_scanner(wrong)).failure == Failure::invalid);
    }
    CHECK(says(error_of(parse_scanner("nothing")), "pl2303_hxn"));
    ScannerSettings broken;
    broken.line.baud = 0;
    CHECK(error_of(make_simulated(broken)).failure == Failure::invalid);
}

}  // namespace
}  // namespace dosario::test
