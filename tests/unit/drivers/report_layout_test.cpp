// SPDX-License-Identifier: Apache-2.0
// Where the decoders find their parts, by the report descriptor.
#include "hid_scanner/hid_pos.hpp"
#include "hid_scanner/keyboard.hpp"
#include "support/catch.hpp"
#include "support/hid_descriptors.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

Result<ReportDescriptor> parsed(std::string_view hex) { return parse_report_descriptor(*from_hex(hex)); }

}  // namespace

TEST_CASE("the keyboard of the HID standard has its keys where the boot protocol has them, and the mouse has none",
          "[descriptor]") {
    const auto report = keyboard_report(*parsed(kBootKeyboard));
    REQUIRE(report);
    CHECK(report->size == 8);
    CHECK(report->modifiers_at == 0);
    CHECK(report->keys_at == 2);
    CHECK(report->key_slots == 6);
    const auto mouse = parsed(kBootMouse);
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

TEST_CASE("a descriptor cut at any byte or with any bit flipped gives layouts inside their reports, or none", "[descriptor]") {
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
