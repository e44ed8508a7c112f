// SPDX-License-Identifier: Apache-2.0
// Serial scanners with all that is between them and a scan: chip, real libusb, real driver. The chips were written without the drivers: they
// stay silent, or send damaged bytes, when they were started wrongly.
#include "driver_world.hpp"

#include <cerrno>

namespace dosario::test {
namespace {

using Texts = std::vector<std::string>;

constexpr const char* kSerialKinds[] = {"cdc_acm", "cdc_acm_one", "ftdi", "ftdi_h", "cp210x", "ch341", "pl2303", "pl2303_hxn"};

std::string words(const char* kind, const char* more = "") { return std::string{kind} + ":serial=S1" + more; }

/// Kinds that this build's table has; the names above are all of them.
bool is_bridge(const char* kind) { return !std::string_view{kind}.starts_with("cdc"); }

TEST_CASE("every chip: three scans, whole and in order, and the kernel's driver back at the end", "[usb][serial]") {
    for (const char* kind : kSerialKinds) {
        INFO(kind);
        DriverWorld world;
        const auto scanner = world.plug(words(kind));
        const std::string bound = scanner->device().spec().interfaces[0].driver;
        CHECK(scanner->device().driver(0).empty());
        for (const char* text : {"7791234567898",
                                 "0107791234567898\x1d"
                                 "10L1",
                                 "SKU-3"})
            must(scanner->device().scan("", text));
        world.listener.wait_scans(3);
        CHECK(world.listener.scans() == Texts{"7791234567898",
                                              "0107791234567898\x1d"
                                              "10L1",
                                              "SKU-3"});
        CHECK(world.listener.faults() == 0);
        world.host.reset();
        for (const FakeInterface& one : scanner->device().spec().interfaces) {
            CHECK_FALSE(scanner->device().claimed(one.number));
            CHECK(scanner->device().driver(one.number) == bound);
        }
        CHECK(scanner->device().misuse().empty());
    }
}

TEST_CASE("every chip: pieces of one byte, CR LF, AIM identifiers, the longest symbol", "[usb][serial]") {
    const std::string longest(3116, '7');
    for (const char* kind : kSerialKinds) {
        INFO(kind);
        DriverWorld world;
        const auto scanner = world.plug(words(kind, ",piece=1,suffix=crlf,aim=yes"));
        must(scanner->device().scan("]d2", "0107791234567898"));
        must(scanner->device().scan("]C1", "10A"));
        world.listener.wait_scans(2);
        const auto other = world.plug("cdc_acm:serial=S2,suffix=crlf,aim=yes");
        must(other->device().scan("]d1", longest));
        world.listener.wait_scans(3);
        CHECK(world.listener.scans() == Texts{"]d20107791234567898", "]C110A", "]d1" + longest});
        CHECK(world.listener.faults() == 0);
    }
}

TEST_CASE("every chip at every rate, when the reader is set to it", "[usb][serial]") {
    for (const char* kind : kSerialKinds) {
        for (const int rate : {1200, 9600, 19200, 38400, 57600, 115200}) {
            INFO(kind << " at " << rate);
            DriverWorld world;
            world.listener.settings.line_rate = rate;
            const auto scanner = world.plug(words(kind, (",baud=" + std::to_string(rate)).c_str()));
            must(scanner->device().scan("", "7791234567898"));
            world.listener.wait_scans(1);
            CHECK(world.listener.scans() == Texts{"7791234567898"});
        }
    }
}

TEST_CASE("a bridge at another rate than its scanner gives no scan that was not sent", "[usb][serial]") {
    for (const char* kind : kSerialKinds) {
        if (!is_bridge(kind)) continue;
        INFO(kind);
        DriverWorld world;
        const auto scanner = world.plug(words(kind, ",baud=115200"));
        for (int i = 0; i < 5; ++i) (void)scanner->device().scan("", "7791234567898");
        DriverWorld::settle(*scanner);
        world.host.reset();
        for (const std::string& scan : world.listener.scans()) CHECK(scan != "7791234567898");
    }
}

TEST_CASE("every chip: unplugged at every step of its start, then plugged in again, it reads", "[usb][serial][unplug]") {
    for (const char* kind : kSerialKinds) {
        INFO(kind);
        for (int step = 0;; step += 5) {
            DriverWorld world;
            FakeSpec spec = simulated_spec(must(simulated::parse_scanner(words(kind))));
            const auto scanner = world.bus->plug(spec);
            world.listener.wait_appeared(1);
            scanner->device().leave_at_ioctl(step);
            world.listener.open_all();
            const bool left =
                scanner->device().wait_until([&](const FakeDevice& now) { return now.gone() || now.waiting() >= 4; });
            REQUIRE(left);
            if (!scanner->device().gone()) DriverWorld::settle(*scanner);
            if (!scanner->device().gone()) break;  // the start has fewer steps
            world.bus->announce_gone(*scanner);
            world.listener.wait_gone(1);
            const std::size_t set_up = world.listener.set_up();
            const auto again = world.bus->plug(spec);
            world.listener.wait_appeared(2);
            world.listener.open_all();
            world.listener.wait_set_up(set_up + 1);
            must(again->device().scan("", "7791234567898"));
            world.listener.wait_scans(1);
            CHECK(world.listener.scans() == Texts{"7791234567898"});
            CHECK(again->device().misuse().empty());
        }
    }
}

TEST_CASE("every chip: unplugged in the middle of a scan, half of it is a fault and no scan", "[usb][serial][unplug]") {
    for (const char* kind : kSerialKinds) {
        INFO(kind);
        DriverWorld world;
        const auto scanner = world.plug(words(kind, ",suffix=none"));
        must(scanner->device().scan("", "779123456"));
        REQUIRE(scanner->device().wait_until([](const FakeDevice& now) { return now.all_read(); }));
        world.bus->unplug(*scanner);
        world.listener.wait_gone(1);
        CHECK(world.listener.scans().empty());
        CHECK(world.listener.faults() == 1);
    }
}

TEST_CASE("errors of the line, stalls and overflows of a bulk endpoint are survived", "[usb][serial][fault]") {
    for (const int status : {-EPROTO, -EILSEQ, -ETIME, -EOVERFLOW, -EPIPE, -ECOMM}) {
        for (const char* kind : {"cdc_acm", "ftdi"}) {
            INFO(kind << ' ' << status);
            DriverWorld world;
            const auto scanner = world.plug(words(kind));
            const std::uint8_t endpoint = std::string_view{kind} == "ftdi" ? 0x81 : 0x82;
            if (status == -EPIPE)
                scanner->device().stall(endpoint);
            else
                scanner->device().fail_reads(status, 1, endpoint);
            REQUIRE(scanner->device().wait_until([](const FakeDevice& now) { return now.waiting() >= 4; }));
            DriverWorld::settle(*scanner);
            must(scanner->device().scan("", "7791234567898"));
            world.listener.wait_scans(1);
            CHECK(world.listener.scans() == Texts{"7791234567898"});
            CHECK(world.listener.failures().empty());
            CHECK(scanner->device().misuse().empty());
        }
    }
}

TEST_CASE("an unplug that shows as an error first is an unplug", "[usb][serial][unplug]") {
    DriverWorld world;
    const auto scanner = world.plug(words("cp210x"));
    scanner->device().leave_after_error(-EPROTO);
    world.listener.wait_gone(1);
    CHECK(world.listener.failures().empty());
}

TEST_CASE("every chip: a request that it refuses once is sent again", "[usb][serial][fault]") {
    for (const char* kind : kSerialKinds) {
        if (!is_bridge(kind)) continue;
        INFO(kind);
        DriverWorld world;
        const auto scanner = world.bus->plug(simulated_spec(must(simulated::parse_scanner(words(kind)))));
        world.listener.wait_appeared(1);
        scanner->device().refuse_requests(2);
        world.listener.open_all();
        world.listener.wait_set_up(1);
        if (std::string_view{kind} == "pl2303") continue;  // nobody knows which of its series it can do without
        must(scanner->device().scan("", "7791234567898"));
        world.listener.wait_scans(1);
        CHECK(world.listener.failures().empty());
    }
}

TEST_CASE("every chip: what refuses to be set up is a failure and no reader", "[usb][serial][fault]") {
    for (const char* kind : kSerialKinds) {
        if (!is_bridge(kind)) continue;
        INFO(kind);
        DriverWorld world;
        const auto scanner = world.bus->plug(simulated_spec(must(simulated::parse_scanner(words(kind)))));
        world.listener.wait_appeared(1);
        scanner->device().refuse_requests(1000);
        world.listener.open_all();
        world.listener.wait_ended(1);
        REQUIRE(world.listener.failures().size() == 1);
        CHECK(world.listener.failures()[0].find("cannot set up reader") != std::string::npos);
        CHECK(scanner->device().wait_until([](const FakeDevice& now) { return !now.claimed(0); }));
        CHECK(scanner->device().misuse().empty());
    }
}

TEST_CASE("a request that a device does not know, and can do without, is passed over", "[usb][fault]") {
    for (const char* kind : {"keyboard", "cdc_acm"}) {
        INFO(kind);
        DriverWorld world;
        const auto scanner = world.bus->plug(
            simulated_spec(must(simulated::parse_scanner(words(kind, kind == std::string_view{"cdc_acm"} ? ",dtr=no" : "")))));
        world.listener.wait_appeared(1);
        scanner->device().refuse_requests(1000);
        world.listener.open_all();
        world.listener.wait_set_up(1);
        must(scanner->device().scan("", "7791234567898"));
        world.listener.wait_scans(1);
        CHECK(world.listener.failures().empty());
    }
}

TEST_CASE("every chip: a scan that ends with a full packet is heard at once, though no empty packet follows", "[usb][serial]") {
    for (const char* kind : {"cdc_acm", "cp210x", "ch341", "pl2303"}) {
        INFO(kind);
        DriverWorld world;
        const auto scanner = world.plug(words(kind, ",empty=no"));
        const std::string full(63, '7');  // and CR
        must(scanner->device().scan("", full));
        world.listener.wait_scans(1);
        CHECK(world.listener.scans() == Texts{full});
    }
}

TEST_CASE("of CDC-ACM both interfaces are taken, or none", "[usb][serial]") {
    DriverWorld world;
    const auto scanner = world.bus->plug(simulated_spec(must(simulated::parse_scanner(words("cdc_acm")))));
    scanner->device().hold_by_other(1);
    world.listener.wait_appeared(1);
    world.listener.open_all();
    world.listener.wait_ended(1);
    REQUIRE(world.listener.failures().size() == 1);
    CHECK(world.listener.failures()[0].find("another program holds it") != std::string::npos);
    CHECK_FALSE(scanner->device().claimed(0));
    CHECK(scanner->device().misuse().empty());
}

TEST_CASE("a keyboard, a HID POS scanner and two serial ones are read at once", "[usb][serial]") {
    DriverWorld world;
    std::vector<std::shared_ptr<PluggedDevice>> all;
    for (const char* one : {"keyboard:serial=K1", "hidpos:serial=P1", "ftdi:serial=F1", "cdc_acm:serial=C1"})
        all.push_back(world.plug(one));
    constexpr std::size_t kRounds = 25;
    for (std::size_t round = 0; round < kRounds; ++round) {
        for (std::size_t i = 0; i < all.size(); ++i)
            must(all[i]->device().scan("", std::to_string(i) + "-" + std::to_string(round)));
    }
    world.listener.wait_scans(kRounds * all.size());
    Texts wanted;
    for (std::size_t round = 0; round < kRounds; ++round)
        for (std::size_t i = 0; i < all.size(); ++i) wanted.push_back(std::to_string(i) + "-" + std::to_string(round));
    Texts got = world.listener.scans();
    std::sort(wanted.begin(), wanted.end());
    std::sort(got.begin(), got.end());
    CHECK(got == wanted);
    CHECK(world.listener.faults() == 0);
}

TEST_CASE("two alike without serial numbers, on two ports, are two", "[usb][serial][identity]") {
    DriverWorld world;
    const auto one = world.plug("ftdi", "1-201");
    const auto two = world.plug("ftdi", "1-202");
    must(one->device().scan("", "ONE"));
    world.listener.wait_scans(1);
    must(two->device().scan("", "TWO"));
    world.listener.wait_scans(2);
    CHECK(world.listener.scans() == Texts{"ONE", "TWO"});
}

TEST_CASE("after a sleep of the computer transfers end as if unplugged, and the reader comes back by itself", "[usb][resume]") {
    for (const char* kind : {"hidpos", "ftdi"}) {
        INFO(kind);
        DriverWorld world{UsbHostSettings{std::chrono::milliseconds{50}}};
        const auto scanner = world.plug(words(kind));
        scanner->device().fail_reads(
            -ESHUTDOWN, 4, kind == std::string_view{"hidpos"} ? scanner->device().spec().interfaces[0].other_endpoints[0] : 0x81);
        world.listener.wait_gone(1);
        world.listener.wait_appeared(2);
        world.listener.open_all();
        world.listener.wait_set_up(2);
        must(scanner->device().scan("", "7791234567898"));
        world.listener.wait_scans(1);
        CHECK(world.listener.failures().empty());
    }
}

}  // namespace
}  // namespace dosario::test
