// SPDX-License-Identifier: Apache-2.0
// The pad's tags as EPC Gen2 has them, and what a person can do with a pad.
#include "support/catch.hpp"
#include "support/hex.hpp"
#include "support/result.hpp"

#include "simulated/make.hpp"
#include "simulated/pad_words.hpp"

namespace dosario::simulated {
namespace {

using test::hex;
using test::must;

constexpr const char* kEpc = "30346c7a2c00004000000001";

}  // namespace

TEST_CASE("a tag's memory: its EPC follows its PC word, its TID stays, and beyond its end there is nothing", "[pad]") {
    PadTag tag = make_tag(hex(kEpc));
    CHECK(tag.pc() == 0x3000);
    CHECK(tag_crc(hex("340030751feb705c5904e3d50d70")) == 0x3A76);
    CHECK(write_tag(tag, Bank::epc, 1, hex("1000aabbccdd"), 0).outcome == Access::Outcome::done);
    CHECK(to_hex(tag.epc()) == "aabbccdd");
    CHECK(write_tag(tag, Bank::tid, 0, hex("0000"), 0).refusal == TagRefusal::locked);
    CHECK(write_tag(tag, Bank::epc, 0, hex("0000"), 0).outcome == Access::Outcome::refused);
    CHECK(read_tag(tag, Bank::user, 32, 1, 0).refusal == TagRefusal::overrun);
    CHECK(read_tag(tag, Bank::user, 31, 1, 0).words == hex("0000"));
}

TEST_CASE("a tag with a password: what is locked needs it, and what is closed for ever stays", "[pad]") {
    PadTag tag = make_tag(hex(kEpc));
    CHECK(write_tag(tag, Bank::reserved, 2, hex("12345678"), 0).outcome == Access::Outcome::done);
    CHECK(lock_tag(tag, 0x2U << 10 | 0x2U, 0).refusal == TagRefusal::locked);
    CHECK(lock_tag(tag, 0x2U << 10 | 0x2U, 0x11111111).outcome == Access::Outcome::wrong_password);
    CHECK(lock_tag(tag, 0x2U << 10 | 0x2U, 0x12345678).outcome == Access::Outcome::done);
    CHECK(write_tag(tag, Bank::user, 0, hex("1111"), 0).refusal == TagRefusal::locked);
    CHECK(write_tag(tag, Bank::user, 0, hex("1111"), 0x12345678).outcome == Access::Outcome::done);
    CHECK(read_tag(tag, Bank::user, 0, 1, 0).words == hex("1111"));
    CHECK(lock_tag(tag, 0x3U << 10 | 0x3U, 0x12345678).outcome == Access::Outcome::done);
    CHECK(write_tag(tag, Bank::user, 0, hex("2222"), 0x12345678).refusal == TagRefusal::locked);
    CHECK(lock_tag(tag, 0x3U << 10, 0x12345678).refusal == TagRefusal::locked);
    CHECK(lock_tag(tag, 0x2U << 16 | 0x2U << 6, 0x12345678).outcome == Access::Outcome::done);
    CHECK(read_tag(tag, Bank::reserved, 2, 2, 0).refusal == TagRefusal::locked);
}

TEST_CASE("tags are put on a pad and taken off, and mistakes are told", "[pad]") {
    PadSettings settings;
    const auto pad = make_pad(settings);
    CHECK(must(obey_on_pad(*pad, std::string{"add "} + kEpc + " aabb rssi=-70 heard=0.5", {})).empty());
    CHECK(pad->field().tags()[1].rssi_dbm == -70);
    CHECK(must(obey_on_pad(*pad, "list", {})) == std::string{kEpc} + " aabb");
    CHECK(must(obey_on_pad(*pad, "remove AABB", {})).empty());
    CHECK(must(obey_on_pad(*pad, "fail late=0.25,reboot=1", {})).empty());
    CHECK(pad->settings().faults.reboot == 1);
    CHECK(must(obey_on_pad(*pad, "fail", {})).empty());
    CHECK(pad->settings().faults.late == 0);
    for (const char* wrong :
         {"", "add", "add xyz", "add aab", "add aa", "add heard=2", "remove aabb", "fail often=1", "fail late=2", "dance"}) {
        INFO(wrong);
        CHECK_FALSE(obey_on_pad(*pad, wrong, {}).has_value());
    }
    CHECK(must(obey_on_pad(*pad, "clear", {})).empty());
    CHECK(must(obey_on_pad(*pad, "list", {})).empty());
}

TEST_CASE("a pad is behind a chip that can carry it, at its family's rate", "[pad]") {
    CHECK(must(parse_scanner("cp210x:pad=m100")).line.baud == 115'200);
    CHECK(must(parse_scanner("ch341:pad=chafon18")).line.baud == 57'600);
    CHECK(must(parse_scanner("ch341:baud=9600,pad=chafon18")).line.baud == 9600);
    for (const char* wrong : {"ftdi:pad=m100", "hidpos:pad=m100", "cp210x:pad=m200", "cp210x:pad="}) {
        INFO(wrong);
        CHECK_FALSE(parse_scanner(wrong).has_value());
    }
    const auto device = must(make_simulated(must(parse_scanner("cp210x:pad=r200"))));
    REQUIRE(device->pad() != nullptr);
    CHECK(must(device->on_pad("list")).empty());
    CHECK_FALSE(must(make_simulated(must(parse_scanner("cp210x"))))->on_pad("list").has_value());
}

}  // namespace dosario::simulated
