// SPDX-License-Identifier: Apache-2.0
// Fuzz target: identify(). First byte: which symbology identifier; the rest: the content.
#include "fuzz/gs1_message_checks.hpp"
#include "identity/identity.hpp"
#include "support/spelling_digest.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

constexpr std::string_view kAims[] = {"",    "]C1", "]d2", "]Q3", "]e0", "]E0", "]E3", "]E4",
                                      "]E1", "]I1", "]C0", "]d1", "]L2", "]Xg", "]",   "E0"};

struct CheckIdentity {
    std::string_view content;
    std::string_view kept;

    bool shown(std::string_view view) const { return within(view, content) || within(view, kept); }

    void operator()(const SerialPack& pack) const {
        DOSARIO_CHECK(parse_gtin(pack.gtin.text()) == pack.gtin);
        DOSARIO_CHECK(shown(pack.serial) && !pack.serial.empty() && pack.serial.size() <= 20);
        DOSARIO_CHECK(shown(pack.lot) && pack.lot.size() <= 20);
    }
    void operator()(const ProductLot& product) const {
        DOSARIO_CHECK(parse_gtin(product.gtin.text()) == product.gtin);
        DOSARIO_CHECK(shown(product.lot) && product.lot.size() <= 20);
    }
    void operator()(const DoseLabel& label) const {
        DOSARIO_CHECK(content.find(dose_code(label.dose)) != std::string_view::npos ||
                      kept.find(dose_code(label.dose)) != std::string_view::npos);
    }
    void operator()(const PackLabel& label) const { DOSARIO_CHECK(content.ends_with(pack_code(label.pack))); }
    void operator()(const LogisticUnit& unit) const { DOSARIO_CHECK(shown(unit.sscc) && gs1_check_digit_holds(unit.sscc)); }
    void operator()(const WholesalerLabel& label) const {
        DOSARIO_CHECK(shown(label.gln) && gs1_check_digit_holds(label.gln) && shown(label.serial) && !label.serial.empty());
    }
    void operator()(const RestrictedNumber& number) const { DOSARIO_CHECK(is_restricted(parse_gtin(number.digits).value())); }
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
    const Date reference = some_day(content);
    CodeBuffer buffer;
    const auto kept = [&] { return std::string_view{buffer.bytes.data(), buffer.used}; };
    const Identity identity = identify(aim, content, reference, buffer);
    std::visit(CheckIdentity{content, kept()}, identity);
    return 0;
}
