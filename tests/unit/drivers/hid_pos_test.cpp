// SPDX-License-Identifier: Apache-2.0
#include "hid_scanner/hid_pos.hpp"
#include "support/catch.hpp"
#include "support/hid_descriptors.hpp"
#include "support/reader_rig.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

constexpr std::string_view kGs1 =
    "010750123456789017270930105A\x1D"
    "21S1";
using Scans = std::vector<std::string>;
using Faults = std::vector<ReaderFault::Kind>;
constexpr auto kLength = ReaderFault::Kind::length;
constexpr auto kFraming = ReaderFault::Kind::framing;
constexpr milliseconds kTailMs{2'000};  // what comes later is no tail of a lost scan

UsbInterface hid_pos(std::uint16_t vid = 0, std::string_view descriptor = "") {
    UsbInterface one;
    one.vid = vid;
    one.class_code = 3;
    one.number = 1;
    one.report_descriptor = *from_hex(descriptor.empty() ? kHoneywellDescriptor : descriptor);
    return one;
}

UsbInterface undescribed(std::uint16_t vid = 0) {
    UsbInterface one;
    one.vid = vid;
    return one;
}

Bytes honeywell(std::string_view aim, std::string_view code, bool more = false) {
    Bytes report(64);
    report[0] = std::byte{2};
    report[1] = static_cast<std::byte>(code.size());
    std::copy_n(as_bytes(aim).begin(), aim.size(), report.begin() + 2);
    std::copy_n(as_bytes(code).begin(), code.size(), report.begin() + 5);
    report[63] = std::byte{more};
    return report;
}

Bytes newland(std::string_view code, bool more = false) {
    Bytes report = honeywell("", "", more);
    report[1] = static_cast<std::byte>(code.size());
    std::copy_n(as_bytes(code).begin(), code.size(), report.begin() + 2);
    return report;
}

/// Zebra's: a zero in front of the identifier.
Bytes zebra(std::string_view aim, std::string_view code) {
    Bytes report = honeywell("", "");
    report[1] = static_cast<std::byte>(code.size());
    std::copy_n(as_bytes(aim).begin(), aim.size(), report.begin() + 3);
    std::copy_n(as_bytes(code).begin(), code.size(), report.begin() + 6);
    return report;
}

std::string part(char letter) { return std::string(56, letter); }

// Three parts and a short one, all `]d2`.
std::vector<Bytes> long_scan() {
    return {honeywell("]d2", part('a'), true), honeywell("]d2", part('b'), true), honeywell("]d2", part('c'), true),
            honeywell("]d2", "dd")};
}

const std::string kLongScan = "]d2" + part('a') + part('b') + part('c') + "dd";

constexpr std::string_view kHoneywellGs1 =
    "02215d6432303130373530313233343536373839303137323730393330313035411d32315331000000000000000000000000000000000000000000000077"
    "0000";
constexpr std::string_view kZebraGs1 =
    "0221005d6432303130373530313233343536373839303137323730393330313035411d323153310000000000000000000000000000000000000000000000"
    "7700";
constexpr std::string_view kNewlandGs1 =
    "0221303130373530313233343536373839303137323730393330313035411d32315331000000000000000000000000000000000000000000000000000000"
    "0000";
constexpr std::string_view kTooMuch =
    "02395d4530000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000";
constexpr std::string_view kTooShort = "02055d45303132333435000000000000000000000000000000000000000000000000000000000000";

}  // namespace

TEST_CASE("one GS1 DataMatrix reads the same from all three layouts, by descriptor and by its first bytes",
          "[hid_pos][vectors]") {
    struct Case {
        std::string_view descriptor;
        std::string_view report;
        std::string_view aim;
    };
    const Case cases[] = {{kHoneywellDescriptor, kHoneywellGs1, "]d2"},
                          {kZebraDescriptor, kZebraGs1, "]d2"},
                          {kNewlandDescriptor, kNewlandGs1, ""}};
    for (const Case& one : cases) {
        for (const auto& interface : {hid_pos(0, one.descriptor), undescribed()}) {
            ReaderRig rig{interface};
            rig.report(one.report);
            CHECK(rig.scans() == Scans{std::string{one.aim} + std::string{kGs1}});
            CHECK(rig.faults().empty());
        }
    }
}

