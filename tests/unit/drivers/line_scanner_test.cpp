// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/reader_rig.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

UsbInterface cdc() {
    UsbInterface one;
    one.vid = 0x05E0;
    one.pid = 0x1701;
    one.class_code = kCommunicationsClass;
    one.subclass = kAbstractControl;
    one.bulk_in = 0x81;
    one.bulk_out = 0x02;
    one.bulk_packet = 64;
    return one;
}

struct Line : ReaderRig {
    explicit Line(ReaderSettings settings = {}, const UsbInterface& one = cdc()) : ReaderRig(one, settings, "serial_scanner") {}
    void sends(std::string_view text) { report(as_bytes(text)); }
    using Texts = std::vector<std::string>;
    using Kinds = std::vector<ReaderFault::Kind>;
};

ReaderSettings with_terminators(std::string terminators) {
    ReaderSettings settings;
    settings.terminators = std::move(terminators);
    return settings;
}

}  // namespace

TEST_CASE("CR, LF and CR LF end a scan, in any pieces, and never begin the next one", "[line]") {
    for (const char* end : {"\r", "\n", "\r\n"}) {
        for (const std::size_t piece : {1U, 2U, 7U, 64U}) {
            INFO(escape(end) << " in pieces of " << piece);
            const std::string all = std::string{"SKU-0001"} + end + "SKU-0002" + end + "SKU-0003" + end;
            Line line;
            for (std::size_t at = 0; at < all.size(); at += piece) line.sends(std::string_view{all}.substr(at, piece));
            CHECK(line.scans() == Line::Texts{"SKU-0001", "SKU-0002", "SKU-0003"});
            CHECK(line.faults().empty());
        }
    }
}

TEST_CASE("a late LF of CR LF is of the scan before, however late", "[line]") {
    for (const int ms : {1, 49, 500, 5000}) {
        Line line;
        line.sends("A1\r");
        line.pass(milliseconds{ms});
        line.sends("\nB2\r\n");
        CHECK(line.scans() == Line::Texts{"A1", "B2"});
    }
    // Where LF is content, only one that follows at once is of the terminator.
    Line only_cr{with_terminators("\r")};
    only_cr.sends("A1\r");
    only_cr.pass(milliseconds{20});
    only_cr.sends("\nB2\r");
    CHECK(only_cr.scans() == Line::Texts{"A1", "B2"});
}

TEST_CASE("the symbology identifier is taken apart, GS is kept, code ids only where they are said", "[line]") {
    Line line;
    line.sends(
        "]C1\x1d"
        "0104912345123459\x1d"
        "17250101\r");
    line.sends("A42154587\r\n");
    CHECK(line.scans() == Line::Texts{"]C1\x1d"
                                      "0104912345123459\x1d"
                                      "17250101",
                                      "A42154587"});

    ReaderSettings zebra;
    zebra.code_ids = CodeIds::zebra;
    Line with_ids{zebra};
    for (const char* one : {"A42154587\r\n", "P00YWVIT\r\n", "D02526\r\n", "K0104912345123459\r\n", "]d201\r\n", "7790001\r\n"})
        with_ids.sends(one);
    CHECK(with_ids.scans() == Line::Texts{"42154587", "YWVIT", "02526", "]C10104912345123459", "]d201", "7790001"});
    ReaderSettings honeywell;
    honeywell.code_ids = CodeIds::honeywell;
    Line other{honeywell};
    for (const char* one : {"d7791234567898\r", "w0107791234567898\r", "I0107791234567898\r"}) other.sends(one);
    CHECK(other.scans() == Line::Texts{"7791234567898", "0107791234567898", "]C10107791234567898"});
}

TEST_CASE("STX or SOH to ETX or EOT is a frame: line ends inside are content, after it nothing", "[line]") {
    Line line;
    line.sends(
        "\x02"
        "one\x03"
        "\x02two\r\nlines\x03\r\n");
    line.sends(
        "\x01j\x02"
        "three\x03");
    line.sends(
        "\x01w"
        "four\x04\r");
    CHECK(line.scans() == Line::Texts{"one", "two\r\nlines", "three", "four"});
    CHECK(line.faults().empty());
}

TEST_CASE("a frame whose end was damaged costs itself and not the one behind it", "[line][faults]") {
    Line line;
    line.sends("\x02one!\x02two\x03");
    CHECK(line.scans() == Line::Texts{"two"});
    CHECK(line.faults() == Line::Kinds{ReaderFault::Kind::framing});
    // The SOH inside is the next frame's too, and so is the STX that is of no header.
    line.sends(
        "\x01j\x02three!\x01j\x02"
        "four\x03");
    line.sends(
        "\x01j\x02"
        "five!\x02"
        "six\x03");
    CHECK(line.scans() == Line::Texts{"two", "four", "six"});
    line.sends("\x02\x02\x02");  // nothing is lost between them
    CHECK(line.faults().size() == 3);
    // Content that no barcode has ends with its frame.
    line.sends(
        "\x02se\x07ven\x03\x02"
        "eight\x03");
    CHECK(line.scans() == Line::Texts{"two", "four", "six", "eight"});
    CHECK(line.faults().size() == 4);
    // ISO/IEC 15434 ends with an EOT of its own; then the frame's ETX is no content.
    line.sends(
        "\x02[)>\x1e"
        "06\x1dS1\x1e\x04\x03\x02nine\x03");
    CHECK(line.scans().back() == "nine");
    CHECK(line.faults().size() == 4);
}

