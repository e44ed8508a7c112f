// SPDX-License-Identifier: Apache-2.0
// Frames against published ones, bands against their tables, tags' own numbers against captured ones.
#include "support/catch.hpp"
#include "support/hex.hpp"

#include "chafon_uhf/chafon_frame.hpp"
#include "m100_uhf/m100_frame.hpp"
#include "rfid/gen2.hpp"
#include "rfid/other_families.hpp"

using namespace dosario;
using dosario::test::hex;

TEST_CASE("a Chafon frame is built as the manual draws it", "[uhf]") {
    // RU5102 manual V1.2: layouts; the checksums are ours.
    CHECK(to_hex(chafon::frame_of(0xFF, 0x21, {})) == "04ff211995");
    CHECK(to_hex(chafon::frame_of(0, 0x01, {})) == "040001db4b");
    CHECK(to_hex(chafon::frame_of(0, 0x01, hex("0f0001000000008014"))) == "0d00010f00010000000080145dea");
    CHECK(to_hex(chafon::frame_of(0, 0x02, hex("0630346c7a2c00004000000001020006000000000000"))) ==
          "1a00020630346c7a2c00004000000001020006000000000000e22e");
    CHECK(to_hex(chafon::frame_of(0, 0x03,
                                  hex("020630346c7a2c000040000000010300123456780000000000"
                                      "00"))) == "1e0003020630346c7a2c000040000000010300123456780000000000004819");
    CHECK(to_hex(chafon::frame_of(0, 0x06, hex("0630346c7a2c000040000000010202000000010000"))) ==
          "1900060630346c7a2c000040000000010202000000010000d8b5");
    CHECK(to_hex(chafon::frame_of(0, 0x22, hex("3180"))) == "0600223180e196");
    CHECK(to_hex(chafon::frame_of(0, 0x28, hex("05"))) == "0500280528d7");
    CHECK(chafon::crc_of(as_bytes("123456789")) == 0x6F91);
}

TEST_CASE("an inventory's layout is the type's; what does not fill its frame is refused", "[uhf]") {
    using chafon::Layout;
    CHECK(chafon::layout_of_type(0x09) == Layout::short18);
    CHECK(chafon::layout_of_type(0x0C) == Layout::long288);
    CHECK_FALSE(chafon::layout_of_type(0x77));
    const Bytes of_18 = hex("010c000000000000000000000313");
    const Bytes of_288 = hex("04010c49440000000000000a00033464");
    CHECK(chafon::tags_of(of_18, Layout::short18)->size() == 1);
    CHECK_FALSE(chafon::tags_of(of_18, Layout::long288));
    CHECK_FALSE(chafon::tags_of(of_288, Layout::short18));
    CHECK(chafon::tags_of(of_288, Layout::long288)->front().antenna == 3);
    CHECK(chafon::tags_of(of_18, Layout::unknown)->size() == 1);
    CHECK(chafon::tags_of(of_288, Layout::unknown)->size() == 1);
    const auto with_tid = chafon::tags_of(hex("010198"
                                              "30346c7a2c00004000000001"
                                              "e28011052000123456789abc"
                                              "40"),
                                          Layout::long288);
    REQUIRE(with_tid);
    CHECK(to_hex(with_tid->front().epc) == "30346c7a2c00004000000001");
    CHECK(to_hex(*with_tid->front().tid) == "e28011052000123456789abc");
    for (const char* wrong : {"", "01", "020c000000000000000000000313", "010d00000000000000000000031300",
                              "010b0000000000000000000313", "010c0000000000000000000003", "ff"}) {
        INFO(wrong);
        CHECK_FALSE(chafon::tags_of(hex(wrong), Layout::short18));
        CHECK_FALSE(chafon::tags_of(hex(wrong), Layout::long288));
    }
}

