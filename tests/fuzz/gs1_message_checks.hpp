// SPDX-License-Identifier: Apache-2.0
// What holds of every message that a GS1 parser gives, whatever it was given.
#pragma once

#include "base/check.hpp"
#include "identity/digital_link.hpp"
#include "identity/gs1.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace dosario::test {

/// Any day of the years 2000 to 2099, from the content, so that centuries are tried as well.
inline Date some_day(std::string_view content) {
    return std::chrono::year{2000 + (content.empty() ? 26 : static_cast<unsigned char>(content[0]) % 100)} / 6 / 15;
}

inline bool within(std::string_view view, std::string_view content) {
    return view.empty() || (view.data() >= content.data() && view.data() + view.size() <= content.data() + content.size());
}

inline bool all_digits(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

inline void check_fault(const CodeFault& fault, std::string_view content) {
    DOSARIO_CHECK(fault.offset <= content.size());
    DOSARIO_CHECK(within(fault.ai, content));
    DOSARIO_CHECK(!code_error_name(fault.error).empty());
}

/// `kept` is what a parser put aside because it was written with escapes.
inline void check_message(const Gs1Message& message, std::string_view content, std::string_view kept, Date reference) {
    DOSARIO_CHECK(message.elements().size() <= kMostElements);
    check_fault(message.fault, content);
    DOSARIO_CHECK(!message.ok() || message.elements().size() > 0);
    if (!message.ok()) return;  // the written forms look at values last
    for (std::size_t i = 0; i < message.elements().size(); ++i) {
        const auto& [ai, value, number, at, row] = message.elements()[i];
        DOSARIO_CHECK(within(ai, content) && (within(value, content) || within(value, kept)));
        DOSARIO_CHECK(at <= content.size() && number < 10000);
        DOSARIO_CHECK(ai.size() >= 2 && ai.size() <= 4 && test::all_digits(ai) && !value.empty() && value.size() <= 90);
        DOSARIO_CHECK(value.find(kGroupSeparator) == std::string_view::npos);
        if (ai == "01" || ai == "02") DOSARIO_CHECK(value.size() == 14 && gs1_check_digit_holds(value));
        if (ai == "00") DOSARIO_CHECK(value.size() == 18 && gs1_check_digit_holds(value));
        if (ai == "17") DOSARIO_CHECK(gs1_date(value, reference).has_value());
        if (ai == "10" || ai == "21") DOSARIO_CHECK(value.size() <= 20);
    }
}

/// Making is the inverse of parsing: a right message comes back from each of its forms.
inline void check_round_trips(const Gs1Message& message, Date reference) {
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

}  // namespace dosario::test
