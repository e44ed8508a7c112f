// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/keyboard.hpp"
#include "support/reader_rig.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

constexpr std::string_view kGs1 =
    "]d2010750123456789017270930105A-7/b\x1D"
    "21S1";
using Scans = std::vector<std::string>;
using Faults = std::vector<ReaderFault::Kind>;
constexpr auto kLength = ReaderFault::Kind::length;
constexpr auto kFraming = ReaderFault::Kind::framing;

UsbInterface boot_keyboard() {
    UsbInterface one;
    one.vid = 0x1EAB;
    one.pid = 0x0D03;
    one.number = 2;
    one.class_code = 3;
    one.subclass = 1;
    one.protocol = 1;
    return one;
}

ReaderSettings in(KeyboardLayout layout) {
    ReaderSettings settings;
    settings.layout = layout;
    return settings;
}

std::string with_enter(std::string_view text) { return std::string{text} + '\r'; }

}  // namespace

TEST_CASE("a full GS1 DataMatrix is read in every layout and every form of GS", "[keyboard]") {
    for (const auto layout : {KeyboardLayout::us, KeyboardLayout::es, KeyboardLayout::latam}) {
        for (const auto form : {GsForm::ctrl_bracket, GsForm::ctrl_shift_bracket, GsForm::alt_keypad}) {
            ReaderRig rig{boot_keyboard(), in(layout)};
            rig.reports(typed(with_enter(kGs1), layout, form));
            CHECK(rig.scans() == Scans{std::string{kGs1}});
            CHECK(rig.faults().empty());
        }
    }
}

TEST_CASE("signs are read in the scanner's layout", "[keyboard]") {
    constexpr std::string_view kSigns = "a.B,c-d_e/f(g)h%i&j\"k+l~m n]";
    for (const auto layout : {KeyboardLayout::us, KeyboardLayout::es, KeyboardLayout::latam}) {
        ReaderRig rig{boot_keyboard(), in(layout)};
        rig.reports(typed(with_enter(kSigns), layout));
        CHECK(rig.scans() == Scans{std::string{kSigns}});
    }
}

TEST_CASE("each published single report decodes to its key", "[keyboard][vectors]") {
    struct Case {
        const char* hex;
        KeyboardLayout layout;
        const char* text;
    };
    const Case cases[] = {
        {"00001e0000000000", KeyboardLayout::us, "1"},       {"0000270000000000", KeyboardLayout::us, "0"},
        {"0000140000000000", KeyboardLayout::us, "q"},       {"00001d0000000000", KeyboardLayout::us, "z"},
        {"0100300000000000", KeyboardLayout::us, "\x1D"},    {"0300300000000000", KeyboardLayout::us, "\x1D"},
        {"0100300000000000", KeyboardLayout::latam, "\x1D"}, {"0000040500000000", KeyboardLayout::us, "ab"},
        {"0000380000000000", KeyboardLayout::us, "/"},       {"0000380000000000", KeyboardLayout::es, "-"},
        {"0000380000000000", KeyboardLayout::latam, "-"},    {"4000140000000000", KeyboardLayout::latam, "@"},
        {"0200240000000000", KeyboardLayout::us, "&"},       {"0200240000000000", KeyboardLayout::latam, "/"},
    };
    for (const Case& one : cases) {
        ReaderRig rig{boot_keyboard(), in(one.layout)};
        rig.report(one.hex);
        rig.report("0000000000000000");
        rig.report("0000280000000000");
        CHECK(rig.scans() == Scans{one.text});
        CHECK(rig.faults().empty());
    }
    ReaderRig rig{boot_keyboard(), in(KeyboardLayout::us)};
    rig.report("4000140000000000");
    rig.report("0000280000000000");
    CHECK(rig.events().empty());
}

TEST_CASE("a held key counts once, and a phantom state changes nothing", "[keyboard]") {
    ReaderRig rig{boot_keyboard()};
    for (const char* const hex : {"0000040000000000", "0000040000000000", "0000010101010101", "0000040500000000",
                                  "0000050400000000", "0000000000000000", "0000040000000000", "0000280000000000"}) {
        rig.report(hex);
    }
    CHECK(rig.scans() == Scans{"aba"});
}

TEST_CASE("Shift in a report of its own before and after the key does no harm", "[keyboard]") {
    ReaderRig rig{boot_keyboard()};
    for (const char* const hex : {"0200000000000000", "02000b0000000000", "0200000000000000", "0000000000000000",
                                  "0000040000000000", "0000000000000000", "0000580000000000"}) {
        rig.report(hex);
    }
    CHECK(rig.scans() == Scans{"Ha"});
}

