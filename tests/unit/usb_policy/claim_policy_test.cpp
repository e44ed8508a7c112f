// SPDX-License-Identifier: Apache-2.0
// The table of what may be taken from the desktop. The drivers are stand-ins with the rules of the real ones.
#include "usb/claim_policy.hpp"

#include "support/catch.hpp"

#include <array>

namespace dosario {
namespace {

UsbInterface hid(std::uint16_t vid, std::uint16_t pid, std::string serial, std::uint8_t subclass, std::uint8_t protocol) {
    UsbInterface interface;
    interface.vid = vid;
    interface.pid = pid;
    interface.serial = std::move(serial);
    interface.class_code = 3;
    interface.subclass = subclass;
    interface.protocol = protocol;
    interface.endpoint_in = 0x81;
    return interface;
}
UsbInterface desk_keyboard() { return hid(0x046d, 0xc31c, "", 1, 1); }
UsbInterface unknown_scanner() { return hid(0x24ea, 0x0197, "S1", 1, 1); }
UsbInterface known_scanner() { return hid(0x05e0, 0x1200, "Z1", 1, 1); }
UsbInterface pos_scanner() { return hid(0x05e0, 0x2100, "P1", 0, 0); }
UsbInterface with_mouse(UsbInterface interface) {
    interface.device_has_mouse = true;
    return interface;
}

UsbInterface mouse() { return with_mouse(hid(0x046d, 0xc077, "", 1, 2)); }

Match match_keyboard(const UsbInterface& one) {
    if (one.protocol != 1) return Match::no;
    return one.vid == 0x05e0 ? Match::yes : Match::if_adopted;
}
Match match_pos(const UsbInterface& one) { return one.pid == 0x2100 ? Match::yes : Match::no; }
Match match_never(const UsbInterface&) { return Match::never; }
std::unique_ptr<ReaderProtocol> make_none(const UsbInterface&, const ReaderSettings&) { return nullptr; }

const Driver kKeyboard{"keyboard", match_keyboard, make_none, {}};
const Driver kPos{"pos", match_pos, make_none, {}};
const Driver kNever{"never", match_never, make_none, {}};
const std::array<const Driver*, 2> kDrivers{&kKeyboard, &kPos};

struct Row {
    const char* what;
    UsbInterface one;
    std::vector<UsbInterface> others;
    std::set<std::string> adopted;
    Claim expected;
    const Driver* driver;
};

std::vector<Row> rows() {
    const std::string unknown = reader_id(unknown_scanner());
    const std::string desk = reader_id(desk_keyboard());
    UsbInterface second_part = unknown_scanner();
    second_part.number = 1;
    return {
        {"HID POS is taken", pos_scanner(), {}, {}, Claim::take, &kPos},
        {"HID POS needs no other keyboard, nor adoption", pos_scanner(), {unknown_scanner()}, {}, Claim::take, &kPos},
        {"a known scanner is taken though no keyboard is left", known_scanner(), {}, {}, Claim::take, &kKeyboard},
        {"a known boot keyboard with a mouse is protected",
         with_mouse(known_scanner()),
         {desk_keyboard()},
         {},
         Claim::protect,
         nullptr},
        {"an unknown keyboard is a candidate beside another",
         unknown_scanner(),
         {desk_keyboard()},
         {},
         Claim::candidate,
         &kKeyboard},
        {"an adopted keyboard is taken beside another", unknown_scanner(), {desk_keyboard()}, {unknown}, Claim::take, &kKeyboard},
        {"the only keyboard is no candidate", desk_keyboard(), {}, {}, Claim::last_keyboard, &kKeyboard},
        {"the only keyboard is not taken even if adopted", desk_keyboard(), {}, {desk}, Claim::last_keyboard, &kKeyboard},
        {"a known scanner is no keyboard to type on", desk_keyboard(), {known_scanner()}, {}, Claim::last_keyboard, &kKeyboard},
        {"an adopted scanner is no keyboard to type on",
         desk_keyboard(),
         {unknown_scanner()},
         {unknown},
         Claim::last_keyboard,
         &kKeyboard},
        {"of two adopted keyboards none is taken",
         unknown_scanner(),
         {desk_keyboard()},
         {unknown, desk},
         Claim::last_keyboard,
         &kKeyboard},
        {"the other half of the same device is no other keyboard",
         unknown_scanner(),
         {second_part},
         {},
         Claim::last_keyboard,
         &kKeyboard},
        {"a twin without a serial number is no other keyboard",
         desk_keyboard(),
         {desk_keyboard()},
         {},
         Claim::last_keyboard,
         &kKeyboard},
        {"a mouse is no other keyboard", unknown_scanner(), {mouse()}, {unknown}, Claim::last_keyboard, &kKeyboard},
        {"a HID POS reader is no other keyboard",
         unknown_scanner(),
         {pos_scanner()},
         {unknown},
         Claim::last_keyboard,
         &kKeyboard},
        {"a keyboard with a mouse is somebody's keyboard",
         unknown_scanner(),
         {with_mouse(desk_keyboard())},
         {unknown},
         Claim::take,
         &kKeyboard},
        {"a keyboard with a mouse is never taken",
         with_mouse(unknown_scanner()),
         {desk_keyboard()},
         {unknown},
         Claim::protect,
         nullptr},
        {"a mouse is left", mouse(), {desk_keyboard()}, {}, Claim::leave, nullptr},
    };
}

TEST_CASE("the table of what may be taken", "[usb][claim]") {
    for (const Row& row : rows()) {
        INFO(row.what);
        std::vector<UsbInterface> all = row.others;
        all.push_back(row.one);
        const ClaimDecision decision = decide_claim(row.one, all, row.adopted, kDrivers);
        CHECK(decision.claim == row.expected);
        CHECK(decision.driver == row.driver);
    }
}

TEST_CASE("a driver that says never protects, whatever its place in the list", "[usb][claim]") {
    const std::array<const Driver*, 2> first{&kNever, &kPos};
    const std::array<const Driver*, 2> last{&kPos, &kNever};
    const UsbInterface one = pos_scanner();
    CHECK(decide_claim(one, {&one, 1}, {}, first).claim == Claim::protect);
    CHECK(decide_claim(one, {&one, 1}, {}, last).claim == Claim::protect);
}

TEST_CASE("without drivers everything is left", "[usb][claim]") {
    const UsbInterface one = unknown_scanner();
    CHECK(decide_claim(one, {&one, 1}, {}, {}).claim == Claim::leave);
}

}  // namespace
}  // namespace dosario
