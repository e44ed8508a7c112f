// SPDX-License-Identifier: Apache-2.0
// Contactless readers with all that is between them and a card: the simulated reader, a pretended kernel, real libusb, the real driver.
#include "driver_world.hpp"

namespace dosario::test {
namespace {

using Told = std::vector<std::string>;

constexpr const char* kModels[] = {"acr122u", "touchatag", "acr1252u", "acr1552u", "poll"};
const std::string kTag = "04a2b3c4d5e680 uri=https://id.gs1.org/01/07501234567890";
const std::string kTold =
    "card 04a2b3c4d5e680 iso14443a ndef d1011d5504" + to_hex(as_bytes(std::string_view{"id.gs1.org/01/07501234567890"}));

std::string words(const char* model) { return std::string{"ccid:serial=A1,model="} + model; }

}  // namespace

TEST_CASE("every contactless reader: a tag comes and goes, and the reader is given back", "[usb][ccid]") {
    for (const char* const model : kModels) {
        INFO(model);
        DriverWorld world;
        FakeSpec spec = simulated_spec(must(simulated::parse_scanner(words(model))));
        const std::string bound = spec.interfaces[0].driver;
        const auto reader = world.bus->plug(spec);
        world.listener.wait_appeared(spec.interfaces.size());
        world.listener.open_matched();
        world.listener.wait_told(1);
        CHECK(world.listener.told() == Told{"ready"});
        CHECK(reader->device().claimed(0));
        if (spec.interfaces.size() > 1) CHECK_FALSE(reader->device().claimed(1));  // of the SAM
        must(reader->device().card("lay " + kTag));
        world.listener.wait_told(2);
        must(reader->device().card("take"));
        world.listener.wait_told(3);
        CHECK(world.listener.told() == Told{"ready", kTold, "card gone"});
        CHECK(world.listener.faults() == 0);
        world.host.reset();
        CHECK_FALSE(reader->device().claimed(0));
        CHECK(reader->device().driver(0) == bound);
        CHECK(reader->device().misuse().empty());
    }
}

TEST_CASE("answers in pieces, late and twice come through libusb as they come", "[usb][ccid]") {
    for (const char* const fault : {"split", "late", "twice", "stranger", "garbage"}) {
        INFO(fault);
        DriverWorld world;
        const auto reader = world.plug(words("poll"));
        world.listener.wait_told(1);
        must(reader->device().card(std::string{"fault "} + fault + " 1 2"));
        must(reader->device().card("lay " + kTag));
        world.listener.wait_told(std::string_view{fault} == "garbage" ? 3 : 2);
        CHECK(world.listener.told().back() == kTold);
    }
}

TEST_CASE("a STALL and an error of the line cost no card", "[usb][ccid]") {
    DriverWorld world;
    const auto reader = world.plug(words("acr1252u"));
    world.listener.wait_told(1);
    reader->device().stall(0x81);
    must(reader->device().card("lay " + kTag));
    world.listener.wait_told(2);
    CHECK(world.listener.told().back() == kTold);
    CHECK(reader->device().halts_cleared() > 0);
    CHECK(reader->device().misuse().empty());
}

TEST_CASE("unplugged while a card is read: no half card, and the card that lay there is gone", "[usb][ccid]") {
    for (int ioctls = 0; ioctls < 60; ioctls += 3) {
        INFO("at ioctl " << ioctls);
        DriverWorld world;
        const auto reader = world.plug(words("acr1252u"));
        world.listener.wait_told(1);
        reader->device().leave_at_ioctl(ioctls);
        must(reader->device().card("lay " + kTag));
        world.bus->announce_gone(*reader);
        world.listener.wait_gone(1);
        for (const std::string& one : world.listener.told())
            CHECK((one == "ready" || one == kTold || one == "card gone" || one.starts_with("fault")));
    }
}

TEST_CASE("blocks are written and read through libusb", "[usb][ccid]") {
    DriverWorld world;
    const auto reader = world.plug(words("acr1552u"));
    must(reader->device().card("lay e004010167452301 kind=icode text=x"));
    world.listener.wait_told(2);
    const Bytes uid = from_hex("e004010167452301").value();
    REQUIRE(world.listener.ask(WriteBlocks{uid, 20, from_hex("41424344").value()}, 1));
    REQUIRE(world.listener.ask(ReadBlocks{uid, 20, 1}, 2));
    world.listener.wait_told(4);
    CHECK(world.listener.told()[2] == "answer write_blocks ok");
    CHECK(world.listener.told()[3] == "answer read_blocks ok ABCD");
}

TEST_CASE("the shell says what the device says of a contactless reader", "[usb][ccid]") {
    UsbWorld world;
    world.bus->plug(simulated_spec(must(simulated::parse_scanner(words("acr1552u")))));
    world.start();
    const UsbInterface picc = world.listener.wait(What::appeared, 1).interface;
    const UsbInterface sam = world.listener.wait(What::appeared, 2).interface;
    CHECK(picc.class_code == kSmartCardClass);
    CHECK(picc.name == "ACR1552 1S CL Reader PICC");
    CHECK(picc.endpoint_in == 0x83);
    CHECK(picc.bulk_in == 0x81);
    CHECK(picc.bulk_out == 0x02);
    CHECK(picc.class_descriptor.size() == 54);
    CHECK(sam.name == "ACR1552 1S CL Reader SAM");
    CHECK(sam.endpoint_in == 0);
    CHECK(picc.number == 0);
    CHECK(sam.number == 1);
}

TEST_CASE("a message that fills its last packet is ended by an empty one", "[usb][ccid]") {
    UsbWorld world;
    const auto reader = world.bus->plug(simulated_spec(must(simulated::parse_scanner(words("poll")))));
    world.start();
    const UsbPort port = world.open();
    Bytes order(64);
    order[0] = std::byte{0x6F};
    order[1] = std::byte{54};
    world.host->write(port, {std::nullopt, 0x02, order});
    REQUIRE(reader->device().wait_until([](const FakeDevice& now) { return now.writes().size() == 1; }));
    CHECK(reader->device().ended_empty() == 1);
    world.listener.wait(What::received);
}

TEST_CASE("a reader that pcscd holds is told with the program's name", "[usb][ccid]") {
    UsbWorld world;
    FakeSpec spec = simulated_spec(must(simulated::parse_scanner(words("acr122u"))));
    spec.held_by_other = true;
    const auto reader = world.bus->plug(spec);
    world.start();
    world.host->open(world.listener.wait(What::appeared).port);
    const Heard failed = world.listener.wait(What::failed);
    CHECK(failed.error.failure == Failure::unavailable);
    CHECK(failed.error.message.find("pcscd") != std::string::npos);
    reader->device().let_go_by_other();
    world.host->open(failed.port);
    world.listener.wait(What::opened);
}

}  // namespace dosario::test
