// SPDX-License-Identifier: Apache-2.0
#include "identity/without_fnc1.hpp"

#include "identity/ascii.hpp"
#include "identity/readings.hpp"

namespace dosario {

std::optional<std::string_view> settle_without_fnc1(SymbolReading& reading, Carrier carrier, std::string_view content,
                                                    Date reference, const CodeHabits& habits, bool gs_lost) {
    Gs1Message& plain = reading.message;
    const bool suspect = plain.suspect_missing_fnc1 || gs_lost;
    if (reading.kind != SymbolReading::Kind::gs1 || (!suspect && habits.layouts.empty())) return std::nullopt;
    if (carrier != Carrier::element_string && carrier != Carrier::by_content) return std::nullopt;
    bool marks_fnc1 = carrier == Carrier::element_string;
    if (!marks_fnc1 && content.starts_with(kGroupSeparator)) {
        marks_fnc1 = true;
        content.remove_prefix(1);
    }
    const bool holds_elements = !content.empty() && is_digit(content[0]);  // and neither brackets nor a link
    if (!holds_elements || content.find(kGroupSeparator) != std::string_view::npos) return std::nullopt;
    if (marks_fnc1 && !suspect) return std::nullopt;
    const CodeReadings by_layout = readings_by_layout(content, habits.layouts, reference);
    if (by_layout.all().size() > 1) return content;
    if (by_layout.all().size() == 1) {
        Gs1Message cut;
        for (const Gs1Element& element : by_layout.all()[0].elements()) cut.add(element);
        plain = cut;
        return std::nullopt;
    }
    if (!suspect) return std::nullopt;
    const CodeReadings free = free_readings(content, reference);
    if (free.all().empty() && !free.too_many) return std::nullopt;
    const bool as_it_stands = plain.ok() && !free.all().empty() && free.all()[0].elements().size() == plain.elements().size();
    if (free.all().size() > 1 || free.too_many || !as_it_stands) return content;
    plain.suspect_missing_fnc1 = false;  // nothing else fits
    return std::nullopt;
}

}  // namespace dosario
