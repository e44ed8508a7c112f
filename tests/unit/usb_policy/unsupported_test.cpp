// SPDX-License-Identifier: Apache-2.0
// Which family a device is that no driver takes.
#include "usb/unsupported.hpp"

#include "support/catch.hpp"

#include <array>
#include <set>

namespace dosario {
namespace {

Match match_pos(const UsbInterface& one) { return one.pid == 0x2100 && one.number == 0 ? Match::yes : Match::no; }
std::unique_ptr<ReaderProtocol> make_none(const UsbInterface&, const ReaderSettings&) { return nullptr; }
constexpr Driver::Known kZebraAll[] = {{0x05E0, 0, "Zebra"}, {0x24EA, 0x0197, "Meva"}};
const Driver kPos{"pos", match_pos, make_none, kZebraAll};
const std::array<const Driver*, 1> kDrivers{&kPos};

UsbInterface one(std::uint16_t vid, std::uint16_t pid, std::uint8_t class_code = kHidClass, std::uint8_t number = 0) {
    UsbInterface interface;
    interface.vid = vid;
    interface.pid = pid;
    interface.class_code = class_code;
    interface.number = number;
    return interface;
}

UsbInterface described(UsbInterface interface, const char* descriptor) {
    interface.report_descriptor = *from_hex(descriptor);
    return interface;
}

// Usage page, usage, collection (application), and the end of it (HID 1.11, 6.2.2).
constexpr const char* kVendorPage = "0600ff0901a101c0";
constexpr const char* kTelephony = "050b0901a101c0";
constexpr const char* kMousePage = "05010902a101c0";

TEST_CASE("each family that is not driven is told apart", "[unsupported]") {
    struct Row {
        const char* what;
        UsbInterface interface;
        Unsupported expected;
    };
    UsbInterface boot_mouse = one(0x046D, 0xC077);
    boot_mouse.subclass = 1;
    boot_mouse.protocol = 2;
    for (const Row& row : std::vector<Row>{
             {"Zebra, IBM hand-held", one(0x05E0, 0x1300), Unsupported::ibm_hand_held},
             {"Zebra, IBM table-top", one(0x05E0, 0x1400), Unsupported::ibm_table_top},
             {"Zebra, SNAPI", one(0x05E0, 0x1900), Unsupported::snapi},
             {"Zebra, SNAPI's interface of its own class", one(0x05E0, 0x1900, 0xFF), Unsupported::snapi},
             {"Datalogic, IBM", one(0x05F9, 0x1206), Unsupported::oem_mode},
             {"a mode of Zebra's that nobody knows", one(0x05E0, 0x4711), Unsupported::scanner_mode},
             {"the same on its maker's page", described(one(0x05E0, 0x4711), kVendorPage), Unsupported::scanner_mode},
             {"a product known by its number alone", one(0x24EA, 0x0197), Unsupported::scanner_mode},
             {"another product of that maker", one(0x24EA, 0x0198), Unsupported::other},
             {"chip card or NFC", one(0x072F, 0x2200, 0x0B), Unsupported::tag_reader},
             {"printer", one(0x0A5F, 0x0164, 0x07), Unsupported::printer},
             {"a protocol of its maker's own", described(one(0x1A86, 0xE010), kVendorPage), Unsupported::vendor_hid},
             {"HID of another kind", described(one(0x1234, 0x0001), kTelephony), Unsupported::other},
             {"HID that says nothing", one(0x1234, 0x0001), Unsupported::other},
             {"a mouse by its descriptor", described(one(0x1234, 0x0001), kMousePage), Unsupported::mouse},
             {"a mouse by its protocol", boot_mouse, Unsupported::mouse},
             {"a modem", one(0x1199, 0x9041, 0x02), Unsupported::serial_bridge},
             {"a serial chip", one(0x1A86, 0x7523, 0xFF), Unsupported::serial_bridge},
             {"another class of a maker's own", one(0x1234, 0x0001, 0xFF), Unsupported::other},
             {"a memory stick", one(0x0781, 0x5567, 0x08), Unsupported::storage},
             {"a hub", one(0x05E3, 0x0608, 0x09), Unsupported::hub},
             {"Bluetooth", one(0x0A12, 0x0001, 0xE0), Unsupported::wireless},
         }) {
        INFO(row.what);
        CHECK(unsupported_family(row.interface, {&row.interface, 1}, kDrivers) == row.expected);
    }
}

TEST_CASE("the other interface of a device that is driven is a part of it", "[unsupported]") {
    const std::array device{one(0x05E0, 0x2100), one(0x05E0, 0x2100, kHidClass, 1)};
    CHECK(unsupported_family(device[1], device, kDrivers) == Unsupported::second_part);
    const std::array alone{one(0x05E0, 0x2100, kHidClass, 1)};
    CHECK(unsupported_family(alone[0], alone, kDrivers) == Unsupported::scanner_mode);
}

TEST_CASE("families have names of their own", "[unsupported]") {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(Unsupported::other); ++i) names.insert(unsupported_name(static_cast<Unsupported>(i)));
    CHECK(names.size() == static_cast<std::size_t>(Unsupported::other) + 1);
}

}  // namespace
}  // namespace dosario
