// SPDX-License-Identifier: Apache-2.0
// A reader's name.
#include "reader/driver.hpp"
#include "support/catch.hpp"

using namespace dosario;

namespace {

UsbInterface plugged(std::string serial, std::string bus_path) {
    UsbInterface one;
    one.vid = 0x05E0;
    one.pid = 0x1200;
    one.serial = std::move(serial);
    one.bus_path = std::move(bus_path);
    one.number = 1;
    return one;
}

}  // namespace

TEST_CASE("a serial number names a reader on any port, and without one the port does", "[identity]") {
    CHECK(reader_id(plugged("A1", "1-2")) == "05e0:1200:A1:1");
    CHECK(reader_id(plugged("A1", "2-4.1")) == "05e0:1200:A1:1");
    CHECK(reader_id(plugged("", "1-2")) == "05e0:1200:@1-2:1");
    CHECK(reader_id(plugged("", "2-4.1")) == "05e0:1200:@2-4.1:1");
    CHECK(reader_id(plugged("", "")) == "05e0:1200::1");
}

TEST_CASE("a serial number cannot pass for a port, nor for more than one part of the name", "[identity]") {
    CHECK(reader_id(plugged("@1-2", "1-9")) == "05e0:1200:_1-2:1");
    CHECK(reader_id(plugged("a:b \"c\\\x7f\n", "1-9")) == "05e0:1200:a_b__c___:1");
}

TEST_CASE("an AIM identifier is a bracket, a letter, and a letter or a digit", "[identity]") {
    for (const std::string_view aim : {"]d2", "]C1", "]Xg", "]E0"}) CHECK(leading_aim(aim)->text() == aim);
    CHECK(leading_aim("]d201")->text() == "]d2");
    for (const std::string_view other : {"", "]", "]d", "]1d", "]d ", "d20", "]d]"}) CHECK_FALSE(leading_aim(other));
    CHECK(make_barcode("]d201", MonoTime{}).bytes == "01");
    CHECK(make_barcode("]1201", MonoTime{}).bytes == "]1201");
}

TEST_CASE("boot keyboards and boot mice are HID interfaces that say so", "[identity]") {
    UsbInterface one;
    one.class_code = kHidClass;
    one.subclass = kBootSubclass;
    one.protocol = 1;
    CHECK(is_boot_keyboard(one));
    CHECK_FALSE(is_boot_mouse(one));
    one.protocol = 2;
    CHECK(is_boot_mouse(one));
    one.class_code = 8;
    CHECK_FALSE(is_boot_mouse(one));
}

TEST_CASE("a reader that types may lose separators, and others keep them", "[identity]") {
    UsbInterface typing = plugged("A1", "1-2");
    typing.class_code = kHidClass;
    CHECK(usual_gs_habit(typing) == GsHabit::unknown);  // nothing is known of it
    typing.subclass = kBootSubclass;
    typing.protocol = 1;
    CHECK(usual_gs_habit(typing) == GsHabit::unknown);
    UsbInterface pos = plugged("A1", "1-2");
    pos.class_code = kHidClass;
    pos.report_descriptor = *from_hex("058c0902a101c0");  // HID Point of Sale Usage Tables: bar code scanner
    CHECK(usual_gs_habit(pos) == GsHabit::kept);
    UsbInterface keys = pos;
    keys.report_descriptor = *from_hex("05010906a101c0");  // Generic Desktop: keyboard
    CHECK(usual_gs_habit(keys) == GsHabit::unknown);
    UsbInterface serial = plugged("A1", "1-2");
    serial.class_code = 0x02;
    CHECK(usual_gs_habit(serial) == GsHabit::kept);
}
