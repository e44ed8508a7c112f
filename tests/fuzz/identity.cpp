// SPDX-License-Identifier: Apache-2.0
// Fuzz target: identify() and the two GS1 parsers. First byte: which symbology identifier; the rest: the content.
#include "base/check.hpp"
#include "identity/identity.hpp"
#include "support/spelling_digest.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

using namespace dosario;

namespace {

constexpr std::string_view kAims[] = {"",    "]C1", "]d2", "]Q3", "]e0", "]E0", "]E3", "]E4",
                                      "]E1", "]I1", "]C0", "]d1", "]L2", "]Xg", "]",   "E0"};

bool within(std::string_view view, std::string_view content) {
    return view.empty() || (view.data() >= content.data() && view.data() + view.size() <= content.data() + content.size());
}

bool all_digits(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

void check_fault(const CodeFault& fault, std::string_view content) {
    DOSARIO_CHECK(fault.offset <= content.size());
    DOSARIO_CHECK(within(fault.ai, content));
    DOSARIO_CHECK(!code_error_name(fault.error).empty());
}

void check_message(const Gs1Message& message, std::string_view content, Date reference) {
    DOSARIO_CHECK(message.count <= kMostElements);
    check_fault(message.fault, content);
    DOSARIO_CHECK(!message.ok() || message.count > 0);
    for (std::size_t i = 0; i < message.count; ++i) {
        const auto [ai, value] = message.elements[i];
        DOSARIO_CHECK(within(ai, content) && within(value, content));
        DOSARIO_CHECK(ai.size() >= 2 && ai.size() <= 4 && all_digits(ai) && !value.empty() && value.size() <= 90);
        DOSARIO_CHECK(value.find(kGroupSeparator) == std::string_view::npos);
        if (ai == "01" || ai == "02") DOSARIO_CHECK(value.size() == 14 && gs1_check_digit_holds(value));
        if (ai == "00") DOSARIO_CHECK(value.size() == 18 && gs1_check_digit_holds(value));
        if (ai == "17") DOSARIO_CHECK(gs1_date(value, reference).has_value());
        if (ai == "10" || ai == "21") DOSARIO_CHECK(value.size() <= 20);
    }
}

struct CheckIdentity {
    std::string_view content;

    void operator()(const SerialPack& pack) const {
        DOSARIO_CHECK(parse_gtin(pack.gtin.text()) == pack.gtin);
        DOSARIO_CHECK(within(pack.serial, content) && !pack.serial.empty() && pack.serial.size() <= 20);
        DOSARIO_CHECK(within(pack.lot, content) && pack.lot.size() <= 20);
    }
    void operator()(const ProductLot& product) const {
        DOSARIO_CHECK(parse_gtin(product.gtin.text()) == product.gtin);
        DOSARIO_CHECK(within(product.lot, content) && product.lot.size() <= 20);
    }
    void operator()(const DoseLabel& label) const { DOSARIO_CHECK(content.ends_with(dose_code(label.dose))); }
    void operator()(const PackLabel& label) const { DOSARIO_CHECK(content.ends_with(pack_code(label.pack))); }
    void operator()(const LogisticUnit& unit) const {
        DOSARIO_CHECK(within(unit.sscc, content) && gs1_check_digit_holds(unit.sscc));
    }
    void operator()(const Person& person) const { DOSARIO_CHECK(test::is_canonical(person)); }
    void operator()(const Command& command) const { DOSARIO_CHECK(command.times >= 1 && command.times <= 9999); }
    void operator()(const Badge& badge) const { DOSARIO_CHECK(within(badge.code, content) && badge.code.size() == 8); }
    void operator()(const Unknown& unknown) const { check_fault(unknown.why, content); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view aim = kAims[bytes[0] % std::size(kAims)];
    const std::string_view content{reinterpret_cast<const char*>(bytes) + 1, size - 1};
    // Any day of the years 2000 to 2099, from the content, so that centuries are tried as well.
    const Date reference = *make_date(2000 + (size > 1 ? bytes[1] % 100 : 26), 6, 15);
    check_message(parse_element_string(content, reference), content, reference);
    check_message(parse_element_string(content, reference, Gs1Profile::lenient), content, reference);
    check_message(parse_bracketed(content, reference), content, reference);
    std::visit(CheckIdentity{content}, identify(aim, content, reference));
    return 0;
}