TEST_CASE("bands: what is set for each country lies in it, and another one does not", "[uhf]") {
    CHECK(uhf_regions().size() == 10);
    for (const UhfRegion& region : uhf_regions()) {
        INFO(region.country);
        CHECK(chafon::lies_in(region, chafon::band_for(region)));
        CHECK_FALSE(chafon::lies_in(region, {0x13, 0x40}));  // China
        CHECK_FALSE(chafon::lies_in(region, {0x4E, 0x00}));  // Europe
        CHECK_FALSE(chafon::lies_in(region, {0x00, 0x81}));  // the highest below the lowest
        CHECK_FALSE(m100::channels_for(region).empty());
    }
    const UhfRegion& argentina = *find_uhf_region("AR");
    CHECK(chafon::band_for(argentina) == chafon::Band{0x31, 0x80});
    CHECK(m100::all_channels_in(argentina));
    const UhfRegion& chile = *find_uhf_region("CL");
    CHECK(chafon::band_for(chile) == chafon::Band{0x31, 0x80 | 25});
    CHECK_FALSE(chafon::lies_in(chile, {0x31, 0x80}));
    CHECK(chafon::lies_in(chile, {0x4B, 0xC0}));  // Peru
    CHECK(m100::channels_for(chile).front() == 26);
    CHECK(m100::channels_for(chile).back() == 50);
    const UhfRegion& brazil = *find_uhf_region("BR");
    CHECK(m100::channels_for(brazil).size() == 10 + 25);
    CHECK_FALSE(brazil.allows(907'500, 250));
    CHECK(brazil.allows(907'250, 250));
    CHECK(find_uhf_region("US") == nullptr);
    CHECK(find_uhf_region("ar") == nullptr);
}

TEST_CASE("a tag's CRC, its PC word and the bits of a lock", "[uhf]") {
    CHECK(gen2_crc(as_bytes("123456789")) == 0xD64E);
    CHECK(gen2_crc(hex("340030751feb705c5904e3d50d70")) == 0x3A76);
    CHECK(epc_size(0x3000) == 12);
    CHECK(epc_size(0x3400) == 12);
    CHECK(epc_size(0x4000) == 16);
    CHECK(epc_size(0x7C00) == 30);
    CHECK(pc_for(12) == 0x3000);
    LockTag lock;
    lock.access_password = TagLock::with_password;
    CHECK(lock_bits(lock) == 0x020080);
    lock = {};
    lock.user_bank = TagLock::closed_for_ever;
    lock.kill_password = TagLock::open;
    CHECK(lock_bits(lock) == ((0x200U | 3U) << 10 | 3U));
    lock = {};
    lock.epc_bank = TagLock::open_for_ever;
    CHECK(lock_bits(lock) == (0x030U << 10 | 0x010U));
}

TEST_CASE("an M100 frame, its errors and its notices", "[uhf]") {
    CHECK(to_hex(m100::frame_of(m100::kM100, 0x03, hex("00"))) ==
          "bb00030001000"
          "47e");
    CHECK(to_hex(m100::frame_of(m100::kR200, 0x03, hex("00"))) == "aa000300010004dd");
    CHECK(m100::error_fits(0x09, 0x39));
    CHECK_FALSE(m100::error_fits(0x09, 0x49));
    CHECK(m100::error_fits(0xB4, 0x49));
    CHECK_FALSE(m100::error_fits(0xB4, 0x39));
    CHECK(m100::error_fits(0x17, 0x08));
    const auto tag = m100::tag_of(hex("c8400030346c7a2c00004000000001abcdef0121e1"));
    REQUIRE(tag);
    CHECK(to_hex(tag->epc) == "30346c7a2c00004000000001abcdef01");
    CHECK(tag->rssi_cdbm == -5600);
    CHECK_FALSE(m100::tag_of(hex("c8300030346c7a2c00004000000001abcdef0121e1")));
    CHECK_FALSE(m100::tag_of(hex("c8400030346c7a2c00004000000001abcdef0021e1")));
    CHECK_FALSE(m100::tag_of(hex("c8")));
    for (unsigned error = 0; error < 256; ++error) CHECK_FALSE(m100::error_words(static_cast<std::uint8_t>(error)).empty());
    for (unsigned status = 0; status < 256; ++status)
        CHECK_FALSE(chafon::status_words(static_cast<std::uint8_t>(status), {}).empty());
}

TEST_CASE("frames of other families are known, and cut or damaged ones are not", "[uhf]") {
    struct Row {
        const char* frame;
        const char* begins;
    };
    for (const Row& row :
         {Row{"ff0022040084e0", "a ThingMagic"},
          {"ff00031d0c", "a ThingMagic"},
          {"ff0a2403e800000000000300ee589d", "a ThingMagic"},
          {"ff2822000010001b01ff0101c4110e16400000012700000500000f00803000000000000000000000001545e94a561d", "a ThingMagic"},
          {"ff032f0000025e86", "a ThingMagic"},
          {"ff01970d4bb0", "a ThingMagic"},
          {"ff02930005517d", "a ThingMagic"},
          {"ff02910101703b", "a ThingMagic"},
          {"ff029207d04689", "a ThingMagic"},
          {"ff029407d0264f", "a ThingMagic"},
          {"ff039a010c00a35d", "a ThingMagic"},
          {"ff0b2807d010000001000000020045bf", "a ThingMagic"},
          {"a0030170ec", "a reader of the A0"},
          {"a0030172ea", "a reader of the A0"},
          {"a004018901d1", "a reader of the A0"},
          {"a00401761acb", "a reader of the A0"},
          {"cf00000103001234c1e6", "a reader of the CF"},
          {"cf00000103001234229c", "a reader of the CF"},
          {"05000"
           "1fbf23d",
           "a Chafon"},
          {"bb02220015c8400030346c7a2c00004000000001abcdef0121e1627e", "an M100"}}) {
        INFO(row.frame);
        const Bytes frame = hex(row.frame);
        const ForeignFrame found = foreign_frame(frame);
        REQUIRE(found.family != nullptr);
        CHECK(std::string_view{found.family->is_there}.starts_with(row.begins));
        CHECK(found.size == frame.size());
        CHECK(foreign_frame(ByteView{frame}.first(frame.size() - 1)).family == nullptr);
        Bytes damaged = frame;
        damaged[frame.size() / 2] ^= std::byte{0x40};
        CHECK(foreign_frame(damaged).family == nullptr);
    }
    CHECK(foreign_frame({}).family == nullptr);
}
