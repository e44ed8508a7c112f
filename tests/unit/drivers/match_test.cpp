// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/hid_descriptors.hpp"
#include "support/reader_rig.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

UsbInterface hid(std::uint16_t vid, std::uint16_t pid, std::string_view descriptor = "") {
    UsbInterface one;
    one.vid = vid;
    one.pid = pid;
    one.class_code = 3;
    one.report_descriptor = *from_hex(descriptor);
    return one;
}

UsbInterface keyboard(std::uint16_t vid, std::uint16_t pid) {
    UsbInterface one = hid(vid, pid);
    one.subclass = 1;
    one.protocol = 1;
    return one;
}

Match matched(const UsbInterface& one) { return driver_named("hid_scanner").match(one); }

}  // namespace

TEST_CASE("a bar code scanner by its descriptor is taken, whoever made it", "[match]") {
    CHECK(matched(hid(0xFFFF, 1, kHoneywellDescriptor)) == Match::yes);
    UsbInterface no_hid = hid(0xFFFF, 1, kHoneywellDescriptor);
    no_hid.class_code = 2;
    CHECK(matched(no_hid) == Match::no);
}

TEST_CASE("without a descriptor only the numbers of HID POS modes are taken", "[match]") {
    CHECK(matched(hid(0x05E0, 0x2100)) == Match::yes);
    CHECK(matched(hid(0x0C2E, 0x1007)) == Match::yes);
    CHECK(matched(hid(0x1EAB, 0x8210)) == Match::yes);
    CHECK(matched(hid(0x1EAB, 0x8206)) == Match::no);
    CHECK(matched(hid(0x046D, 0xC31C)) == Match::no);
}

TEST_CASE("a keyboard is taken only from makers of scanners; anybody else's needs a person", "[match]") {
    CHECK(matched(keyboard(0x05E0, 0x1200)) == Match::yes);
    CHECK(matched(keyboard(0x24EA, 0x0197)) == Match::yes);
    CHECK(matched(keyboard(0x0145, 0x0012)) == Match::yes);
    CHECK(matched(keyboard(0x24EA, 0x0198)) == Match::if_adopted);
    CHECK(matched(keyboard(0x05FE, 0x1010)) == Match::if_adopted);
    CHECK(matched(keyboard(0xFFFF, 0x0035)) == Match::if_adopted);
    CHECK(matched(keyboard(0x046D, 0xC31C)) == Match::if_adopted);
    for (auto one : {keyboard(0x05E0, 0x1200), keyboard(0x046D, 0xC31C)}) {
        one.device_has_mouse = true;
        CHECK(matched(one) == Match::never);
    }
    CHECK(matched(hid(0x05E0, 0x1200, "05010906a101c005010902a101c0")) == Match::never);
    CHECK(matched(hid(0x046D, 1, "05010906a101c0")) == Match::if_adopted);
    CHECK(matched(hid(0x05E0, 1, "05010902a101c0")) == Match::no);
}

TEST_CASE("Zebra's IBM and SNAPI modes are left alone", "[match]") {
    CHECK(matched(hid(0x05E0, 0x1300)) == Match::no);
    CHECK(matched(hid(0x05E0, 0x1900)) == Match::no);
    CHECK(matched(keyboard(0x05E0, 0x1900)) == Match::no);
}

TEST_CASE("make() gives a reader for every interface, and without any header the first report decides", "[match]") {
    ReaderRig typed{UsbInterface{}};
    typed.report("000004");
    typed.report("0000040000000000");
    typed.report("0000280000000000");
    CHECK(typed.scans() == std::vector<std::string>{"a"});
    CHECK(typed.faults() == std::vector{ReaderFault::Kind::length});
    ReaderRig other{UsbInterface{}};
    other.report("130000ee00010203040506");
    CHECK(other.faults() == std::vector{ReaderFault::Kind::framing});
}