TEST_CASE("without a terminator silence ends a scan, until the scanner showed that it has one", "[line][idle]") {
    Line line;
    line.sends("7790001");
    line.sends("000012");
    line.pass(milliseconds{299});
    CHECK(line.scans().empty());
    line.pass(milliseconds{2});
    CHECK(line.scans() == Line::Texts{"7790001000012"});
    line.sends("A1\r");
    line.sends("7790");
    line.pass(milliseconds{301});
    CHECK(line.faults() == Line::Kinds{ReaderFault::Kind::length});
    // The tail of what was cut off is no scan.
    line.pass(milliseconds{500});
    line.sends("001\r");
    CHECK(line.scans() == Line::Texts{"7790001000012", "A1"});
    line.sends("B2\r");
    CHECK(line.scans().back() == "B2");
    // A terminator that got lost costs its own scan and no other.
    line.sends("C3");
    line.pass(milliseconds{2500});
    line.sends("D4\r");
    CHECK(line.scans() == Line::Texts{"7790001000012", "A1", "B2", "D4"});
    CHECK(line.faults().size() == 2);
}

TEST_CASE("no terminator at all, and another silence", "[line][idle]") {
    ReaderSettings settings = with_terminators("");
    settings.idle_ms = 50;
    Line line{settings};
    line.sends("one\rtwo");
    CHECK(line.faults().size() == 1);  // a line end that is no terminator is no content either
    line.pass(milliseconds{51});
    line.sends("three");
    line.pass(milliseconds{51});
    CHECK(line.scans() == Line::Texts{"three"});
}

TEST_CASE("what no barcode holds spoils its scan and no other", "[line][faults]") {
    Line line;
    line.sends(
        std::string_view{"77\0"
                         "90\r",
                         6});
    line.sends("\x1b[A\r\n");
    line.sends("good\r");
    CHECK(line.scans() == Line::Texts{"good"});
    CHECK(line.faults() == Line::Kinds{ReaderFault::Kind::framing, ReaderFault::Kind::framing});
    line.sends(std::string(kLongestBarcode, 'a') + "\r");
    CHECK(line.scans().back().size() == kLongestBarcode);
    line.sends(std::string(kLongestBarcode + 1, 'a') + "\r");
    line.sends("again\r");
    CHECK(line.scans().back() == "again");
    CHECK(line.faults().back() == ReaderFault::Kind::length);
    CHECK(line.faults().size() == 3);
    line.sends("\x02never");
    line.pass(milliseconds{301});
    CHECK(line.faults().size() == 4);
}

TEST_CASE("unplugged in the middle is a fault; at the end of a recording nothing is missing", "[line]") {
    Line unplugged;
    unplugged.sends("7790");
    unplugged.unplug();
    CHECK(unplugged.scans().empty());
    CHECK(unplugged.faults() == Line::Kinds{ReaderFault::Kind::length});
    Line recorded;
    recorded.sends("7790");
    recorded.reader().closed(recorded.now(), PortEnd::end_of_recording);
    const auto event = recorded.reader().next_event();
    REQUIRE((event && std::holds_alternative<BarcodeRead>(*event)));
    CHECK(std::get<BarcodeRead>(*event).bytes == "7790");
}

TEST_CASE("what waited in the scanner before the line was opened is no scan", "[line]") {
    const auto reader = driver_named("serial_scanner").make(cdc(), {});
    const auto send = [&](const char* text, int at_ms) {
        reader->receive(0x81, as_bytes(std::string_view{text}), MonoTime{milliseconds{at_ms}});
    };
    reader->opened(MonoTime{});
    send("OLD1\rOL", 5);
    send("D2\rOLD3", 40);
    send("\r", 75);  // 35 ms after what was dropped
    for (int at = 100; at < 250; at += 30) send("OLD4\rOL", at);
    send("D5\rNEW\r", 251);  // a silence never came
    const auto event = reader->next_event();
    REQUIRE((event && std::holds_alternative<BarcodeRead>(*event)));
    CHECK(std::get<BarcodeRead>(*event).bytes == "NEW");
    CHECK_FALSE(reader->next_event());
}

