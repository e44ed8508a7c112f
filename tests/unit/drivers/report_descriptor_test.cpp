// SPDX-License-Identifier: Apache-2.0
#include "hid_scanner/hid_pos.hpp"
#include "hid_scanner/keyboard.hpp"
#include "hid_scanner/report_descriptor.hpp"
#include "support/catch.hpp"
#include "support/hid_descriptors.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

// HID 1.11, appendix B.1: the keyboard boot interface.
constexpr std::string_view kBootKeyboard =
    "05010906a101050719e029e71500250175019508810295017508810195057501050819012905910295017503910195067508150025650507190029658100"
    "c0";
// HID 1.11, appendix B.2: the mouse boot interface.
constexpr std::string_view kBootMouse =
    "05010902a1010901a100050919012903150025019503750181029501750581010501093009311581257f750895028106c0c0";

Result<ReportDescriptor> parsed(std::string_view hex) { return parse_report_descriptor(*from_hex(hex)); }

std::string repeated(std::string_view hex, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += hex;
    return out;
}

}  // namespace

TEST_CASE("the boot devices of the HID standard are what they say", "[descriptor]") {
    const auto keyboard = parsed(kBootKeyboard);
    REQUIRE(keyboard.has_value());
    CHECK(keyboard->applications == std::vector<HidUsage>{{0x01, 0x06}});
    CHECK(keyboard->report_bytes(0) == 8U);
    const auto report = keyboard_report(*keyboard);
    REQUIRE(report);
    CHECK(report->size == 8);
    CHECK(report->modifiers_at == 0);
    CHECK(report->keys_at == 2);
    CHECK(report->key_slots == 6);
    const auto mouse = parsed(kBootMouse);
    REQUIRE(mouse.has_value());
    CHECK(mouse->serves({0x01, 0x02}));
    CHECK_FALSE(keyboard_report(*mouse));
    CHECK_FALSE(hid_pos_layout(*mouse));
}

TEST_CASE("the three layouts of HID POS are found in descriptors", "[descriptor]") {
    const auto layout = [](std::string_view hex) { return hid_pos_layout(*parsed(hex)); };
    const auto honeywell = layout(kHoneywellDescriptor);
    REQUIRE(honeywell);
    CHECK(honeywell->aim_at == std::array<std::size_t, 3>{2, 3, 4});
    CHECK(honeywell->code_at == 5);
    CHECK(honeywell->code_bytes == 56);
    CHECK(honeywell->size == 64);
    CHECK(honeywell->continued_at == 63);
    CHECK(honeywell->continued_mask == 1);
    const auto zebra = layout(kZebraDescriptor);
    REQUIRE(zebra);
    CHECK(zebra->aim_at == std::array<std::size_t, 3>{3, 4, 5});
    CHECK(zebra->code_at == 6);
    CHECK(zebra->size == 64);
    CHECK(layout(kNewlandDescriptor) == HidPosLayout{});
    CHECK(parsed(kHoneywellDescriptor)->serves(kBarcodeScanner));
    CHECK(parsed(kHoneywellDescriptor)->report_bytes(3) == 2U);
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

TEST_CASE("hostile descriptors are refused", "[descriptor]") {
    CHECK(parsed("").has_error());
    CHECK(parsed("05").has_error());
    CHECK(parsed("0601").has_error());
    CHECK(parsed("fe").has_error());
    CHECK(parsed("fe04aa0102").has_error());
    CHECK(parsed("c0").has_error());
    CHECK(parsed("b4").has_error());
    CHECK(parsed("8500").has_error());
    CHECK(parsed("7508950181028501").has_error());
    CHECK(parsed("1905"
                 "2904")
              .has_error());
    CHECK(parsed("7520"
                 "96ffff"
                 "8102")
              .has_error());
    CHECK(parsed("77ffffffff"
                 "97ffffffff"
                 "8102")
              .has_error());
    CHECK(parsed(repeated("a4", 9)).has_error());
    CHECK(parsed(repeated("a100", 33)).has_error());
    CHECK(parsed("75019501" + repeated("8102", 257)).has_error());
    CHECK(parsed(repeated("0901", 257)).has_error());
    CHECK(parsed(repeated("0906a101c0", 17)).has_error());
    CHECK(parsed(repeated("00", 4097)).has_error());
    CHECK(parsed("75ff9500"
                 "8102")
              .has_value());
}

TEST_CASE("a descriptor cut at any byte or with any bit flipped is read or refused, and layouts stay inside their reports",
          "[descriptor]") {
    const auto try_it = [](const Bytes& bytes) {
        const auto one = parse_report_descriptor(bytes);
        if (!one) return;
        if (const auto layout = hid_pos_layout(*one)) {
            REQUIRE(layout->code_at + layout->code_bytes <= layout->size);
            REQUIRE(layout->length_at < layout->size);
            if (layout->continued_mask != 0) REQUIRE(layout->continued_at < layout->size);
        }
        if (const auto report = keyboard_report(*one)) {
            REQUIRE(report->keys_at + report->key_slots <= report->size);
            REQUIRE(report->modifiers_at < report->size);
        }
    };
    for (const std::string_view hex : {kBootKeyboard, kHoneywellDescriptor, kZebraDescriptor, kNewlandDescriptor}) {
        const Bytes whole = *from_hex(hex);
        for (std::size_t n = 0; n < whole.size(); ++n)
            try_it(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)));
        for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
            Bytes flipped = whole;
            flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
            try_it(flipped);
        }
    }
}
