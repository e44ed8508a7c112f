// SPDX-License-Identifier: Apache-2.0
// Finding, opening, reading and leaving readers, with real libusb on a pretended bus.
#include "usb_world.hpp"

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

}  // namespace
}  // namespace dosario::test
