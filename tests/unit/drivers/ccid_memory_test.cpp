// SPDX-License-Identifier: Apache-2.0
// Where NDEF lies in the memory of tags.
#include "support/catch.hpp"
#include "support/hex.hpp"

#include "ccid/tag_memory.hpp"
#include "reader/ndef.hpp"

using namespace dosario;
using namespace dosario::ccid;
using dosario::test::hex;

namespace {

using What = NdefPlace::What;

/// As a driver reads: no further than it is told.
NdefPlace read(Memory layout, Bytes memory) {
    memory.resize(std::max<std::size_t>(memory.size(), 3000));
    std::size_t known = 0;
    for (;;) {
        NdefPlace place = find_ndef(layout, ByteView{memory}.first(known));
        if (place.what != What::further) return place;
        REQUIRE(place.wanted > known);
        REQUIRE(place.wanted <= memory.size());
        known = place.wanted;
    }
}

std::string found(Memory layout, std::string_view memory) {
    const NdefPlace place = read(layout, hex(memory));
    switch (place.what) {
        case What::found: return to_hex(place.message);
        case What::none: return "none";
        case What::broken: return "broken";
        case What::further: return "further";
    }
    return "";
}

}  // namespace

TEST_CASE("capability containers", "[ccid][ndef]") {
    const auto cc = read_container(Memory::type2, hex("e1104000"));  // ndef-003
    REQUIRE(cc);
    CHECK(cc->area == 512);
    CHECK(cc->size == 4);
    CHECK(read_container(Memory::type5, hex("e1104000"))->area == 512);
    CHECK(read_container(Memory::type5, hex("e1400d01"))->area == 104);
    CHECK(read_container(Memory::type5, hex("e240000100000100"))->area == 2048);
    CHECK(read_container(Memory::type5, hex("e240000100000100"))->size == 8);
    CHECK_FALSE(read_container(Memory::type5, hex("e2400001")));
    CHECK_FALSE(read_container(Memory::type2, hex("e2104000")));
    CHECK_FALSE(read_container(Memory::type2, hex("e1204000")));
    CHECK_FALSE(read_container(Memory::type2, hex("00000000")));
    CHECK_FALSE(read_container(Memory::type5, hex("e1804000")));
    CHECK_FALSE(read_container(Memory::type2, hex("e110")));
    CHECK_FALSE(read_container(Memory::type2, hex("e11006f0"))->readable);
    CHECK_FALSE(read_container(Memory::type5, hex("e1440601"))->readable);
}

TEST_CASE("the message is found behind nulls and other TLVs", "[ccid][ndef]") {
    CHECK(found(Memory::type2, "e1101200 0304d1005400 fe") == "d1005400");
    CHECK(found(Memory::type2, "e1101200 000000 0103a00c34 0203000102 fd02beef 0304d1005400 fe") == "d1005400");
    CHECK(found(Memory::type5, "e1400d01 00 0304d1005400 fe") == "d1005400");
    CHECK(found(Memory::type2, "e1101200 fe 0304d1005400") == "none");
    CHECK(found(Memory::type2, "e1101200 0300 fe") == "none");
    CHECK(found(Memory::type2, "e1101200") == "none");  // nulls up to the end
    CHECK(found(Memory::none, "e1101200 0304d1005400") == "none");
    CHECK(found(Memory::type2, "e1100100 0307d1005400000000") == "broken");
    CHECK(found(Memory::type2, "e1100100 0306d10054000000") == "d10054000000");
    CHECK(found(Memory::type2, "e1100100 ffffffffff") == "broken");
    CHECK(found(Memory::type2, "e1101200 03ff0004d1005400") == "d1005400");
    CHECK(found(Memory::type5, "e24000010000ffff 03ff0801") == "broken");  // longer than anything that is read
}

TEST_CASE("bytes that are reserved are no content", "[ccid][ndef]") {
    // Two bytes from 3 * 8 of the memory on: byte 12 from the container on, within the message.
    CHECK(found(Memory::type2, "e1101200 0203300203 0304d1eeee005400fe") == "d1005400");
    CHECK(found(Memory::type2, "e1101200 0103190a43 fe") == "none");
    // 8 lock bits, one byte, at 1 * 16 + 8 = 24: byte 12 from the container on.
    CHECK(found(Memory::type2, "e1101200 0103180834 0304d1ee005400fe") == "d1005400");
    CHECK(found(Memory::type5, "e1401201 0103180834 0304d1005400fe") == "d1005400");  // there are none there
}

TEST_CASE("a memory cut anywhere gives the whole message or none", "[ccid][ndef]") {
    const Bytes memory = hex("e1101200 0103a00c34 0310d1010c5402656e48656c6c6f20475331 fe");
    const Bytes message = hex("d1010c5402656e48656c6c6f20475331");
    for (std::size_t size = 0; size <= memory.size(); ++size) {
        const NdefPlace place = find_ndef(Memory::type2, ByteView{memory}.first(size));
        INFO(size);
        CHECK((place.what == What::further || place.what == What::found));
        if (place.what == What::found) CHECK(place.message == message);
        if (place.what == What::further) CHECK(place.wanted > size);
    }
    CHECK(find_ndef(Memory::type2, memory).what == What::found);
}
