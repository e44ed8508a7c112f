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
    void operator()(const UnclearCode& unclear) const {
        DOSARIO_CHECK(shown(unclear.content) && unclear.content.find(kGroupSeparator) == std::string_view::npos);
    }
    void operator()(const Unknown& unknown) const { check_fault(unknown.why, content); }
};

/// A separator, a layout for most products and one for some.
CodeHabits some_habits() {
    const auto layout = [](std::initializer_list<const char*> fields, std::vector<std::string> prefixes) {
        CodeLayout made{"", std::move(prefixes), {}};
        for (const char* field : fields) made.fields.push_back(*parse_layout_field(field));
        return made;
    };
    return {{layout({"01", "21:7", "17", "10"}, {"0"}), layout({"01", "10:2", "21"}, {"077"})}, '|'};
}

/// AIs and values of a reading are the content, in order.
void check_readings(const CodeReadings& readings, std::string_view content) {
    for (const CodeReading& reading : readings.all()) {
        const char* at = content.data();
        for (const Gs1Element& element : reading.elements()) {
            DOSARIO_CHECK(element.ai.data() == at && element.value.data() == at + element.ai.size() && !element.value.empty());
            at += element.ai.size() + element.value.size();
        }
        DOSARIO_CHECK(at == content.data() + content.size() && gs1_check_digit_holds(reading.item()));
    }
}

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
    static const CodeHabits habits = some_habits();
    check_readings(code_readings(content, habits.layouts, reference), content);
    check_readings(free_readings(content, reference), content);
    std::visit(CheckIdentity{content, {buffer.bytes.data(), buffer.bytes.size()}},
               identify(aim, content, reference, buffer, habits));
    return 0;
}
