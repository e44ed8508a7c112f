// SPDX-License-Identifier: Apache-2.0
// What is read from descriptors: the examples of the standard, damage, and devices that mean harm.
#include "reader/report_descriptor.hpp"
#include "support/catch.hpp"
#include "support/hid_descriptors.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

ReportDescriptor read(std::string_view hex) { return read_report_descriptor(*from_hex(hex)); }
Result<ReportDescriptor> parsed(std::string_view hex) { return parse_report_descriptor(*from_hex(hex)); }

std::string repeated(std::string_view hex, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += hex;
    return out;
}

constexpr std::string_view kWhole[] = {kBootKeyboard, kBootMouse, kHoneywellDescriptor, kZebraDescriptor, kNewlandDescriptor};

}  // namespace

TEST_CASE("the boot devices of the HID standard are what they say", "[descriptor]") {
    const ReportDescriptor keyboard = read(kBootKeyboard);
    CHECK(keyboard.broken_rule == nullptr);
    CHECK(keyboard.applications == std::vector<HidUsage>{{0x01, 0x06}});
    CHECK(keyboard.longest_report() == 8);
    CHECK(keyboard.report_bytes(0) == 8U);
    CHECK_FALSE(keyboard.is_mouse());
    const ReportDescriptor mouse = read(kBootMouse);
    CHECK(mouse.broken_rule == nullptr);
    CHECK(mouse.applications == std::vector<HidUsage>{{0x01, 0x02}});  // its inner pointer is not counted
    CHECK(mouse.longest_report() == 3);
    CHECK(mouse.is_mouse());
    CHECK(read("05010901a101c0").is_mouse());
}

TEST_CASE("a report id costs a byte, and the longest report counts", "[descriptor]") {
    const ReportDescriptor two = read("05 01 09 06 a1 01 85 01 75 08 95 03 81 02 c0 06 8c 00 09 02 a1 01 85 02 95 3f 81 02 c0");
    CHECK(two.report_bytes(1) == 4U);
    CHECK(two.report_bytes(2) == 64U);
    CHECK_FALSE(two.report_bytes(3));
    CHECK(two.longest_report() == 64);
    CHECK(two.applications == std::vector<HidUsage>{{0x01, 0x06}, {0x8C, 0x02}});
    CHECK(two.serves_page(0x8C));
}

TEST_CASE("usages with their own page, push and pop, long items", "[descriptor]") {
    const auto one = parsed(
        "0b02008c00a101"
        "fe03aa010203"
        "0501a4058c75089502"
        "b4"
        "7508"
        "9501"
        "0b3b0001008102"
        "c0");
    REQUIRE(one.has_value());
    CHECK(one->serves({0x8C, 0x02}));
    const auto count = one->find_variable({0x01, 0x3B});
    REQUIRE(count);
    CHECK(count->bit_offset == 0);
    CHECK(count->count == 1);
    CHECK(read("05 01 09 06 a1 01 75 08 95 02 a4 95 40 b4 81 02 c0").longest_report() == 2);
}

TEST_CASE("the page that is valid at the main item counts", "[descriptor]") {
    CHECK(read("0902 0501 a101 c0").is_mouse());
    CHECK_FALSE(read("0501 0902 058c a101 c0").is_mouse());
    CHECK(read("0501 1902 2903 a101 c0").is_mouse());
}

TEST_CASE("the last usage of a field goes on to its end, an earlier one holds one element", "[descriptor]") {
    const auto one = parsed(
        "058c0902a10175089505"
        "09fb09fe8102"
        "c0");
    REQUIRE(one.has_value());
    CHECK(one->find_variable({0x8C, 0xFB})->count == 1);
    CHECK(one->find_variable({0x8C, 0xFE})->count == 4);
    CHECK(one->find_variable({0x8C, 0xFE})->byte_offset() == 1);
    CHECK_FALSE(one->find_variable({0x8C, 0xFF}));
}

TEST_CASE("each broken rule refuses the descriptor by its name", "[descriptor][hostile]") {
    const auto rule = [](std::string_view hex) { return std::string{read(hex).broken_rule}; };
    CHECK(rule("") == "it is empty");
    CHECK(rule(repeated("00", kLargestReportDescriptor + 1)) == "it is too long");
    for (const std::string_view cut : {"05", "0601", "fe", "fe00", "fe04aa0102"}) CHECK(rule(cut) == "an item is cut");
    CHECK(rule("c0") == "an end of collection without begin");
    CHECK(rule("b4") == "a pop without push");
    for (const std::string_view id : {"8500", "860001"}) CHECK(rule(id) == "a report id outside 1 to 255");
    CHECK(rule("7508950181028501") == "a report id after fields without one");
    CHECK(rule("1905 2904") == "a usage range runs backwards");
    for (const std::string_view huge :
         {"7520 96ffff 8102", "77ffffffff 97ffffffff 8102", "77ffffffff 9501 8102", "7501 97ffffffff 8102", "7508 968010 8102"})
        CHECK(rule(huge) == "a report is too long");
    CHECK(parsed("c0").has_error());
    CHECK(parsed("c0").error().message == "report descriptor: an end of collection without begin");
    CHECK(parsed("75ff9500 8102").has_value());
    CHECK(parsed(repeated("00", kLargestReportDescriptor)).has_value());
}

