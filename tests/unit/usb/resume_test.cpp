// SPDX-License-Identifier: Apache-2.0
// What a suspend and resume of the computer looks like from usbfs: URBs that end with errors on a device that is well again, and a device
// that comes back under another number without having left. Every reader must work again without hands.
#include "usb_world.hpp"

#include <cerrno>

namespace dosario::test {
namespace {

FakeSpec at_port(FakeSpec spec) {
    spec.port = "1-250";
    return spec;
}

TEST_CASE("a reader whose transfers all ended over a suspend is read on", "[usb][resume]") {
    // EPROTO: the controller stopped; ENOENT: the kernel took them back; ETIME: no answer yet.
    const int status = GENERATE(-EPROTO, -EILSEQ, -ETIME, -ENOENT);
    INFO(status);
    UsbWorld world;
    const auto plugged = world.bus->plug(at_port(keyboard_spec(0x05e0, 0x1200, "K1")));
    world.start();
    const UsbPort port = world.open();
    plugged->device().fail_reads(status, 8);  // twice all four
    for (std::uint32_t i = 1; i <= 10; ++i) {
        plugged->device().report(numbered_report(i, 8));
        CHECK(world.listener.wait(What::received, i).bytes == numbered_report(i, 8));
    }
    CHECK(world.listener.count(What::disappeared) == 0);
    CHECK(world.listener.count(What::failed, port) == 0);
    CHECK(plugged->device().misuse().empty());
}

TEST_CASE("a device that comes back under another number is opened anew", "[usb][resume]") {
    const bool same_reader_types = GENERATE(true, false);
    const auto spec = at_port(same_reader_types ? keyboard_spec(0x05e0, 0x1200, "K1") : pos_spec(0x05e0, 0x2100, "P1"));
    const std::size_t size = same_reader_types ? 8 : 64;
    UsbWorld world;
    const auto before = world.bus->plug(spec);
    world.start();
    const UsbPort old_port = world.open();
    before->device().leave_after_error(-ESHUTDOWN);
    world.bus->announce_gone(*before, FakeUsb::Udev::silent);  // no "remove"
    const auto after = world.bus->plug(spec);
    const UsbPort port = world.open(2);
    CHECK(port != old_port);
    after->device().report(numbered_report(7, size));
    CHECK(world.listener.wait(What::received, 1, port).bytes == numbered_report(7, size));
    world.listener.wait(What::disappeared, 1, old_port);
    CHECK(world.listener.count(What::disappeared) == 1);
    CHECK(before->device().misuse().empty());
    CHECK(after->device().misuse().empty());
}

TEST_CASE("a device whose number changed while nothing was reported is found by the rescan", "[usb][resume]") {
    UsbWorld world;
    const auto spec = at_port(pos_spec(0x05e0, 0x2100, "P1"));
    const auto before = world.bus->plug(spec);
    world.start({.rescan_every = std::chrono::milliseconds{20}});
    const UsbPort old_port = world.open();
    before->device().leave();
    world.bus->announce_gone(*before, FakeUsb::Udev::silent);
    const auto after = world.bus->plug(spec, FakeUsb::Udev::silent);
    world.listener.wait(What::disappeared, 1, old_port);
    const UsbPort port = world.open(2);
    after->device().report(numbered_report(9));
    CHECK(world.listener.wait(What::received, 1, port).bytes == numbered_report(9));
    CHECK(after->device().misuse().empty());
}

}  // namespace
}  // namespace dosario::test
