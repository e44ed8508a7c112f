// SPDX-License-Identifier: Apache-2.0
#include "reader/capture.hpp"
#include "support/catch.hpp"

using namespace dosario;

namespace {

constexpr std::string_view kEverything =
    "# a reader\r\n"
    "= vid 05e0\r\n"
    "= pid 0x2100   # HID POS\n"
    "= serial S\\x20N\\x231\n"
    "= interface 3\n"
    "= report_descriptor 058c 0902\n"
    "= layout latam\n"
    "= gs_substitutes ~\\x7c\n"
    "= taken_by somebody careful\n"
    "\n"
    "! plug\n"
    "@5 <129 02 5D\t# an AIM identifier\n"
    "@5 > fe01\n"
    ">2 00\n"
    "<\n"
    "  @70   <  0A0b  \n"
    "! unplug";

std::string error_of(std::string_view text) {
    const auto capture = parse_capture(text);
    return capture.has_error() ? capture.error().message : "";
}

}  // namespace

TEST_CASE("every kind of line is read", "[capture]") {
    const auto capture = parse_capture(kEverything);
    REQUIRE(capture.has_value());
    using Kind = CaptureStep::Kind;
    const std::vector<CaptureStep> expected = {
        {Kind::plug, {}, 0, {}},
        {Kind::from_device, 5, 129, *from_hex("025d")},
        {Kind::to_device, 5, 0, *from_hex("fe01")},
        {Kind::to_device, {}, 2, *from_hex("00")},
        {Kind::from_device, {}, 0, {}},
        {Kind::from_device, 70, 0, *from_hex("0a0b")},
        {Kind::unplug, {}, 0, {}},
    };
    CHECK((capture->steps == expected));
    CHECK(capture_value(*capture, "taken_by") == "somebody careful");
    const UsbInterface one = capture_interface(*capture);
    CHECK(one.vid == 0x05E0);
    CHECK(one.pid == 0x2100);
    CHECK(one.serial == "S N#1");
    CHECK(one.number == 3);
    CHECK(one.class_code == 3);
    CHECK(to_hex(one.report_descriptor) == "058c0902");
    const ReaderSettings settings = capture_settings(*capture);
    CHECK(settings.layout == KeyboardLayout::latam);
    CHECK(settings.gs_substitutes == "~|");
    CHECK(settings.is_replayed);
}

TEST_CASE("a capture written and read again is the same", "[capture]") {
    const auto capture = parse_capture(kEverything);
    REQUIRE(capture.has_value());
    const auto again = parse_capture(write_capture(*capture));
    REQUIRE(again.has_value());
    CHECK((*again == *capture));
}

TEST_CASE("carriage returns at the end of a line belong to no value", "[capture]") {
    const auto capture = parse_capture("= taken_by me\r\r\n< 00\r\n\r\n");
    REQUIRE(capture.has_value());
    CHECK(capture_value(*capture, "taken_by") == "me");
    CHECK(capture->steps.size() == 1);
}

TEST_CASE("values may hold blanks and marks of comments as escapes", "[capture]") {
    const auto capture = parse_capture("= serial a\\x20\\x23b\\\\\\x01\n= gs_substitutes \\x23\\x20\n= terminators \\x0d\n");
    REQUIRE(capture.has_value());
    CHECK(capture_interface(*capture).serial == "a #b\\\x01");
    CHECK(capture_settings(*capture).gs_substitutes == "# ");
    CHECK(capture_settings(*capture).terminators == "\r");
}

TEST_CASE("errors name the line and what to write instead", "[capture]") {
    CHECK(error_of("# fine\n\n< 0g\n").starts_with("line 3: \"0g\": write two hexadecimal digits for each byte"));
    CHECK(error_of("<0a0b").find("write a blank before the bytes") != std::string::npos);
    CHECK(error_of("hello").starts_with("line 1: \"hello\": begin the line with"));
    CHECK(error_of("@x < 00").find("whole milliseconds") != std::string::npos);
    CHECK(error_of("@5 < 00\n@4 < 00").starts_with("line 2: \"@4\": the time goes back"));
    CHECK(error_of("! plugged").find("`! plug`") != std::string::npos);
    CHECK(error_of("= vid 12345").find("up to four hexadecimal digits") != std::string::npos);
    CHECK(error_of("= layout qwerty").find("us, es or latam") != std::string::npos);
    CHECK(error_of("= gs_substitutes \\n").find("\\xHH") != std::string::npos);
    CHECK(error_of("= interface 256").find("0 to 255") != std::string::npos);
    CHECK(error_of("=").find("key and a value") != std::string::npos);
    CHECK(error_of("=#vid 1").find("key and a value") != std::string::npos);
    CHECK(error_of("@99999999999999999999 < 00").find("@99999") != std::string::npos);
    CHECK(error_of("@5").find("begin the line") != std::string::npos);
    CHECK(error_of("@5 = vid 1").find("begin the line") != std::string::npos);
    CHECK(error_of("<300 00").find("0 to 255") != std::string::npos);
}

TEST_CASE("a line beyond 1 MiB is refused, one of 1 MiB is read", "[capture]") {
    const std::string fits = "< " + std::string(kLongestCaptureLine - 2, '0');
    CHECK(error_of(fits).empty());
    CHECK(error_of(fits + "00").find("longer than 1 MiB") != std::string::npos);
}