TEST_CASE("a length beyond the report and a short report are faults of length", "[hid_pos][vectors]") {
    for (const std::string_view report : {kTooMuch, kTooShort}) {
        ReaderRig rig{undescribed()};
        rig.report(report);
        rig.report(kHoneywellGs1);
        CHECK(rig.faults() == Faults{kLength});
        CHECK(rig.scans() == Scans{"]d2" + std::string{kGs1}});
    }
}

TEST_CASE("content that a Newland scanner typed with its AIM identifier is split, known vendor or not", "[hid_pos]") {
    for (const auto& interface : {undescribed(), undescribed(0x1EAB), hid_pos(0, kNewlandDescriptor)}) {
        ReaderRig rig{interface};
        rig.report(ByteView{newland("]d2" + std::string{kGs1})});
        REQUIRE(rig.scans() == Scans{"]d2" + std::string{kGs1}});
        CHECK(std::get<BarcodeRead>(rig.events()[0]).aim.text() == "]d2");
    }
}

TEST_CASE("an identifier that is not one counts as none", "[hid_pos]") {
    ReaderRig rig{hid_pos()};
    rig.report(ByteView{honeywell(std::string_view{"\0\0\0", 3}, "123")});
    rig.report(
        ByteView{honeywell("]\x01"
                           "2",
                           "456")});
    REQUIRE(rig.scans() == Scans{"123", "456"});
    CHECK_FALSE(std::get<BarcodeRead>(rig.events()[0]).aim.given());
}

TEST_CASE("parts become one scan", "[hid_pos]") {
    ReaderRig rig{hid_pos()};
    rig.reports(long_scan());
    rig.report(kHoneywellGs1);
    CHECK(rig.scans() == Scans{kLongScan, "]d2" + std::string{kGs1}});
    CHECK(rig.faults().empty());
}

TEST_CASE("56 parts are read, a 57th is a fault and nothing of it comes out", "[hid_pos]") {
    for (const int parts : {56, 57}) {
        ReaderRig rig{hid_pos()};
        for (int i = 1; i < parts; ++i) rig.report(ByteView{honeywell("]d2", part('7'), true)});
        rig.report(ByteView{honeywell("]d2", part('8'))});
        rig.report(kHoneywellGs1);
        CHECK(rig.scans().size() == (parts == 56 ? 2U : 1U));
        CHECK(rig.faults() == (parts == 56 ? Faults{} : Faults{kLength}));
        CHECK(rig.scans().back() == "]d2" + std::string{kGs1});
    }
}

TEST_CASE("the next part must come within two seconds", "[hid_pos]") {
    ReaderRig rig{hid_pos()};
    rig.report(ByteView{honeywell("]d2", part('a'), true)});
    rig.pass(milliseconds{1999});
    CHECK(rig.faults().empty());
    rig.pass(milliseconds{1});
    CHECK(rig.faults() == Faults{kLength});
    CHECK_FALSE(rig.reader().next_wake());
    rig.report(kHoneywellGs1);
    CHECK(rig.scans() == Scans{"]d2" + std::string{kGs1}});
}

