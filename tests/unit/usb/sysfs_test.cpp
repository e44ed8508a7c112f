// SPDX-License-Identifier: Apache-2.0
// What only the kernel's own list tells: devices that may not be used, that sleep, and interfaces that no driver could read.
#include "usb/sysfs.hpp"

#include "usb/holder.hpp"
#include "usb_world.hpp"

#include <filesystem>
#include <fstream>

namespace dosario::test {
namespace {

struct Sysfs {
    std::unique_ptr<FakeUsb> bus = FakeUsb::create();
    void set(const std::string& name, const std::string& attribute, const std::string& value) const {
        const std::filesystem::path file = bus->root() + "/sys/bus/usb/devices/" + name + '/' + attribute;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream{file} << value << '\n';
    }
};

TEST_CASE("a device that is not authorized is told with its numbers", "[usb][sysfs]") {
    const Sysfs sysfs;
    sysfs.set("9-1", "idVendor", "05e0");
    sysfs.set("9-1", "idProduct", "2100");
    sysfs.set("9-1", "product", "DS2208");
    sysfs.set("9-1", "authorized", "0");
    sysfs.set("9-2", "idVendor", "046d");
    sysfs.set("9-2", "authorized", "1");
    sysfs.set("9-2:1.0", "authorized", "0");  // of an interface
    const auto blocked = list_blocked_devices();
    REQUIRE(blocked.size() == 1);
    CHECK(reader_id(blocked[0]) == "05e0:2100:@9-1:0");
    CHECK(blocked[0].product == "DS2208");
}

TEST_CASE("printers are told, and what is described otherwise is not", "[usb][sysfs]") {
    const Sysfs sysfs;
    sysfs.set("9-1:1.0", "bInterfaceClass", "0b");
    sysfs.set("9-3", "idVendor", "0a5f");
    sysfs.set("9-3", "idProduct", "0164");
    sysfs.set("9-3:1.1", "bInterfaceClass", "07");
    sysfs.set("9-3:1.1", "bInterfaceNumber", "01");
    sysfs.set("9-4:1.0", "bInterfaceClass", "03");
    const auto unread = list_unread_interfaces();
    REQUIRE(unread.size() == 1);
    CHECK(unread[0].class_code == 0x07);
    CHECK(reader_id(unread[0]) == "0a5f:0164:@9-3:1");
}

TEST_CASE("a suspended device is told, and one of which nothing is known is awake", "[usb][sysfs]") {
    const Sysfs sysfs;
    sysfs.set("9-1", "power/runtime_status", "suspended");
    sysfs.set("9-2", "power/runtime_status", "active");
    CHECK(is_suspended("9-1"));
    CHECK_FALSE(is_suspended("9-2"));
    CHECK_FALSE(is_suspended("9-3"));
    CHECK_FALSE(is_suspended(""));
}

TEST_CASE("the node of a device is named as udev names it", "[usb][sysfs]") {
    const Sysfs sysfs;
    sysfs.set("9-1", "busnum", "9");
    sysfs.set("9-1", "devnum", "104");
    CHECK(usb_node("9-1") == "/dev/bus/usb/009/104");
    CHECK(usb_node("9-2").empty());
    CHECK(usb_node("").empty());
}

TEST_CASE("no list is without end", "[usb][sysfs]") {
    const Sysfs sysfs;
    for (int i = 1; i <= 80; ++i) {
        const std::string name = "9-" + std::to_string(i);
        sysfs.set(name, "authorized", "0");
        sysfs.set(name + ":1.0", "bInterfaceClass", "07");
    }
    CHECK(list_blocked_devices().size() == kMostShown);
    CHECK(list_unread_interfaces().size() == kMostShown);
}

}  // namespace
}  // namespace dosario::test