TEST_CASE("keypad digits without Alt are digits, with Alt they are a character code", "[keyboard]") {
    ReaderRig rig{boot_keyboard()};
    rig.reports({boot_report(0, {0x59}), boot_report(0, {0x61}), boot_report(0, {0x62}), boot_report(0)});
    rig.reports({boot_report(kLeftAlt, {0x5A}), boot_report(kLeftAlt, {0x61}), boot_report(0, {0x04}), boot_report(0)});
    rig.reports({boot_report(kLeftAlt, {0x62}), boot_report(kLeftAlt, {0x5A}), boot_report(kLeftAlt, {0x5B}),
                 boot_report(kLeftAlt), boot_report(kLeftAlt, {0x5D}), boot_report(0)});
    rig.reports(typed("\r"));
    CHECK(rig.scans() == Scans{"190\x1D"
                               "a\xEB"});
}

TEST_CASE("Alt and a number above 255 is a fault, and the scan it was part of never comes out", "[keyboard]") {
    ReaderRig rig{boot_keyboard()};
    rig.reports(typed("AB"));
    rig.reports({boot_report(kLeftAlt, {0x5B}), boot_report(kLeftAlt, {0x62}), boot_report(kLeftAlt),
                 boot_report(kLeftAlt, {0x62}), boot_report(0)});
    rig.reports(typed("CD\rnext\r"));
    CHECK(rig.faults() == Faults{kFraming});
    CHECK(rig.scans() == Scans{"next"});
}

TEST_CASE("an arrow key in the middle of a scan was a control character: fault, not a scan with a hole", "[keyboard]") {
    ReaderRig rig{boot_keyboard()};
    rig.reports(typed("0107501234567890105A"));
    rig.reports({boot_report(0, {0x51}), boot_report(0)});
    rig.reports(typed("21S1\rnext\r"));
    CHECK(rig.faults() == Faults{kFraming});
    CHECK(rig.scans() == Scans{"next"});
}

TEST_CASE("a key that stands for nothing is ignored between scans", "[keyboard]") {
    ReaderRig rig{boot_keyboard()};
    rig.reports({boot_report(0, {0x39}), boot_report(0), boot_report(0, {0x3A}), boot_report(0)});
    rig.reports(typed("A\r"));
    CHECK(rig.scans() == Scans{"A"});
    CHECK(rig.faults().empty());
}

TEST_CASE("a configured substitute becomes GS", "[keyboard]") {
    ReaderSettings settings;
    settings.gs_substitutes = "~/";
    ReaderRig rig{boot_keyboard(), settings};
    rig.reports(typed("10A~21B/22C\r"));
    CHECK(rig.scans() == Scans{"10A\x1D"
                               "21B\x1D"
                               "22C"});
}

TEST_CASE("terminators: Enter, keypad Enter, Tab, CR with LF as one; empty scans give nothing", "[keyboard]") {
    ReaderRig rig{boot_keyboard()};
    rig.reports(typed("\rA\rB\t"));
    rig.reports(typed("C\r"));
    rig.reports({boot_report(kLeftCtrl, {0x0D}), boot_report(0)});
    rig.reports(typed("D\r"));
    CHECK(rig.scans() == Scans{"A", "B", "C", "D"});

    ReaderSettings only_tab;
    only_tab.terminators = "\t";
    ReaderRig other{boot_keyboard(), only_tab};
    other.reports(typed("A\rB\t"));
    CHECK(other.scans() == Scans{"A\rB"});
}

TEST_CASE("silence ends a scan that has no terminator, and not a moment before", "[keyboard]") {
    ReaderRig rig{boot_keyboard()};
    CHECK_FALSE(rig.reader().next_wake());
    rig.report(boot_report(0, {0x04}));
    rig.report(boot_report(0));
    const MonoTime key_at = rig.now() - milliseconds{1};
    CHECK(rig.reader().next_wake() == key_at + milliseconds{300});
    rig.pass(milliseconds{298});
    CHECK(rig.scans().empty());
    rig.pass(milliseconds{1});
    CHECK(rig.scans() == Scans{"a"});
    CHECK(std::get<BarcodeRead>(rig.events().front()).heard_at == key_at);
    CHECK_FALSE(rig.reader().next_wake());
    // From now on it is known that this scanner has no terminator.
    rig.report(boot_report(0, {0x05}));
    CHECK(rig.reader().next_wake() == rig.now() + milliseconds{100});
}