TEST_CASE("a broken rule hides nothing that comes after it", "[descriptor][hostile]") {
    const std::string mouse = "05010902a101 c0";
    for (const std::string_view trouble : {"c0", "b4", "8500", "29051904", "19052904", "77ffffffff97ffffffff8102"}) {
        const ReportDescriptor one = read(std::string{trouble} + mouse);
        CHECK(one.is_mouse());
    }
    // What the cut item ends is lost, what came before is not.
    CHECK(read(mouse + "05").is_mouse());
}

TEST_CASE("sizes beyond all measure are cut, for the report they are in", "[descriptor][hostile]") {
    CHECK(read("77 ff ff ff ff 97 ff ff ff ff 81 02 81 02").longest_report() == kLongestReport);
    CHECK(read("77 ff ff ff ff 97 ff ff ff ff 81 02").inputs.empty());
    const ReportDescriptor two = read("8501 77ffffffff 97ffffffff 8102 8502 7508 9501 8102");
    CHECK(two.report_bytes(1) == kLongestReport);
    CHECK(two.report_bytes(2) == 2U);
}

TEST_CASE("as much of everything as a descriptor holds is read in no time", "[descriptor][hostile]") {
    const auto filled = [](std::string_view head, std::string_view item) {
        return read(std::string{head} + repeated(item, (kLargestReportDescriptor - head.size() / 2) / (item.size() / 2)));
    };
    CHECK(filled("", "a4").broken_rule == nullptr);
    CHECK(filled("", "a100").broken_rule == nullptr);
    CHECK(filled("0501", "0902a101c0").applications.size() == 818);
    CHECK(filled("75019501", "8102").inputs.size() == 2046);
    const ReportDescriptor usages = filled("058c7501950119002affff", "08");
    CHECK(usages.inputs.empty());
    // Ranges of all usages, thousands of times, in a field that ends before them.
    const std::string ranges = repeated("19002affff", 800);
    const ReportDescriptor wide = read("058c 7501 9620 00" + ranges + "8102");
    REQUIRE(wide.inputs.size() == 1);
    CHECK(wide.inputs[0].usages.size() == 800);
    CHECK(wide.find_variable({0x8C, 0x10})->bit_offset == 0x10);
    CHECK_FALSE(wide.find_variable({0x8C, 0x20}));
    std::string ids;
    for (int id = 1; id <= 255; ++id) ids += "85" + to_hex(Bytes{static_cast<std::byte>(id)}) + "8102";
    CHECK(read("75089501" + ids).reports.size() == 255);
}

TEST_CASE("a descriptor cut at any byte or with any bit flipped is read within its bounds, and refused if a rule is broken",
          "[descriptor]") {
    const auto try_it = [](ByteView bytes, std::size_t most) {
        const ReportDescriptor one = read_report_descriptor(bytes);
        REQUIRE(one.longest_report() <= most);
        REQUIRE(parse_report_descriptor(bytes).has_value() == (one.broken_rule == nullptr));
        for (const HidField& field : one.inputs)
            REQUIRE((field.bit_offset + field.bit_size * field.count + 7) / 8 <= one.longest_report());
    };
    for (const std::string_view hex : kWhole) {
        const Bytes whole = *from_hex(hex);
        for (std::size_t size = 0; size <= whole.size(); ++size) try_it(ByteView{whole}.first(size), 64);
        for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
            Bytes flipped = whole;
            flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
            try_it(flipped, kLongestReport);
        }
    }
}

TEST_CASE("the length of the report descriptor is found behind other descriptors", "[descriptor]") {
    CHECK(report_descriptor_length(*from_hex("09 21 11 01 00 01 22 41 00")) == 65);
    CHECK(report_descriptor_length(*from_hex("03 ff 00 09 21 11 01 00 01 22 00 10")) == 4096);
    CHECK_FALSE(report_descriptor_length(*from_hex("09 21 11 01 00 01 22 01 10")));  // 4097
    CHECK_FALSE(report_descriptor_length(*from_hex("09 21 11 01 00 01 22 00 00")));
    CHECK_FALSE(report_descriptor_length(*from_hex("09 21 11 01 00 01 22 41")));
    CHECK_FALSE(report_descriptor_length(*from_hex("00 21")));
    CHECK_FALSE(report_descriptor_length({}));
}