TEST_CASE("what the chip says of a line that is being powered up is no fault", "[line][ftdi]") {
    UsbInterface ftdi = cdc();
    ftdi.vid = 0x0403;
    ftdi.pid = 0x6001;
    ftdi.class_code = kVendorClass;
    const auto reader = driver_named("serial_scanner").make(ftdi, {});
    reader->opened(MonoTime{});
    reader->receive(0x81, *from_hex("017a"), MonoTime{milliseconds{1}});
    reader->receive(0x81, *from_hex("016800"), MonoTime{milliseconds{3}});
    reader->written(MonoTime{milliseconds{5}});
    CHECK_FALSE(reader->next_event());
    reader->receive(0x81, *from_hex("016041310d"), MonoTime{milliseconds{400}});
    const auto event = reader->next_event();
    REQUIRE((event && std::holds_alternative<BarcodeRead>(*event)));
    CHECK(std::get<BarcodeRead>(*event).bytes == "A1");
}

TEST_CASE("once everything is set, and DTR with it, a scan counts at once", "[line]") {
    const auto reader = driver_named("serial_scanner").make(cdc(), {});
    const auto at = [](int ms) { return MonoTime{milliseconds{ms}}; };
    const auto send = [&](const char* text, int ms) { reader->receive(0x81, as_bytes(std::string_view{text}), at(ms)); };
    const auto next = [&] {
        const auto event = reader->next_event();
        return event ? std::get<BarcodeRead>(*event).bytes : std::string{};
    };
    reader->opened(at(0));
    CHECK(reader->deaf_until() == at(250));
    reader->written(at(5));
    CHECK(reader->deaf_until() == at(5));
    send("NEW\r", 5);
    CHECK(next() == "NEW");
    CHECK_FALSE(reader->deaf_until());

    // What was under way then is half a scan.
    reader->closed(at(300), PortEnd::unplugged);
    reader->opened(at(1000));
    send("HALF", 1003);
    reader->written(at(1005));
    send("SCAN\r", 1030);
    send("NEXT\r", 1071);
    CHECK(next() == "NEXT");
    CHECK_FALSE(reader->next_event());
}

TEST_CASE("trouble of the USB line costs the scan it was in, and no other", "[line]") {
    Line line;
    line.sends("7791");
    line.reader().interrupted(line.now());
    line.sends("567898\rB2\r");
    line.reader().interrupted(line.now());
    line.sends("C3\r");
    CHECK(line.scans() == Line::Texts{"B2", "C3"});
    CHECK(line.faults().size() == 1);
}

TEST_CASE("damage on the line costs the scans it was among", "[line][ftdi]") {
    UsbInterface ftdi = cdc();
    ftdi.vid = 0x0403;
    ftdi.pid = 0x6001;
    ftdi.class_code = kVendorClass;
    Line line{{}, ftdi};
    const auto packet = [&](const char* status, std::string_view text) { line.report(status + to_hex(as_bytes(text))); };
    packet("0160", "A1\rB");
    packet("0164", "2\rC3\r");
    packet("0160", "");
    packet("0160", "D4\r");
    CHECK(line.scans() == Line::Texts{"A1", "D4"});
    CHECK(line.faults() == Line::Kinds{ReaderFault::Kind::framing});
    packet("0164", "E5");
    packet("0160", "E5\rF6\r");
    CHECK(line.scans() == Line::Texts{"A1", "D4", "F6"});
}

TEST_CASE("the chip is told first, and only once per opening", "[line]") {
    const auto reader = driver_named("serial_scanner").make(cdc(), {});
    CHECK_FALSE(reader->next_write());
    for (int times = 0; times < 2; ++times) {
        reader->opened(MonoTime{});
        const auto coding = reader->next_write();
        REQUIRE((coding && coding->setup));
        CHECK((*coding->setup)[1] == 0x20);
        CHECK(to_hex(coding->bytes) == "80250000000008");
        CHECK(reader->next_write().has_value());
        CHECK_FALSE(reader->next_write());
    }
    ReaderSettings fast;
    fast.line_rate = 115200;
    const auto other = driver_named("serial_scanner").make(cdc(), fast);
    other->opened(MonoTime{});
    CHECK(to_hex(other->next_write()->bytes) == "00c20100000008");
}

TEST_CASE("whose serial line it is decides who may take it", "[line][match]") {
    const Driver& driver = driver_named("serial_scanner");
    CHECK(driver.match(cdc()) == Match::yes);
    UsbInterface phone = cdc();
    phone.vid = 0x18D1;
    CHECK(driver.match(phone) == Match::if_adopted);
    UsbInterface cable = phone;
    cable.vid = 0x0403;
    cable.pid = 0x6001;
    cable.class_code = kVendorClass;
    CHECK(driver.match(cable) == Match::if_adopted);
    cable.pid = 0x0001;
    CHECK(driver.match(cable) == Match::no);
}