TEST_CASE("parts that had to wait for this process are one fault and never a scan, however many and in whatever layout",
          "[hid_pos][late]") {
    const std::vector<Bytes> typed = {newland(part('a'), true), newland(part('b'), true), newland(part('c'), true),
                                      newland("dd")};
    struct Case {
        UsbInterface interface;
        std::vector<Bytes> parts;
    };
    const Case cases[] = {{hid_pos(), long_scan()},
                          {undescribed(), long_scan()},
                          {hid_pos(0, kNewlandDescriptor), typed},
                          {undescribed(0x1EAB), typed}};
    for (const Case& one : cases) {
        for (const int pause_ms : {2001, 2100, 2249, 2250, 30'000, 3'600'000}) {
            for (std::size_t late = 1; late < one.parts.size(); ++late) {
                INFO("part " << late << " waited " << pause_ms << " ms, layout " << (&one - cases));
                ReaderRig rig{one.interface};
                for (std::size_t i = 0; i < one.parts.size(); ++i) {
                    if (i == late)
                        rig.waited(milliseconds{pause_ms}, ByteView{one.parts[i]});
                    else
                        rig.report(ByteView{one.parts[i]});
                }
                REQUIRE(rig.scans().empty());
                REQUIRE(rig.faults() == Faults{kLength});
                rig.reports(one.parts);
                REQUIRE(rig.scans().size() == 1);
            }
        }
    }
}

TEST_CASE("a process that stood still between two parts does not take the second for a scan", "[hid_pos][late]") {
    const auto reader = driver_named("hid_scanner").make(hid_pos(), {});
    const auto at = [](int ms) { return MonoTime{milliseconds{ms}}; };
    reader->opened(at(0));
    reader->receive(0x81, honeywell("]d2", part('a'), true), at(1000));
    reader->receive(0x81, honeywell("]d2", "tail"), at(9000));  // no wake() came in between
    CHECK(std::get<ReaderFault>(*reader->next_event()).kind == kLength);
    CHECK_FALSE(reader->next_event());
}

TEST_CASE("after a lost scan only another symbology is surely a new one", "[hid_pos][late]") {
    ReaderRig rig{hid_pos()};
    const std::string whole = "]d2" + std::string{kGs1};
    rig.report(ByteView{honeywell("]d2", part('a'), true)});
    rig.reader().interrupted(rig.now());
    rig.report(ByteView{honeywell("]E0", "4006381333931")});
    CHECK(rig.scans() == Scans{"]E04006381333931"});
    rig.report(kHoneywellGs1);  // could be the tail
    CHECK(rig.scans().size() == 1);
    rig.report(kHoneywellGs1);
    CHECK(rig.scans() == Scans{"]E04006381333931", whole});
    CHECK(rig.faults() == Faults{kLength});
}

TEST_CASE("the tail of a lost scan may come in the middle of another scan, or after it", "[hid_pos][late]") {
    const Bytes first = honeywell("]d2", part('a'), true);
    const Bytes tail = honeywell("]d2", "dd");
    const Bytes other_first = honeywell("]Q1", part('b'), true);
    const Bytes other_last = honeywell("]Q1", "ee");
    SECTION("after it") {
        ReaderRig rig{hid_pos()};
        rig.reports({first, other_first, other_last, tail});
        CHECK(rig.scans() == Scans{"]Q1" + part('b') + "ee"});
        CHECK(rig.faults() == Faults{kLength});
    }
    SECTION("in the middle: nobody knows whose parts these are") {
        ReaderRig rig{hid_pos()};
        rig.reports({first, other_first, tail, other_last});
        CHECK(rig.scans().empty());
        CHECK(rig.faults() == Faults{kLength, kLength});
        rig.report(kHoneywellGs1);
        CHECK(rig.scans() == Scans{"]d2" + std::string{kGs1}});
    }
}

TEST_CASE("a tail without identifier is no new scan", "[hid_pos][late]") {
    ReaderRig rig{hid_pos()};
    rig.reports({honeywell("]d2", part('a'), true), honeywell("", part('b'), true), honeywell("", "dd")});
    CHECK(rig.scans().empty());
    CHECK(rig.faults() == Faults{kLength});
    rig.reports({honeywell("", part('a'), true), honeywell("]d2", "dd")});
    CHECK(rig.scans().empty());
    CHECK(rig.faults() == Faults{kLength, kLength});
    rig.report(kHoneywellGs1);
    CHECK(rig.scans().size() == 1);
}

TEST_CASE("a new reader or the end of a recording knows nothing of a lost scan", "[hid_pos][late]") {
    for (const PortEnd end : {PortEnd::unplugged, PortEnd::end_of_recording}) {
        ReaderRig rig{hid_pos()};
        rig.report(ByteView{honeywell("]d2", part('a'), true)});
        rig.pass(milliseconds{3000});
        rig.reader().closed(rig.now(), end);
        CHECK_FALSE(rig.reader().next_event());
        CHECK_FALSE(rig.reader().next_wake());
        CHECK(rig.faults() == Faults{kLength});
    }
}

TEST_CASE("many lost scans of many symbologies are all remembered, or nothing is believed", "[hid_pos][late]") {
    ReaderRig rig{hid_pos()};
    std::vector<std::string> aims;
    for (char letter = 'A'; letter <= 'Z'; ++letter) aims.push_back({']', letter, '0'});
    for (const std::string& aim : aims) rig.report(ByteView{honeywell(aim, part('a'), true)});
    rig.pass(milliseconds{1000});
    CHECK(rig.scans().empty());
    rig.report(ByteView{honeywell(aims.back(), "tail")});
    CHECK(rig.scans().empty());
}

TEST_CASE("another symbology between two parts drops the scan and begins a new one", "[hid_pos]") {
    ReaderRig rig{hid_pos()};
    rig.report(ByteView{honeywell("]d2", part('a'), true)});
    rig.report(ByteView{honeywell("]E0", "4006381333931")});
    CHECK(rig.faults() == Faults{kLength});
    CHECK(rig.scans() == Scans{"]E04006381333931"});
}

TEST_CASE("a damaged identifier in the middle part does not make its tail a scan", "[hid_pos]") {
    ReaderRig rig{hid_pos()};
    auto parts = long_scan();
    parts[1][4] = std::byte{'3'};
    rig.reports(parts);
    CHECK(rig.scans().empty());
    rig.report(kHoneywellGs1);
    CHECK(rig.scans() == Scans{"]d2" + std::string{kGs1}});
}

TEST_CASE("a part that says more follows and has room for it is a fault, and all of its scan", "[hid_pos]") {
    ReaderRig rig{hid_pos()};
    rig.report(ByteView{honeywell("]d2", "short", true)});
    rig.report(kHoneywellGs1);
    CHECK(rig.faults() == Faults{kLength});
    CHECK(rig.scans() == Scans{"]d2" + std::string{kGs1}});
}

TEST_CASE("a last part that says more follows is a fault, and the end of its scan", "[hid_pos]") {
    ReaderRig rig{hid_pos()};
    rig.report(ByteView{honeywell("]d2", part('a'), true)});
    rig.report(ByteView{honeywell("]d2", "end", true)});
    rig.report(kHoneywellGs1);
    CHECK(rig.faults() == Faults{kLength});
    CHECK(rig.scans() == Scans{"]d2" + std::string{kGs1}});
}

TEST_CASE("a full part whose length is wrong is a fault, and what follows is no scan", "[hid_pos]") {
    ReaderRig rig{hid_pos()};
    Bytes first = honeywell("]d2", part('a'), true);
    first[1] = std::byte{0x18};
    rig.report(ByteView{first});
    rig.report(ByteView{honeywell("]d2", part('b'), true)});
    rig.report(ByteView{honeywell("]d2", "tail")});
    rig.report(kHoneywellGs1);
    CHECK(rig.faults() == Faults{kLength});
    CHECK(rig.scans() == Scans{"]d2" + std::string{kGs1}});
}

TEST_CASE("unplugged at any report: no part of a scan comes out", "[hid_pos]") {
    const auto parts = long_scan();
    for (std::size_t n = 0; n <= parts.size(); ++n) {
        ReaderRig rig{hid_pos()};
        rig.reports({parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(n)});
        rig.unplug();
        const bool whole = n == parts.size();
        CHECK(rig.scans() == (whole ? Scans{kLongScan} : Scans{}));
        CHECK(rig.faults() == (n == 0 || whole ? Faults{} : Faults{kLength}));
    }
}

TEST_CASE("any part lost to a cut report: never a shorter scan, and the next one after the silence is right", "[hid_pos]") {
    for (std::size_t i = 0; i < 4; ++i) {
        for (std::size_t size = 1; size < 64; ++size) {
            ReaderRig rig{hid_pos()};
            auto parts = long_scan();
            parts[i].resize(size);
            rig.reports(parts);
            REQUIRE(rig.faults() == Faults{kLength});
            // Nobody can tell whether a cut first report had more to follow; then the rest looks whole.
            if (i > 0) REQUIRE(rig.scans().empty());
            rig.pass(kTailMs);
            rig.report(kHoneywellGs1);
            REQUIRE(rig.scans().back() == "]d2" + std::string{kGs1});
        }
    }
}

TEST_CASE("a flipped bit in a scan report touches at most its own scan", "[hid_pos]") {
    const Bytes first = *from_hex(kHoneywellGs1);
    for (const auto& interface : {hid_pos(), undescribed(0x0C2E)}) {
        for (std::size_t bit = 0; bit < 64 * 8; ++bit) {
            ReaderRig rig{interface};
            Bytes flipped = first;
            flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
            rig.report(ByteView{flipped});
            rig.report(ByteView{first});
            REQUIRE(rig.events().size() <= 2);
            REQUIRE(!rig.scans().empty());
            REQUIRE(rig.scans().back() == "]d2" + std::string{kGs1});
        }
    }
}

TEST_CASE("a report that cannot be read in the middle of a scan does not make its tail a scan", "[hid_pos]") {
    auto foreign = honeywell("", "");
    foreign[0] = std::byte{0x42};
    auto overlong = honeywell("]d2", part('b'), true);
    overlong[1] = std::byte{57};
    for (const Bytes& one : {foreign, overlong, Bytes(overlong.begin(), overlong.begin() + 9)}) {
        ReaderRig rig{hid_pos()};
        auto parts = long_scan();
        parts[1] = one;
        rig.reports(parts);
        CHECK(rig.scans().empty());
        CHECK(rig.faults().size() == 1);
        rig.report(kHoneywellGs1);
        CHECK(rig.scans().size() == 1);
    }
}

TEST_CASE("reports with other ids: declared ones are answers, others faults", "[hid_pos]") {
    ReaderRig rig{hid_pos()};
    rig.report("0301");
    REQUIRE(rig.events().size() == 1);
    CHECK(std::get<ReaderAnswer>(rig.events()[0]).status == "unasked");
    Bytes other = honeywell("]d2", "123");
    other[0] = std::byte{0x42};
    rig.report(ByteView{other});
    CHECK(rig.faults() == Faults{kFraming});
    CHECK(rig.scans().empty());
}

TEST_CASE("idle reports and empty transfers are nothing, inside a scan too", "[hid_pos]") {
    ReaderRig rig{hid_pos()};
    rig.report(ByteView{honeywell("", "")});
    rig.report(ByteView{});
    auto parts = long_scan();
    parts.insert(parts.begin() + 2, honeywell("", ""));
    rig.reports(parts);
    CHECK(rig.scans() == Scans{kLongScan});
    CHECK(rig.events().size() == 1);
}

TEST_CASE("answers to Honeywell's menu commands are no barcodes", "[hid_pos]") {
    ReaderRig rig{undescribed(0x0C2E)};
    rig.report(ByteView{honeywell("]X0", part('x'), true)});
    rig.report(ByteView{honeywell("]X0", "end\r\n")});
    rig.report(ByteView{honeywell("]Z6", "REVINF\x06.")});
    rig.report(ByteView{honeywell("]Z6", "NOPE\x15.")});
    rig.report(ByteView{honeywell("]Z6", "WHAT\x05.")});
    REQUIRE(rig.events().size() == 5 - 1);
    const auto answer = [&rig](std::size_t i) { return std::get<ReaderAnswer>(rig.events()[i]); };
    CHECK(answer(0).command == "menu");
    CHECK(answer(0).status == "text");
    CHECK(as_text(*answer(0).content) == part('x') + "end\r\n");
    CHECK(answer(1).command == "REVINF");
    CHECK(answer(1).status == "ack");
    CHECK(answer(2).status == "nak");
    CHECK(answer(3).status == "enq");
}

TEST_CASE("one configured terminator is taken off the end of the content", "[hid_pos]") {
    const auto content = [](std::string_view code, const char* terminators) {
        ReaderSettings settings;
        settings.terminators = terminators;
        ReaderRig rig{hid_pos(), settings};
        rig.report(ByteView{honeywell("]C1", code)});
        return rig.scans();
    };
    CHECK(content("10A\r", "\r\t") == Scans{"]C110A"});
    CHECK(content("10A\r\n", "\r") == Scans{"]C110A"});
    CHECK(content("10A\r\r", "\r") == Scans{"]C110A\r"});
    CHECK(content("10A\r", "\t") == Scans{"]C110A\r"});
    CHECK(content("\r", "\r").empty());
}

TEST_CASE("reports of the first quarter of a second after opening are scans of before, remainder included", "[hid_pos]") {
    const auto reader = driver_named("hid_scanner").make(hid_pos(), {});
    reader->opened(MonoTime{});
    const auto at = [](int ms) { return MonoTime{milliseconds{ms}}; };
    reader->receive(0x81, honeywell("]d2", "old"), at(10));
    reader->receive(0x81, honeywell("]d2", "older"), at(120));
    reader->receive(0x81, honeywell("]d2", part('a'), true), at(248));
    reader->receive(0x81, honeywell("", ""), at(249));
    reader->receive(0x81, honeywell("]d2", "tail"), at(255));
    CHECK_FALSE(reader->next_event());
    reader->receive(0x81, honeywell("]d2", "new"), at(256));
    CHECK(std::get<BarcodeRead>(*reader->next_event()).bytes == "new");
}

TEST_CASE("characters that a scanner was set to send in the place of GS become GS", "[hid_pos]") {
    ReaderSettings settings;
    settings.gs_substitutes = "|";
    ReaderRig rig{hid_pos(), settings};
    rig.report(honeywell("]d2", "10A|21B"));
    CHECK(rig.scans() == Scans{"]d210A\x1d"
                               "21B"});
}

TEST_CASE("trouble of the USB line between the parts of a scan costs that scan and no other", "[hid_pos]") {
    ReaderRig rig{hid_pos()};
    rig.report(honeywell("]d2", part('a'), true));
    rig.reader().interrupted(rig.now());
    rig.report(honeywell("]d2", "tail"));
    rig.reader().interrupted(rig.now());
    rig.report(honeywell("]d2", "new"));
    CHECK(rig.scans() == Scans{"]d2new"});
    CHECK(rig.faults().size() == 1);
}

TEST_CASE("Honeywell is switched on when opened, others are left alone", "[hid_pos]") {
    ReaderRig rig{hid_pos(0x0C2E)};
    const auto on = rig.reader().next_write();
    REQUIRE(on);
    CHECK(*on->setup == std::array<std::uint8_t, 8>{0x21, 0x09, 0xFE, 0x03, 1, 0, 2, 0});
    CHECK(to_hex(on->bytes) == "fe01");
    CHECK_FALSE(rig.reader().next_write());
    ReaderRig zebra{hid_pos(0x05E0, kZebraDescriptor)};
    CHECK_FALSE(zebra.reader().next_write());
}

TEST_CASE("answers to menu commands are no scans in Honeywell's layout, whoever made the scanner; elsewhere ]X0 is a symbology's",
          "[hid_pos]") {
    for (const std::uint16_t vendor : std::initializer_list<std::uint16_t>{0x0C2E, 0x0536, 0x0DB5}) {
        ReaderRig rig{undescribed(vendor)};
        rig.report(ByteView{honeywell("]X0", "REVINF: 1.0")});
        rig.report(ByteView{honeywell("]Z6", "REVINF\x06.")});
        CHECK(rig.scans().empty());
        CHECK(rig.events().size() == 2);
    }
    ReaderRig rig{hid_pos(0x05E0, kZebraDescriptor)};
    rig.report(ByteView{zebra("]X0", "123456")});
    CHECK(rig.scans() == Scans{"]X0123456"});
    rig.report(ByteView{zebra("]Z6", "REVINF\x06.")});
    CHECK(rig.scans().size() == 1);
}
