// SPDX-License-Identifier: Apache-2.0
// What is read from descriptors, with the examples of the standard and with damage.
#include "usb/report_shape.hpp"

#include "support/catch.hpp"

namespace dosario {
namespace {

/// HID 1.11, appendix E.6 (keyboard) and E.10 (mouse).
const Bytes kKeyboard = *from_hex(
    "05 01 09 06 a1 01 05 07 19 e0 29 e7 15 00 25 01 75 01 95 08 81 02 95 01 75 08 81 01 95 05 75 01 05 08 19 01 29 05 91 02 95 01"
    "75 03 91 01 95 06 75 08 15 00 25 65 05 07 19 00 29 65 81 00 c0");
const Bytes kMouse = *from_hex(
    "05 01 09 02 a1 01 09 01 a1 00 05 09 19 01 29 03 15 00 25 01 95 03 75 01 81 02 95 01 75 05 81 01 05 01 09 30 09 31 15 81 25 7f"
    "75 08 95 02 81 06 c0 c0");

TEST_CASE("the keyboard of the standard has reports of eight bytes and is no mouse", "[usb][hid]") {
    const ReportShape shape = report_shape(kKeyboard);
    CHECK(shape.longest_input == 8);
    CHECK(shape.top_usages == std::vector<std::uint32_t>{0x0001'0006});
    CHECK_FALSE(is_mouse(shape));
}

TEST_CASE("the mouse of the standard is one, its inner pointer is not counted", "[usb][hid]") {
    const ReportShape shape = report_shape(kMouse);
    CHECK(shape.longest_input == 3);
    CHECK(shape.top_usages == std::vector<std::uint32_t>{0x0001'0002});
    CHECK(is_mouse(shape));
}

TEST_CASE("a report id costs a byte, and the longest report counts", "[usb][hid]") {
    const Bytes two = *from_hex("05 01 09 06 a1 01 85 01 75 08 95 03 81 02 c0 06 8c 00 09 02 a1 01 85 02 95 3f 81 02 c0");
    const ReportShape shape = report_shape(two);
    CHECK(shape.longest_input == 64);
    CHECK(shape.top_usages == std::vector<std::uint32_t>{0x0001'0006, 0x008c'0002});
}

TEST_CASE("pushed state comes back", "[usb][hid]") {
    const Bytes pushed = *from_hex("05 01 09 06 a1 01 75 08 95 02 a4 95 40 b4 81 02 c0");
    CHECK(report_shape(pushed).longest_input == 2);
}

TEST_CASE("sizes beyond all measure are cut", "[usb][hid]") {
    const Bytes huge = *from_hex("77 ff ff ff ff 97 ff ff ff ff 81 02 81 02");
    CHECK(report_shape(huge).longest_input == kLongestReport);
}

TEST_CASE("damaged descriptors are read without harm", "[usb][hid]") {
    for (const Bytes& whole : {kKeyboard, kMouse}) {
        for (std::size_t size = 0; size <= whole.size(); ++size)
            CHECK(report_shape(ByteView{whole}.first(size)).longest_input <= 8);
        for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
            Bytes flipped = whole;
            flipped[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
            CHECK(report_shape(flipped).longest_input <= kLongestReport);
        }
    }
    CHECK(report_shape(*from_hex("fe")).top_usages.empty());
    CHECK(report_shape(*from_hex("fe ff 00 01")).top_usages.empty());
}

TEST_CASE("the length of the report descriptor is found behind other descriptors", "[usb][hid]") {
    CHECK(report_descriptor_length(*from_hex("09 21 11 01 00 01 22 41 00")) == 65);
    CHECK(report_descriptor_length(*from_hex("03 ff 00 09 21 11 01 00 01 22 00 10")) == 4096);
    CHECK_FALSE(report_descriptor_length(*from_hex("09 21 11 01 00 01 22 01 10")));  // 4097
    CHECK_FALSE(report_descriptor_length(*from_hex("09 21 11 01 00 01 22 00 00")));
    CHECK_FALSE(report_descriptor_length(*from_hex("09 21 11 01 00 01 22 41")));
    CHECK_FALSE(report_descriptor_length(*from_hex("00 21")));
    CHECK_FALSE(report_descriptor_length({}));
}

}  // namespace
}  // namespace dosario
