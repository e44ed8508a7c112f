// SPDX-License-Identifier: Apache-2.0
// Fuzz target: identify(), the three GS1 parsers, and their makers. First byte: which symbology identifier; the rest: the content.
#include "base/check.hpp"
#include "identity/digital_link.hpp"
#include "identity/identity.hpp"

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

/// `kept` is what a parser put aside because it was written with escapes.
void check_message(const Gs1Message& message, std::string_view content, std::string_view kept, Date reference) {
    DOSARIO_CHECK(message.elements().size() <= kMostElements);
    check_fault(message.fault, content);
    DOSARIO_CHECK(!message.ok() || message.elements().size() > 0);
    if (!message.ok()) return;  // the written forms look at values last
    for (std::size_t i = 0; i < message.elements().size(); ++i) {
        const auto& [ai, value, number, at, row] = message.elements()[i];
        DOSARIO_CHECK(within(ai, content) && (within(value, content) || within(value, kept)));
        DOSARIO_CHECK(at <= content.size() && number < 10000);
        DOSARIO_CHECK(ai.size() >= 2 && ai.size() <= 4 && all_digits(ai) && !value.empty() && value.size() <= 90);
        DOSARIO_CHECK(value.find(kGroupSeparator) == std::string_view::npos);
        if (ai == "01" || ai == "02") DOSARIO_CHECK(value.size() == 14 && gs1_check_digit_holds(value));
        if (ai == "00") DOSARIO_CHECK(value.size() == 18 && gs1_check_digit_holds(value));
        if (ai == "17") DOSARIO_CHECK(gs1_date(value, reference).has_value());
        if (ai == "10" || ai == "21") DOSARIO_CHECK(value.size() <= 20);
    }
}

/// Making is the inverse of parsing: a right message comes back from each of its forms.
void check_round_trips(const Gs1Message& message, Date reference) {
    if (!message.ok()) return;
    const auto same = [&](const Gs1Message& other) {
        return other.ok() &&
               std::ranges::equal(other.elements(), message.elements(),
                                  [](const Gs1Element& a, const Gs1Element& b) { return a.ai == b.ai && a.value == b.value; });
    };
    const std::string scanned = element_string(message.elements());
    DOSARIO_CHECK(same(parse_element_string(scanned, reference, Gs1Profile::lenient)));
    CodeBuffer buffer;
    const std::string written = bracketed(message.elements());
    DOSARIO_CHECK(same(parse_bracketed(written, reference, buffer, Gs1Profile::lenient)));
    const auto link = make_digital_link(message.elements());
    if (!link) return;
    const Gs1Message linked = parse_digital_link(*link, reference, buffer, {Gs1Profile::lenient});
    DOSARIO_CHECK(linked.ok() && make_digital_link(linked.elements()) == link);
}

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
    void operator()(const Person& person) const {
        DOSARIO_CHECK(within(person.canonical, content) && all_digits(person.canonical) && !person.canonical.empty());
        DOSARIO_CHECK(person.canonical.size() <= 8 && person.canonical[0] != '0');
    }
    void operator()(const Command& command) const { DOSARIO_CHECK(command.times >= 1 && command.times <= 9999); }
    void operator()(const Badge& badge) const { DOSARIO_CHECK(within(badge.code, content) && badge.code.size() == 8); }
    void operator()(const UnclearCode& unclear) const {
        DOSARIO_CHECK(shown(unclear.content) && unclear.content.find(kGroupSeparator) == std::string_view::npos);
    }
    void operator()(const Unknown& unknown) const { check_fault(unknown.why, content); }
};

/// A separator, a layout for all products and one for some.
CodeHabits some_habits() {
    const auto layout = [](std::initializer_list<const char*> fields, std::vector<std::string> prefixes) {
        CodeLayout made{"", std::move(prefixes), {}};
        for (const char* field : fields) made.fields.push_back(*parse_layout_field(field));
        return made;
    };
    return {{layout({"01", "21:7", "17", "10"}, {}), layout({"01", "10:2", "21"}, {"077"})}, '|'};
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
    // Any day of the years 2000 to 2099, from the content, so that centuries are tried as well.
    const Date reference = *make_date(2000 + (size > 1 ? bytes[1] % 100 : 26), 6, 15);
    const Gs1Message strict = parse_element_string(content, reference);
    check_message(strict, content, {}, reference);
    check_round_trips(strict, reference);
    check_message(parse_element_string(content, reference, Gs1Profile::lenient), content, {}, reference);
    CodeBuffer buffer;
    const auto kept = [&] { return std::string_view{buffer.bytes.data(), buffer.used}; };
    const Gs1Message written = parse_bracketed(content, reference, buffer);
    check_message(written, content, kept(), reference);
    check_round_trips(written, reference);
    const Gs1Message linked = parse_digital_link(content, reference, buffer, {Gs1Profile::strict, bytes[0] % 2 == 0});
    check_message(linked, content, kept(), reference);
    check_round_trips(linked, reference);
    const Identity identity = identify(aim, content, reference, buffer);
    std::visit(CheckIdentity{content, kept()}, identity);
    static const CodeHabits habits = some_habits();
    check_readings(code_readings(content, habits.layouts, reference), content);
    check_readings(free_readings(content, reference), content);
    std::visit(CheckIdentity{content, {buffer.bytes.data(), buffer.bytes.size()}},
               identify(aim, content, reference, buffer, habits));
    return 0;
}
