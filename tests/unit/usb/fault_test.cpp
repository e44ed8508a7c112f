// SPDX-License-Identifier: Apache-2.0
// Errors of the line, races of the end, devices that leave at the worst moment.
#include "driver_world.hpp"
#include "support/usbfs/fake_scans.hpp"

#include "usb/messages.hpp"

#include <libusb.h>
#include <sys/fsuid.h>

#include <cerrno>
#include <thread>

namespace dosario::test {
namespace {

TEST_CASE("a stalled endpoint is cleared and read on", "[usb][fault]") {
    UsbWorld world;
    const auto plugged = world.bus->plug(pos_spec(0x05e0, 0x2100, "P1"));
    world.start();
    world.open();
    for (std::uint32_t i = 1; i <= 3; ++i) {
        plugged->device().stall();
        CHECK(plugged->device().wait_until(
            [&](const FakeDevice& device) { return device.halts_cleared() >= static_cast<int>(i); }));
        plugged->device().report(numbered_report(i));
        CHECK(world.listener.wait(What::received, i).bytes == numbered_report(i));
    }
    CHECK(world.listener.count(What::failed) == 0);
    CHECK(plugged->device().misuse().empty());
}

TEST_CASE("one bad report does not drop the reader", "[usb][fault]") {
    const int status = GENERATE(-EPROTO, -EOVERFLOW, -ETIMEDOUT, -EILSEQ);
    UsbWorld world;
    const auto plugged = world.bus->plug(pos_spec(0x05e0, 0x2100, "P1"));
    world.start();
    world.open();
    plugged->device().fail_reads(status, 1);
    for (std::uint32_t i = 0; i < 10; ++i) plugged->device().report(numbered_report(i));
    for (std::uint32_t i = 0; i < 10; ++i) CHECK(world.listener.wait(What::received, i + 1).bytes == numbered_report(i));
    CHECK(world.listener.count(What::failed) == 0);
    CHECK(plugged->device().misuse().empty());
}

TEST_CASE("what came before an unplug is heard, though the unplug is noticed first", "[usb][fault]") {
    std::atomic<bool> hold{false}, held{false};
    UsbWorld world;
    const auto plugged = world.bus->plug(pos_spec(0x05e0, 0x2100, "P1"));
    // The USB thread is busy with another device while the reader sends, leaves, and is missing in the kernel's list.
    world.listener.on_appeared = [&] {
        while (hold) {
            held = true;
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
    };
    world.start({std::chrono::milliseconds{20}});
    const UsbPort port = world.open();
    hold = true;
    const auto other = world.bus->plug(pos_spec(0x05e0, 0x2100, "P2"));
    while (!held) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    for (std::uint32_t i = 1; i <= 3; ++i) plugged->device().report(numbered_report(i));
    world.bus->unplug(*plugged, FakeUsb::Udev::silent);
    std::this_thread::sleep_for(std::chrono::milliseconds{40});
    hold = false;
    world.listener.wait(What::disappeared, 1, port);
    CHECK(world.listener.count(What::received, port) == 3);
}

TEST_CASE("trouble in the middle of a scan: a character that was lost never makes another code", "[usb][fault]") {
    const int status = GENERATE(-EPROTO, -EOVERFLOW, -EILSEQ);
    DriverWorld world;
    const auto scanner = world.bus->plug(keyboard_spec(0x05e0, 0x1200, "K1"));
    world.listener.wait_appeared(1);
    world.listener.open_all();
    world.listener.wait_opened(1);
    const std::vector<Bytes> keys = *typed_reports("7791234567898");
    for (std::size_t i = 0; i < keys.size(); ++i) {
        // The report of the third digit was the bad one.
        if (i == 4) {
            scanner->device().fail_reads(status, 1);
            REQUIRE(scanner->device().wait_until([](const FakeDevice& now) { return now.waiting() >= 4; }));
        } else {
            scanner->device().report(keys[i]);
        }
    }
    world.listener.wait_faults(1);
    for (const Bytes& key : keys) scanner->device().report(key);
    world.listener.wait_scans(1);
    CHECK(world.listener.scans() == std::vector<std::string>{"7791234567898"});
    CHECK(world.listener.faults() == 1);
    CHECK(world.listener.failures().empty());
}

TEST_CASE("a report longer than its descriptor allows is an error of the line, not of the program", "[usb][fault]") {
    UsbWorld world;
    const auto plugged = world.bus->plug(pos_spec(0x05e0, 0x2100, "P1"));
    world.start();
    world.open();
    plugged->device().report(numbered_report(1, 200));
    plugged->device().report(numbered_report(2));
    CHECK(world.listener.wait(What::received).bytes == numbered_report(2));
}

TEST_CASE("a line that gives nothing but errors fails with what to do", "[usb][fault]") {
    UsbWorld world;
    const auto plugged = world.bus->plug(keyboard_spec(0x05e0, 0x1200, "K1"));
    world.start();
    world.open();
    plugged->device().fail_reads(-EPROTO, 1'000'000);
    CHECK(world.listener.wait(What::failed).error.message.find("try another cable") != std::string::npos);
    CHECK(plugged->device().driver(0) == "usbhid");
    CHECK(plugged->device().misuse().empty());
}

TEST_CASE("an error that was the unplug becomes one disappearance", "[usb][fault]") {
    UsbWorld world;
    const auto plugged = world.bus->plug(pos_spec(0x05e0, 0x2100, "P1"));
    world.start();
    world.open();
    plugged->device().leave_after_error(-EPROTO);
    world.listener.wait(What::disappeared);
    world.bus->announce_gone(*plugged);
    world.bus->plug(pos_spec(0x05e0, 0x2100, "P2"));
    world.listener.wait(What::appeared, 2);  // the announcement before it is through
    CHECK(world.listener.count(What::disappeared) == 1);
    CHECK(world.listener.count(What::failed) == 0);
}

TEST_CASE("a report that lands on the cancel does no harm", "[usb][fault]") {
    UsbWorld world;
    const auto plugged = world.bus->plug(pos_spec(0x05e0, 0x2100, "P1"));
    world.start();
    const UsbPort port = world.listener.wait(What::appeared).port;
    for (std::size_t i = 1; i <= 200; ++i) {
        world.host->open(port);
        world.listener.wait(What::opened, i);
        plugged->device().report_on_cancel(numbered_report(static_cast<std::uint32_t>(i)));
        world.host->close(port);
        if (!plugged->device().wait_until([](const FakeDevice& device) { return !device.claimed(0); })) FAIL("never released");
    }
    CHECK(world.listener.count(What::received) == 0);
    CHECK(plugged->device().misuse().empty());
}

TEST_CASE("the host can end while reports pour in", "[usb][fault]") {
    for (int round = 0; round < 20; ++round) {
        UsbWorld world;
        const auto plugged = world.bus->plug(keyboard_spec(0x05e0, 0x1200, "K1"));
        world.start();
        world.open();
        std::atomic<bool> pour{true};
        std::thread source{[&] {
            for (std::uint32_t i = 0; pour; ++i) {
                plugged->device().report(numbered_report(i, 8));
                std::this_thread::yield();
            }
        }};
        world.listener.wait(What::received, 20);
        world.host.reset();
        const std::size_t heard = world.listener.count(What::received);
        pour = false;
        source.join();
        CHECK(world.listener.count(What::received) == heard);
        CHECK(plugged->device().driver(0) == "usbhid");
        CHECK(plugged->device().misuse().empty());
    }
}

TEST_CASE("a reader may leave at each step of being opened", "[usb][fault]") {
    // The number of ioctls from open() to armed transfers; past it the device just stays.
    constexpr int kSteps = 16;
    for (int step = 0; step < kSteps; ++step) {
        INFO("step " << step);
        UsbWorld world;
        const auto plugged = world.bus->plug(keyboard_spec(0x05e0, 0x1200, "K1"));
        world.start();
        const UsbPort port = world.listener.wait(What::appeared).port;
        plugged->device().leave_at_ioctl(step);
        world.host->open(port);
        const bool answered = plugged->device().wait_until([&](const FakeDevice& device) {
            return device.gone() || world.listener.count(What::opened) + world.listener.count(What::failed) > 0;
        });
        CHECK(answered);
        if (!plugged->device().gone()) plugged->device().leave();
        world.bus->announce_gone(*plugged);
        world.listener.wait(What::disappeared, 1, port);
        const auto next = world.bus->plug(pos_spec(0x05e0, 0x2100, "P2"));
        world.open(2);
        CHECK(world.listener.count(What::disappeared) == 1);
        CHECK(world.listener.count(What::failed, port) <= 1);
        CHECK(world.listener.all().size() <= 6);
        CHECK(plugged->device().misuse().empty());
    }
}

TEST_CASE("a reader may leave at each step of being described", "[usb][fault]") {
    constexpr int kSteps = 24;
    for (int step = 0; step < kSteps; ++step) {
        INFO("step " << step);
        UsbWorld world;
        FakeSpec spec = pos_spec(0x05e0, 0x2100, "P1");
        spec.strings_in_sysfs = false;
        spec.interfaces[0].driver = "usbhid";
        const auto plugged = world.bus->plug(spec);
        plugged->device().leave_at_ioctl(step);
        world.start();
        const UsbPort port = world.listener.wait(What::appeared).port;
        plugged->device().leave();
        world.bus->announce_gone(*plugged);
        world.listener.wait(What::disappeared, 1, port);
        CHECK(plugged->device().misuse().empty());
    }
}

TEST_CASE("a reader that another program holds fails with who may hold it", "[usb][fault]") {
    UsbWorld world;
    const auto plugged = world.bus->plug(keyboard_spec(0x05e0, 0x1200, "K1"));
    world.start();
    const UsbPort port = world.listener.wait(What::appeared).port;
    plugged->device().hold_by_other(0);
    world.host->open(port);
    const Error error = world.listener.wait(What::failed).error;
    CHECK(error.failure == Failure::unavailable);
    CHECK(error.message.find("another program holds it") != std::string::npos);
    CHECK(error.message.find("K1") != std::string::npos);
}

TEST_CASE("a reader without permission appears, and open names the udev rule", "[usb][fault]") {
    UsbWorld world;
    world.bus->plug(pos_spec(0x05e0, 0x2100, "P1"));
    // Root may open everything, so the USB thread alone steps down: setfsuid() is of one thread.
    constexpr uid_t kNobody = 65534;
    world.listener.on_appeared = [] { setfsuid(kNobody); };
    world.start();
    world.listener.wait(What::appeared);
    FakeSpec spec = pos_spec(0x05e0, 0x2101, "P2");
    spec.strings_in_sysfs = false;
    spec.permitted = false;
    const auto plugged = world.bus->plug(spec);
    const Heard heard = world.listener.wait(What::appeared, 2);
    CHECK(heard.interface.pid == 0x2101);
    CHECK(heard.interface.serial.empty());
    CHECK(heard.interface.report_descriptor.empty());
    world.host->open(heard.port);
    const Error error = world.listener.wait(What::failed).error;
    CHECK(error.failure == Failure::refused);
    CHECK(error.message.find("udev rule") != std::string::npos);
    CHECK(plugged->device().ioctls() == 0);
}

TEST_CASE("each error of libusb says what happened and what to do", "[usb][fault]") {
    UsbInterface one;
    one.vid = 0x05e0;
    one.pid = 0x2100;
    one.serial = "A1";
    one.product = "Scanner";
    const auto message = [&](int code) { return usb_error(code, one, "open").message; };
    CHECK(message(LIBUSB_ERROR_ACCESS).find("cannot open reader 05e0:2100 \"Scanner\" (serial A1, interface 0): ") == 0);
    CHECK(message(LIBUSB_ERROR_BUSY).find("another program") != std::string::npos);
    CHECK(message(LIBUSB_ERROR_NO_DEVICE).find("/dev/bus/usb") != std::string::npos);
    CHECK(message(LIBUSB_ERROR_NO_MEM).find("no memory") != std::string::npos);
    CHECK(message(LIBUSB_ERROR_IO).find("Unplug it") != std::string::npos);
    CHECK(usb_error(LIBUSB_ERROR_NO_DEVICE, one, "open").failure == Failure::not_found);
}

}  // namespace
}  // namespace dosario::test
