// SPDX-License-Identifier: Apache-2.0
// A tag and the barcode of the same thing come to the desk as the same thing.
#include "control/tag_code.hpp"

#include "base/bytes.hpp"
#include "support/catch.hpp"
#include "support/reading_codes.hpp"
#include "support/counter.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

Sighting tag(const char* epc, std::uint16_t pc = 0x3000) {
    Sighting seen;
    seen.epc = *from_hex(epc);
    seen.pc = pc;
    return seen;
}

// Tag Data Standard 2.3, annex E.3.
constexpr const char* kSgtinPlus = "f73795211411234538566cb0afc40000";
constexpr const char* kDsgtinPlus = "fb342cde795211411234538566cb0afc4000";

}  // namespace

TEST_CASE("the standard's own tags are their barcodes", "[tag_code]") {
    CHECK(tag_code(tag(kSgtinPlus, 0x4000), kToday) ==
          "]d2"
          "0179521141123453"
          "2132a/b");
    const auto dated = tag_code(tag(kDsgtinPlus, 0x4800), kToday);
    REQUIRE(dated);
    const Identity identity = identify("]d2", std::string_view{*dated}.substr(3), kToday, buffer);
    REQUIRE(std::holds_alternative<SerialPack>(identity));
    CHECK(std::get<SerialPack>(identity).serial == "32a/b");
    CHECK(std::get<SerialPack>(identity).expires_on == parse_date("2022-06-30"));
}

TEST_CASE("an XPC word between PC and EPC is none of the EPC's", "[tag_code]") {
    CHECK(tag_code(tag((std::string{"1234"} + kSgtinPlus).c_str(), 0x4A00), kToday) == tag_code(tag(kSgtinPlus, 0x4000), kToday));
    CHECK(tag_code(tag((std::string{"80001234"} + kSgtinPlus).c_str(), 0x5200), kToday) ==
          tag_code(tag(kSgtinPlus, 0x4000), kToday));
}

TEST_CASE("what is no EPC of things kept here has no code, and counts", "[tag_code]") {
    CHECK_FALSE(tag_code(tag("000000000000000000000000"), kToday));  // nothing was ever written
    CHECK_FALSE(tag_code(tag(kSgtinPlus, 0x4100), kToday));          // an application of ISO
    CHECK_FALSE(tag_code(tag("e28011052000000000000000"), kToday));  // a copy of a TID
    CHECK_FALSE(tag_code(tag("", 0), kToday));
    CHECK_FALSE(tag_code(tag("2f0000000000000000000000"), kToday));  // of a ministry of defence
    TagSet set;
    set.tags = {tag(kSgtinPlus, 0x4000), tag("000000000000000000000000"), tag(kSgtinPlus, 0x4000)};
    const v1::Tray tray = tray_of(set, kToday);
    CHECK(tray.tags() == 3);
    CHECK(tray.codes_size() == 2);
    REQUIRE(tray.strangers_size() == 1);
    CHECK(tray.strangers(0) == "000000000000000000000000");
}

TEST_CASE("the number of a person on a tag is named nowhere, and its tag counts", "[tag_code]") {
    // GSRN-96, GSRN+, one of them behind an XPC word; one that cannot be read; a pack with a patient's GSRN behind it.
    const Sighting band = tag("2D76451FD4499602D2000000");
    const Sighting plus = tag("F43952114112345678906000", 0x3000);
    const Sighting extended = tag("12342D76451FD4499602D2000000", 0x3A00);
    const Sighting damaged = tag("2D1800004000000001800000");
    const Sighting pack = tag("f73795211411234538566cb0afc500312a422822468acf120c00", 0x6800);
    TagSet set;
    set.tags = {band, plus, extended, damaged, pack, tag("000000000000000000000000")};
    const v1::Tray tray = tray_of(set, kToday);
    CHECK(tray.tags() == 6);
    CHECK(tray.codes().empty());
    REQUIRE(tray.strangers_size() == 1);
    CHECK(tray.strangers(0) == "000000000000000000000000");
    for (const Sighting* one : {&band, &plus, &damaged}) CHECK(epc_text(one->epc).empty());
    CHECK(epc_text(tag(kSgtinPlus).epc) == kSgtinPlus);
}

TEST_CASE("what is told of a pad that was closed says so", "[tag_code]") {
    TagSet set;
    CHECK_FALSE(tray_of(set, kToday).closed());
    set.pad_closed = true;
    CHECK(tray_of(set, kToday).closed());
}

TEST_CASE("a pack whose tag is longer than it needs, or names its crate, is that pack", "[tag_code]") {
    const auto whole = tag_code(tag(kSgtinPlus, 0x4000), kToday);
    CHECK(tag_code(tag((kSgtinPlus + std::string(36, '0')).c_str(), 0x8800), kToday) == whole);
    // (00)077912345600000011 behind it, from bit 111 on.
    CHECK(tag_code(tag("f73795211411234538566cb0afc4000ef22468ac00000022", 0x6000), kToday) == whole);
    CHECK(tag_code(tag("f90077912345600000011000000000000000000000000000", 0x6000), kToday) == "]d200077912345600000011");
}

TEST_CASE("the tag of what goods travel in has a code: the desk sets it aside", "[tag_code]") {
    CHECK(tag_code(tag("3315db8a083775400000000f"), kToday));  // GRAI-96
    CHECK(tag_code(tag("3415db8a0800000000000237"), kToday));  // GIAI-96
}

TEST_CASE("a tag and a barcode of one pack are one pack for the ledger", "[tag_code]") {
    Counter counter;
    counter.scan(kReceive);
    REQUIRE(
        counter.scan(Scan{*tag_code(tag(kSgtinPlus, 0x4000), kToday)}.lot("L1").expires("2028-06-30").units_per_pack(30)).ok());
    CHECK(counter
              .scan(Scan{"]d2"
                         "0179521141123453"
                         "17280630"
                         "10L1\x1d"
                         "2132a/b"})
              .what() == "already_received");
}
