// SPDX-License-Identifier: Apache-2.0
// Finding, opening, reading and leaving readers, with real libusb on a pretended bus.
#include "usb_world.hpp"

#include "usb/messages.hpp"

#include <array>
#include <set>

namespace dosario::test {
namespace {

TEST_CASE("two thousand reports come in the order they were sent", "[usb]") {
    UsbWorld world;
    const auto plugged = world.bus->plug(pos_spec(0x05e0, 0x2100, "P1"));
    world.start();
    const UsbPort port = world.open();
    constexpr std::uint32_t kReports = 2000;
    for (std::uint32_t i = 0; i < kReports; ++i) plugged->device().report(numbered_report(i));
    world.listener.wait(What::received, kReports);
    std::uint32_t expected = 0;
    MonoTime last{};
    bool in_order = true;
    for (const Heard& heard : world.listener.all()) {
        if (heard.what != What::received) continue;
        in_order = in_order && heard.port == port && heard.bytes == numbered_report(expected++) && heard.at > last;
        last = heard.at;
    }
    CHECK(in_order);
    CHECK(expected == kReports);
    CHECK(plugged->device().misuse().empty());
}

TEST_CASE("a reader that is plugged later appears, leaves once, and comes back as a new port with the same name", "[usb]") {
    UsbWorld world;
    world.start();
    auto plugged = world.bus->plug(pos_spec(0x05e0, 0x2100, "P1"));
    const Heard first = world.listener.wait(What::appeared);
    world.host->open(first.port);
    world.listener.wait(What::opened);
    world.bus->unplug(*plugged);
    world.listener.wait(What::disappeared);
    plugged = world.bus->plug(pos_spec(0x05e0, 0x2100, "P1"));
    const Heard second = world.listener.wait(What::appeared, 2);
    CHECK(second.port != first.port);
    CHECK(reader_id(second.interface) == reader_id(first.interface));
    world.open(2);
    plugged->device().report(numbered_report(7));
    CHECK(world.listener.wait(What::received).port == second.port);
    CHECK(world.listener.count(What::disappeared) == 1);
    CHECK(world.listener.count(What::failed) == 0);
}

TEST_CASE("two alike without serial number are known by their ports, and each is the same when it comes back",
          "[usb][identity]") {
    UsbWorld world;
    FakeSpec spec = keyboard_spec(0x05e0, 0x1200, "");
    spec.port = "1-250";
    const auto one = world.bus->plug(spec);
    spec.port = "1-251";
    const auto two = world.bus->plug(spec);
    world.start();
    const auto nth_id = [&](std::size_t nth) { return reader_id(world.listener.wait(What::appeared, nth).interface); };
    const std::set<std::string> both{nth_id(1), nth_id(2)};
    CHECK(both == std::set<std::string>{"05e0:1200:@1-250:0", "05e0:1200:@1-251:0"});
    world.bus->unplug(*two);
    world.listener.wait(What::disappeared);
    const auto again = world.bus->plug(spec);
    CHECK(nth_id(3) == "05e0:1200:@1-251:0");
    spec.port = "1-252";
    const auto moved = world.bus->plug(spec);
    CHECK(nth_id(4) == "05e0:1200:@1-252:0");
}

TEST_CASE("behind a hub the whole way counts; with a serial number the port does not", "[usb][identity]") {
    UsbWorld world;
    FakeSpec hub = pos_spec(0x1d6b, 0x0002, "");
    hub.interfaces[0].class_code = 9;
    hub.port = "1-250";
    const auto plugged_hub = world.bus->plug(hub);
    FakeSpec spec = pos_spec(0x05e0, 0x2100, "");
    spec.port = "1-250.3";
    const auto behind = world.bus->plug(spec);
    world.start();
    const UsbInterface first = world.listener.wait(What::appeared).interface;
    CHECK(reader_id(first) == "05e0:2100:@1-250.3:0");
    CHECK(name_for_people(first) == "05e0:2100 \"Scanner\" (port 1-250.3, interface 0)");
    world.bus->unplug(*behind);
    spec.serial = "P1";
    const auto with_serial = world.bus->plug(spec);
    CHECK(reader_id(world.listener.wait(What::appeared, 2).interface) == "05e0:2100:P1:0");
}

TEST_CASE("reports that came before the unplug are delivered before the disappearance", "[usb]") {
    UsbWorld world;
    const auto plugged = world.bus->plug(pos_spec(0x05e0, 0x2100, "P1"));
    world.start();
    world.open();
    CHECK(plugged->device().wait_until([](const FakeDevice& device) { return device.waiting() == 4; }));
    for (std::uint32_t i = 0; i < 3; ++i) plugged->device().report(numbered_report(i));
    world.bus->unplug(*plugged);
    world.listener.wait(What::disappeared);
    CHECK(world.listener.count(What::received) == 3);
    CHECK(world.listener.all().back().what == What::disappeared);
}

TEST_CASE("a reader that nobody opened leaves once as well", "[usb]") {
    UsbWorld world;
    const auto plugged = world.bus->plug(pos_spec(0x05e0, 0x2100, "P1"));
    world.start();
    const UsbPort port = world.listener.wait(What::appeared).port;
    world.bus->unplug(*plugged);
    CHECK(world.listener.wait(What::disappeared).port == port);
}

TEST_CASE("two readers are read at once and do not mix", "[usb]") {
    UsbWorld world;
    const auto a = world.bus->plug(pos_spec(0x05e0, 0x2100, "A"));
    const auto b = world.bus->plug(pos_spec(0x05e0, 0x2100, "B"));
    world.start();
    world.open(1);
    world.open(2);
    const Heard first = world.listener.wait(What::appeared, 1);
    auto& device_of_first = first.interface.serial == "A" ? *a : *b;
    auto& device_of_second = first.interface.serial == "A" ? *b : *a;
    for (std::uint32_t i = 0; i < 200; ++i) {
        device_of_first.device().report(numbered_report(i));
        device_of_second.device().report(numbered_report(1000 + i));
    }
    world.listener.wait(What::received, 400);
    std::uint32_t of_first = 0;
    std::uint32_t of_second = 1000;
    for (const Heard& heard : world.listener.all()) {
        if (heard.what != What::received) continue;
        std::uint32_t& expected = heard.port == first.port ? of_first : of_second;
        if (heard.bytes != numbered_report(expected++)) FAIL("a report of the other reader, or out of order");
    }
    CHECK(of_first == 200);
    CHECK(of_second == 1200);
}

TEST_CASE("a report of several packets comes whole", "[usb]") {
    UsbWorld world;
    FakeSpec spec = pos_spec(0x05e0, 0x2100, "P1");
    spec.interfaces[0].max_packet = 8;  // a full-size report of 64 bytes is eight packets
    const auto plugged = world.bus->plug(spec);
    world.start();
    world.open();
    plugged->device().report(numbered_report(1, 64));
    CHECK(world.listener.wait(What::received).bytes == numbered_report(1, 64));
}

TEST_CASE("a short report stays short", "[usb]") {
    UsbWorld world;
    const auto plugged = world.bus->plug(pos_spec(0x05e0, 0x2100, "P1"));
    world.start();
    world.open();
    plugged->device().report(numbered_report(1, 5));
    CHECK(world.listener.wait(What::received).bytes == numbered_report(1, 5));
}

TEST_CASE("the kernel driver is back after close", "[usb][driver]") {
    UsbWorld world;
    const auto plugged = world.bus->plug(keyboard_spec(0x05e0, 0x1200, "K1"));
    world.start();
    const UsbPort port = world.open();
    CHECK(plugged->device().driver(0).empty());
    CHECK(plugged->device().claimed(0));
    world.host->close(port);
    CHECK(plugged->device().wait_until([](const FakeDevice& device) { return device.driver(0) == "usbhid"; }));
    CHECK_FALSE(plugged->device().claimed(0));
    CHECK(plugged->device().misuse().empty());
}

TEST_CASE("the kernel driver is back when the host ends", "[usb][driver]") {
    UsbWorld world;
    const auto plugged = world.bus->plug(keyboard_spec(0x05e0, 0x1200, "K1"));
    world.start();
    world.open();
    world.host.reset();
    CHECK(plugged->device().driver(0) == "usbhid");
    CHECK_FALSE(plugged->device().claimed(0));
    CHECK(plugged->device().misuse().empty());
}

TEST_CASE("a driver that was not there is not put back", "[usb][driver]") {
    UsbWorld world;
    const auto plugged = world.bus->plug(pos_spec(0x05e0, 0x2100, "P1"));
    world.start();
    world.open();
    world.host.reset();
    CHECK(plugged->device().driver(0).empty());
}

TEST_CASE("a keyboard is not touched until it is opened", "[usb][driver]") {
    UsbWorld world;
    const auto plugged = world.bus->plug(keyboard_spec(0x046d, 0xc31c, "K1"));
    world.start();
    const Heard heard = world.listener.wait(What::appeared);
    world.host.reset();
    CHECK(heard.interface.serial == "K1");
    CHECK(heard.interface.product == "Keyboard");
    CHECK(heard.interface.report_descriptor == plugged->device().spec().interfaces[0].report_descriptor);
    CHECK(plugged->device().opens() == 0);
    CHECK(plugged->device().ioctls() == 0);
}

TEST_CASE("a boot keyboard keeps its driver even where sysfs shows nothing", "[usb][driver]") {
    UsbWorld world;
    FakeSpec spec = keyboard_spec(0x046d, 0xc31c, "K1");
    spec.interfaces[0].in_sysfs = false;
    spec.strings_in_sysfs = false;
    const auto plugged = world.bus->plug(spec);
    plugged->device().forbid_disconnect();
    world.start();
    const Heard heard = world.listener.wait(What::appeared);
    CHECK(heard.interface.serial == "K1");
    CHECK(heard.interface.report_descriptor.empty());
    CHECK(plugged->device().driver(0) == "usbhid");
    CHECK(plugged->device().misuse().empty());
}

TEST_CASE("the report descriptor of a free interface is asked of the device", "[usb][descriptor]") {
    UsbWorld world;
    FakeSpec spec = pos_spec(0x05e0, 0x2100, "P1");
    spec.strings_in_sysfs = false;
    const auto plugged = world.bus->plug(spec);
    world.start();
    const UsbInterface interface = world.listener.wait(What::appeared).interface;
    CHECK(interface.report_descriptor == spec.interfaces[0].report_descriptor);
    CHECK(interface.serial == "P1");
    CHECK(interface.product == "Scanner");
    CHECK(interface.endpoint_in == 0x81);
    CHECK(interface.max_packet == 64);
    CHECK(interface.class_code == 3);
    CHECK_FALSE(interface.device_has_mouse);
    CHECK_FALSE(plugged->device().claimed(0));
    CHECK(plugged->device().misuse().empty());
}

TEST_CASE("a driver that had to leave for the report descriptor is put back", "[usb][descriptor]") {
    UsbWorld world;
    FakeSpec spec = pos_spec(0x05e0, 0x2100, "P1");
    spec.interfaces[0].driver = "usbhid";
    const auto plugged = world.bus->plug(spec);
    world.start();
    CHECK(world.listener.wait(What::appeared).interface.report_descriptor == spec.interfaces[0].report_descriptor);
    CHECK(plugged->device().driver(0) == "usbhid");
    CHECK(plugged->device().misuse().empty());
}

TEST_CASE("a device with a mouse says so on each of its interfaces", "[usb][descriptor]") {
    UsbWorld world;
    FakeSpec spec = keyboard_spec(0x046d, 0xc52b, "C1");
    FakeInterface mouse = mouse_spec(0, 0, "").interfaces[0];
    mouse.number = 1;
    mouse.endpoint_in = 0x82;
    mouse.subclass = 0;  // a mouse only by its report descriptor
    mouse.protocol = 0;
    spec.interfaces.push_back(mouse);
    const auto plugged = world.bus->plug(spec);
    world.start();
    CHECK(world.listener.wait(What::appeared, 1).interface.device_has_mouse);
    CHECK(world.listener.wait(What::appeared, 2).interface.device_has_mouse);
}

TEST_CASE("interfaces that are not HID do not appear", "[usb][descriptor]") {
    UsbWorld world;
    FakeSpec storage = pos_spec(0x0781, 0x5567, "S1");
    storage.interfaces[0].class_code = 8;
    const auto other = world.bus->plug(storage);
    const auto reader = world.bus->plug(pos_spec(0x05e0, 0x2100, "P1"));
    world.start();
    CHECK(world.listener.wait(What::appeared).interface.vid == 0x05e0);
    CHECK(world.listener.count(What::appeared) == 1);
    CHECK(other->device().opens() == 0);
}

TEST_CASE("writes arrive in order, and what the device refuses is skipped", "[usb][write]") {
    UsbWorld world;
    FakeSpec spec = pos_spec(0x0c2e, 0x1007, "H1");
    spec.interfaces[0].endpoint_out = 0x01;
    const auto plugged = world.bus->plug(spec);
    world.start();
    const UsbPort port = world.open();
    plugged->device().refuse_requests(1);
    const std::array<std::uint8_t, 8> setup{0x21, 0x09, 0xfe, 0x03, 0, 0, 2, 0};
    world.host->write(port, {setup, 0, *from_hex("fe01")});
    for (std::uint32_t i = 0; i < 20; ++i) world.host->write(port, {std::nullopt, 0x01, numbered_report(i, 8)});
    CHECK(plugged->device().wait_until([](const FakeDevice& device) { return device.writes().size() == 21; }));
    const std::vector<Bytes> writes = plugged->device().writes();
    CHECK(to_hex(writes[0]) == "2109fe0300000200fe01");
    for (std::uint32_t i = 0; i < 20; ++i) CHECK(writes[1 + i] == numbered_report(i, 8));
    plugged->device().report(numbered_report(1));
    world.listener.wait(What::received);
    CHECK(world.listener.count(What::failed) == 0);
}

TEST_CASE("a reader that takes no commands fails when too many wait", "[usb][write]") {
    UsbWorld world;
    FakeSpec spec = pos_spec(0x0c2e, 0x1007, "H1");
    spec.interfaces[0].endpoint_out = 0x01;
    const auto plugged = world.bus->plug(spec);
    plugged->device().hold_writes();
    world.start();
    const UsbPort port = world.open();
    for (std::uint32_t i = 0; i < 100; ++i) world.host->write(port, {std::nullopt, 0x01, numbered_report(i, 8)});
    CHECK(world.listener.wait(What::failed).error.message.find("does not take its commands") != std::string::npos);
    CHECK_FALSE(plugged->device().claimed(0));
}

TEST_CASE("what is asked of a port that is not there does nothing", "[usb]") {
    UsbWorld world;
    const auto plugged = world.bus->plug(pos_spec(0x05e0, 0x2100, "P1"));
    world.start();
    const UsbPort port = world.listener.wait(What::appeared).port;
    world.host->open(port + 1000);
    world.host->close(port);
    world.host->write(port, {std::nullopt, 0x01, numbered_report(1, 8)});
    world.open();
    CHECK(world.listener.count(What::failed) == 0);
}

TEST_CASE("close and open at once reopen the port", "[usb]") {
    UsbWorld world;
    const auto plugged = world.bus->plug(keyboard_spec(0x05e0, 0x1200, "K1"));
    world.start();
    const UsbPort port = world.open();
    world.host->close(port);
    world.host->open(port);
    world.listener.wait(What::opened, 2, port);
    plugged->device().report(numbered_report(1, 8));
    world.listener.wait(What::received);
    CHECK(plugged->device().misuse().empty());
}

TEST_CASE("a bus without udevd is searched by the rescan", "[usb][rescan]") {
    UsbWorld world;
    const auto there = world.bus->plug(pos_spec(0x05e0, 0x2100, "A"));
    world.start({.rescan_every = std::chrono::milliseconds{10}});
    world.open(1);
    const auto late = world.bus->plug(pos_spec(0x05e0, 0x2100, "B"), FakeUsb::Udev::silent);
    const Heard heard = world.listener.wait(What::appeared, 2);
    CHECK(heard.interface.serial == "B");
    world.open(2);
    late->device().report(numbered_report(2));
    CHECK(world.listener.wait(What::received, 1).port == heard.port);
    there->device().report(numbered_report(1));
    CHECK(world.listener.wait(What::received, 2).port != heard.port);
    world.host->close(heard.port);
    CHECK(late->device().wait_until([](const FakeDevice& device) { return !device.claimed(0); }));
    world.bus->unplug(*late, FakeUsb::Udev::silent);
    CHECK(world.listener.wait(What::disappeared).port == heard.port);
    CHECK(world.listener.count(What::appeared) == 2);
}

TEST_CASE("a device that the rescan met half-made is found when it is whole", "[usb][rescan]") {
    UsbWorld world;
    world.start({.rescan_every = std::chrono::milliseconds{2}});
    const auto slow = world.bus->plug(pos_spec(0x05e0, 0x2100, "slow"), FakeUsb::Udev::half_made);
    const auto quick = world.bus->plug(pos_spec(0x05e0, 0x2100, "quick"), FakeUsb::Udev::silent);
    // Who found this one has looked for the other as well.
    CHECK(world.listener.wait(What::appeared, 1).interface.serial == "quick");
    world.bus->finish(*slow);
    CHECK(world.listener.wait(What::appeared, 2).interface.serial == "slow");
}

TEST_CASE("a device that is announced before the kernel has configured it is read when it is", "[usb][hotplug]") {
    for (const auto rescan_every : {std::chrono::milliseconds{60'000}, std::chrono::milliseconds{2}}) {
        UsbWorld world;
        world.start({.rescan_every = rescan_every});
        const auto early = world.bus->plug(pos_spec(0x05e0, 0x2100, "early"), FakeUsb::Udev::unconfigured);
        const auto whole = world.bus->plug(pos_spec(0x05e0, 0x2100, "whole"));
        // Who heard of this one has looked at the other.
        CHECK(world.listener.wait(What::appeared, 1).interface.serial == "whole");
        CHECK(world.listener.count(What::appeared) == 1);
        world.bus->configure(*early);
        const Heard heard = world.listener.wait(What::appeared, 2);
        CHECK(heard.interface.serial == "early");
        world.open(2);
        early->device().report(numbered_report(1));
        CHECK(world.listener.wait(What::received).port == heard.port);
        world.bus->unplug(*early);
        CHECK(world.listener.wait(What::disappeared).port == heard.port);
        CHECK(world.listener.count(What::appeared) == 2);
    }
}

TEST_CASE("an idle reader costs nothing", "[usb]") {
    UsbWorld world;
    const auto plugged = world.bus->plug(pos_spec(0x05e0, 0x2100, "P1"));
    world.start({.rescan_every = std::chrono::milliseconds{1}});
    const UsbPort port = world.open();
    CHECK(plugged->device().wait_until([](const FakeDevice& device) { return device.waiting() == 4; }));
    const int before = plugged->device().ioctls();
    // Another reader comes and goes: many rounds of the host's loop in which this one has nothing to say.
    for (std::size_t i = 1; i <= 10; ++i) {
        const auto other = world.bus->plug(pos_spec(0x05e0, 0x2100, "other"));
        world.listener.wait(What::appeared, 1 + i);
        world.bus->unplug(*other);
        world.listener.wait(What::disappeared, i);
    }
    CHECK(plugged->device().ioctls() - before <= 4);
    CHECK(world.listener.count(What::received, port) == 0);
}

}  // namespace
}  // namespace dosario::test
