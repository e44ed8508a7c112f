// SPDX-License-Identifier: Apache-2.0
#include "reader/replay.hpp"

#include "reader/event_json.hpp"
#include "support/catch.hpp"
#include "support/keyboard.hpp"

#include <fstream>
#include <sstream>

using namespace dosario;

namespace {

using Lines = std::vector<std::string>;

// One line an event: the millisecond it came out, then its JSON; or the error.
Lines replayed(std::string_view text, std::string_view driver = "") {
    const auto capture = parse_capture(text);
    if (capture.has_error()) return {capture.error().message};
    Lines lines;
    const auto done = replay(*capture, all_drivers(), driver, [&lines](const ReaderEvent& event, MonoTime at) {
        const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
        lines.push_back(std::to_string(ms) + ' ' + event_json(event));
    });
    if (done.has_error()) return {done.error().message};
    return lines;
}

// Without the times.
Lines events_of(std::string_view text) {
    Lines lines = replayed(text);
    for (std::string& line : lines) line.erase(0, line.find(' ') + 1);
    return lines;
}

std::string fixture(std::string_view name) {
    std::ifstream file{std::string{DOSARIO_SOURCE_DIR "/tests/captures/"} + std::string{name}, std::ios::binary};
    REQUIRE(file.good());
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string barcode(std::string_view aim, std::string_view content) {
    return R"({"event":"barcode","aim":")" + std::string{aim} + R"(","hex":")" + to_hex(as_bytes(content)) + "\"}";
}

const std::string kLengthFault = R"({"event":"fault","error":"length"})";
constexpr std::string_view kGs1 =
    "010750123456789017270930105A\x1D"
    "21S1";

}  // namespace

TEST_CASE("the captures of HID POS scanners give their codes", "[replay][vectors]") {
    CHECK(events_of(fixture("hid_pos_zebra_qr.txt")) == Lines{barcode("]Q1",
                                                                      "Lorem ipsum dolor sit amet, consectetur adipiscing elit,"
                                                                      "gna aliqua. Ut enim ad minim veniam, quis nostrud exerci"
                                                                      "tation ullamco laboris nisi ut aliquip ex ea commodo con"
                                                                      "sequat. Duis aute irure dolor in reprehenderit in volupt"
                                                                      "ate velit esse cillum dolore eu fugiat nulla pariatur. E"
                                                                      "ulpa qui officia deserunt mollit anim id est laborum.")});
    CHECK(events_of(fixture("hid_pos_honeywell_upc.txt")) == Lines{barcode("]E0", "306030209223")});
    CHECK(events_of(fixture("hid_pos_honeywell_qr_cut.txt")) == Lines{kLengthFault});
    CHECK(events_of(fixture("hid_pos_three_layouts.txt")) ==
          Lines{barcode("]d2", kGs1), barcode("]d2", kGs1), barcode("", kGs1), kLengthFault, kLengthFault});
}

TEST_CASE("the captures of keyboards give their keys", "[replay][vectors]") {
    CHECK(events_of(fixture("hid_keyboard_us.txt")) == Lines{barcode("",
                                                                     "10qz\x1D\x1D\x1D"
                                                                     "ab/")});
    CHECK(replayed(fixture("hid_keyboard_latam.txt")) == Lines{"7 " + barcode("", "1-@/")});
}

TEST_CASE("the same capture gives the same events each time", "[replay]") {
    for (const char* const name : {"hid_pos_three_layouts.txt", "hid_keyboard_us.txt", "hid_pos_honeywell_qr_cut.txt"}) {
        CHECK(replayed(fixture(name)) == replayed(fixture(name)));
    }
}

TEST_CASE("wakes come when they are due between the lines, and the end of the capture ends a scan", "[replay]") {
    CHECK(replayed("@10 < 0000040000000000\n@11 < 0000000000000000\n@400 < 0000050000000000\n") ==
          Lines{"310 " + barcode("", "a"), "400 " + barcode("", "b")});
    CHECK(replayed("< 0000040000000000\n< 0000000000000000\n! unplug\n") == Lines{"2 " + kLengthFault});
}

TEST_CASE("a scan of parts is emitted as far as it came at the end of the capture, and is a fault when the device left",
          "[replay]") {
    const std::string part = "< 02385d6432" + std::string(112, '7') + "000001\n";
    CHECK(events_of(part) == Lines{barcode("]d2", std::string(56, 'w'))});
    CHECK(events_of(part + "! unplug\n") == Lines{kLengthFault});
}

TEST_CASE("after unplug nothing is heard until plug, and the new port knows nothing of the old", "[replay]") {
    const std::string a = "< 0000040000000000\n< 0000000000000000\n";
    const std::string enter = "< 0000280000000000\n< 0000000000000000\n";
    CHECK(events_of(a + "! unplug\n" + a + enter + "! plug\n" + enter + a + enter) == Lines{kLengthFault, barcode("", "a")});
    CHECK(events_of("! plug\n" + a + enter) == Lines{barcode("", "a")});
    CHECK(events_of(a + "! plug\n" + a + enter) == Lines{kLengthFault, barcode("", "a")});
}

TEST_CASE("the driver is the one that is named, else the header's, else the one that can read the bytes", "[replay]") {
    const std::string key = "< 0000040000000000\n";
    CHECK(replayed(key, "hid_scanner").size() == 1);
    CHECK(replayed("= family hid_scanner\n< 01\n") == Lines{"0 " + kLengthFault});
    CHECK(replayed(key, "unheard_of")[0].starts_with("there is no driver unheard_of; known are: "));
    CHECK(replayed("= family x\n" + key)[0].starts_with("there is no driver x"));
    CHECK(replayed("< 81 02\n")[0].starts_with("nothing tells which driver reads this capture"));
    CHECK(replayed("< 37373930303031310d\n") == Lines{"0 " + barcode("", "77900011")});
    CHECK(replayed("").empty());
    CHECK(replayed("# nothing came\n! plug\n").empty());
}

TEST_CASE("layout and substitutes of the header count", "[replay]") {
    std::string text = "= layout es\n= gs_substitutes \\x2f\n";
    for (const Bytes& report : test::typed("]C110A-1/21B\r", KeyboardLayout::es)) text += "< " + to_hex(report) + '\n';
    CHECK(events_of(text) == Lines{barcode("]C1",
                                           "10A-1\x1D"
                                           "21B")});
}