TEST_CASE("the first scan of all is not cut in two by a pause of its keys; who says how it ends is believed at once",
          "[keyboard]") {
    ReaderRig rig{boot_keyboard()};
    rig.reports(typed("01077"));
    rig.pass(milliseconds{250});
    rig.reports(typed("91234567898\r"));
    CHECK(rig.scans() == Scans{"0107791234567898"});
    CHECK(rig.faults().empty());
    for (const bool by_terminators : {false, true}) {
        ReaderSettings said;
        if (by_terminators)
            said.terminators = "";
        else
            said.idle_ms = 100;
        ReaderRig other{boot_keyboard(), said};
        other.report(boot_report(0, {0x04}));
        CHECK(other.reader().next_wake() == other.now() + milliseconds{100});
    }
}

TEST_CASE("Alt that is never released makes no scan", "[keyboard]") {
    ReaderRig rig{boot_keyboard()};
    rig.reports(typed("10A"));
    rig.report(boot_report(kLeftAlt, {0x62}));
    rig.pass(milliseconds{500});
    CHECK(rig.scans().empty());
    CHECK(rig.faults() == Faults{kLength});
}

TEST_CASE("unplugged at any report: only scans that had their terminator come out", "[keyboard]") {
    const auto all = typed(with_enter(kGs1) + "second\r", KeyboardLayout::us, GsForm::alt_keypad);
    for (std::size_t n = 0; n <= all.size(); ++n) {
        ReaderRig rig{boot_keyboard()};
        rig.reports({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n)});
        const bool unfinished = rig.reader().next_wake().has_value();
        rig.unplug();
        CHECK(rig.faults() == (unfinished ? Faults{kLength} : Faults{}));
        for (const auto& scan : rig.scans()) CHECK((scan == kGs1 || scan == "second"));
    }
}

TEST_CASE("a report cut at any byte loses at most its own scan, the next one is right", "[keyboard]") {
    const auto first = typed(with_enter(kGs1), KeyboardLayout::us, GsForm::alt_keypad);
    for (std::size_t i = 0; i < first.size(); ++i) {
        for (std::size_t size = 1; size < first[i].size(); ++size) {
            ReaderRig rig{boot_keyboard()};
            auto cut = first;
            cut[i].resize(size);
            rig.reports(cut);
            rig.pass(milliseconds{200});
            rig.reports(typed("next\r"));
            const auto scans = rig.scans();
            REQUIRE(rig.faults().front() == kLength);
            REQUIRE(scans.back() == "next");
            REQUIRE(scans.size() <= 2);
            if (scans.size() == 2) REQUIRE(scans.front() == kGs1);
        }
    }
}

TEST_CASE("a flipped bit touches at most its own scan, the next one is right", "[keyboard]") {
    const auto first = typed(with_enter(kGs1));
    for (std::size_t bit = 0; bit < first.size() * 64; ++bit) {
        ReaderRig rig{boot_keyboard()};
        auto flipped = first;
        flipped[bit / 64][bit % 64 / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        rig.reports(flipped);
        rig.pass(milliseconds{3000});  // as long as a tail would be waited for
        rig.reports(typed("next\r"));
        REQUIRE(!rig.scans().empty());
        REQUIRE(rig.scans().back() == "next");
    }
}

TEST_CASE("content longer than any barcode is dropped up to its end", "[keyboard]") {
    ReaderRig rig{boot_keyboard()};
    rig.reports(typed(std::string(kLongestBarcode, 'x') + "\r"));
    rig.reports(typed(std::string(kLongestBarcode + 1, 'x') + "tail\rnext\r"));
    REQUIRE(rig.scans().size() == 2);
    CHECK(rig.scans()[0].size() == kLongestBarcode);
    CHECK(rig.scans()[1] == "next");
    CHECK(rig.faults() == Faults{kLength});
}

TEST_CASE("control characters are typed with Ctrl", "[keyboard]") {
    ReaderRig rig{boot_keyboard()};
    rig.reports({boot_report(kLeftCtrl, {0x04}), boot_report(0), boot_report(kLeftCtrl, {0x2F}), boot_report(0),
                 boot_report(kLeftCtrl | kLeftShift, {0x23}), boot_report(0), boot_report(kLeftCtrl, {0x2D}), boot_report(0)});
    rig.reports(typed("\r"));
    CHECK(rig.scans() == Scans{"\x01\x1B\x1E\x1F"});
    ReaderRig latam{boot_keyboard(), in(KeyboardLayout::latam)};
    latam.reports({boot_report(kLeftCtrl | kLeftShift, {0x31}), boot_report(0)});
    latam.reports(typed("\r"));
    CHECK(latam.scans() == Scans{"\x1D"});
}

TEST_CASE("a dead key gives its sign, and the blank after it is part of it", "[keyboard]") {
    ReaderRig rig{boot_keyboard(), in(KeyboardLayout::es)};
    rig.reports({boot_report(kLeftShift, {0x2F}), boot_report(0), boot_report(0, {0x2C}), boot_report(0), boot_report(0, {0x2C}),
                 boot_report(0), boot_report(0, {0x34}), boot_report(0), boot_report(0, {0x04}), boot_report(0)});
    rig.reports(typed("\r"));
    CHECK(rig.scans() == Scans{"^ \xB4"
                               "a"});
}

TEST_CASE("a keyboard that is told to use the boot protocol, and does not, is read by its descriptor", "[keyboard]") {
    UsbInterface one = boot_keyboard();
    // Report 1: modifiers, a reserved byte, six keys.
    one.report_descriptor =
        *from_hex("05010906a1018501050719e029e715002501750195088102950175088101950675081500256505071900296581 00c0");
    ReaderRig stubborn{one};
    stubborn.reports({*from_hex("010200040000000000"), *from_hex("010000000000000000"), *from_hex("010000280000000000")});
    CHECK(stubborn.scans() == Scans{"A"});
    CHECK(stubborn.faults().empty());
    ReaderRig obeying{one};
    obeying.reports(typed("A\r"));
    obeying.report("010200040000000000");
    CHECK(obeying.scans() == Scans{"A"});
    CHECK(obeying.faults() == Faults{kLength});
}

TEST_CASE("a boot keyboard is told to use the boot protocol and not to repeat", "[keyboard]") {
    ReaderRig rig{boot_keyboard()};
    const auto protocol = rig.reader().next_write();
    const auto idle = rig.reader().next_write();
    REQUIRE(protocol);
    REQUIRE(idle);
    CHECK(*protocol->setup == std::array<std::uint8_t, 8>{0x21, 0x0B, 0, 0, 2, 0, 0, 0});
    CHECK(*idle->setup == std::array<std::uint8_t, 8>{0x21, 0x0A, 0, 0, 2, 0, 0, 0});
    CHECK_FALSE(rig.reader().next_write());
}

TEST_CASE("a keyboard that is not a boot device is read by its descriptor", "[keyboard]") {
    UsbInterface one = boot_keyboard();
    one.subclass = 0;
    one.protocol = 0;
    // Keyboard with report id 1 (modifiers, reserved, six keys) and consumer control with report id 2.
    one.report_descriptor = *from_hex(
        "05010906a1018501050719e029e715002501750195088102950175088101950675081500256505071900296581 00c0"
        "050c0901a1018502150025011901290a950a750181029506750181 01c0");
    ReaderRig rig{one};
    CHECK(rig.reader().next_write());
    CHECK_FALSE(rig.reader().next_write());
    rig.report("010200040000000000");
    rig.report("010000000000000000");
    rig.report("020100");
    rig.report("010000280000000000");
    CHECK(rig.scans() == Scans{"A"});
    CHECK(rig.faults().empty());
    rig.report("0000040000000000");
    CHECK(rig.faults() == Faults{kFraming});
    rig.pass(milliseconds{200});
    rig.report("01000004");
    CHECK(rig.faults() == Faults{kFraming, kLength});
}
TEST_CASE("a scan that silence cuts off is a fault where the scanner ends its scans, and its tail is no scan",
          "[keyboard][idle]") {
    ReaderRig rig{boot_keyboard()};
    rig.reports(typed("7791\r"));
    rig.reports(typed("7792"));
    rig.pass(milliseconds{490});
    rig.reports(typed("3\r"));
    CHECK(rig.scans() == std::vector<std::string>{"7791", "77923"});
    rig.reports(typed("7794"));
    rig.pass(milliseconds{510});
    CHECK(rig.faults() == std::vector{ReaderFault::Kind::length});
    rig.pass(milliseconds{1000});
    rig.reports(typed("5\r"));
    rig.reports(typed("7796\r"));
    CHECK(rig.scans() == std::vector<std::string>{"7791", "77923", "7796"});
    rig.reports(typed("7797"));
    rig.pass(milliseconds{3000});
    rig.reports(typed("7798\r"));
    CHECK(rig.scans() == std::vector<std::string>{"7791", "77923", "7796", "7798"});
    CHECK(rig.faults().size() == 2);
}
