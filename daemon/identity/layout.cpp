// SPDX-License-Identifier: Apache-2.0
#include "identity/layout.hpp"

#include "identity/ascii.hpp"
#include "identity/gs1_ai_table.hpp"
#include "identity/gs1_company.hpp"
#include "identity/gs1_value.hpp"
#include "identity/identity.hpp"

#include <algorithm>
#include <charconv>

namespace dosario {
namespace {

/// Puts the content as that layout splits it into `message`. False if it does not fit.
bool split(Gs1Message& message, std::string_view content, const CodeLayout& layout, Date reference) {
    std::size_t at = 0;
    for (const LayoutField& field : layout.fields) {
        const Gs1Ai ai = gs1_ai_at(content.substr(at));
        if (ai.row == nullptr || ai.number != field.ai) return false;
        const std::size_t begin = at + ai.length;
        const std::size_t left = content.size() - begin;
        const std::size_t size = field.length == 0 ? left : field.length;
        if (size > left) return false;
        const std::string_view value = content.substr(begin, size);
        if (gs1_check_value(*ai.row, value, reference).error != CodeError::none) return false;
        if (!message.add({content.substr(at, ai.length), value, ai.number, static_cast<std::uint16_t>(begin), ai.row}))
            return false;
        at = begin + size;
    }
    if (at != content.size()) return false;
    gs1_check_company(message, content, Gs1Profile::strict, false);
    return message.ok();
}

bool holds_for(const CodeLayout& layout, std::string_view item) {
    if (item.empty() || is_restricted(*parse_gtin(item))) return false;
    return std::ranges::any_of(layout.gtin_prefixes, [&](const std::string& prefix) { return item.starts_with(prefix); });
}

Error wanted(std::string what) { return fail(Failure::invalid, std::move(what)); }

}  // namespace

Result<LayoutField> parse_layout_field(std::string_view text) {
    const std::string_view ai = text.substr(0, text.find(':'));
    const Gs1AiRow* const row = gs1_find_ai(ai);
    const std::string quoted = "'" + std::string{text} + "': ";
    if (row == nullptr) return wanted(quoted + "an AI with its length is wanted, for example \"21:7\"; there is no such AI");
    LayoutField field{gs1_ai_at(ai).number, row->least == row->most ? row->most : std::uint8_t{0}};
    if (ai.size() == text.size()) return field;
    const std::string_view digits = text.substr(ai.size() + 1);
    unsigned length = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (error != std::errc{} || end != digits.data() + digits.size() || length < row->least || length > row->most) {
        const std::string least = std::to_string(row->least);
        return wanted(quoted + "a value of AI " + std::string{ai} + " has " +
                      (field.length != 0 ? least : least + " to " + std::to_string(row->most)) + " characters");
    }
    field.length = static_cast<std::uint8_t>(length);
    return field;
}

std::string layout_fault(std::span<const LayoutField> fields) {
    if (fields.size() > kMostSplitElements) return "a layout has at most " + std::to_string(kMostSplitElements) + " fields";
    if (std::ranges::find(fields, 1, &LayoutField::ai) == fields.end()) return "a layout has the field \"01\", the product";
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const std::string ai = (fields[i].ai < 10 ? "0" : "") + std::to_string(fields[i].ai);
        if (fields[i].length == 0 && i + 1 < fields.size())
            return "only the last field may be open: how long is AI " + ai + "? for example \"" + ai + ":7\"";
        if (std::ranges::count(fields, fields[i].ai, &LayoutField::ai) > 1) return "AI " + ai + " stands in it twice";
    }
    return {};
}

bool may_be_separator(char c) {
    constexpr std::string_view kFree = "$[\\^`{|}~";
    return kFree.find(c) != std::string_view::npos;
}

CodeReadings readings_by_layout(std::string_view content, std::span<const CodeLayout> layouts, Date reference) {
    CodeReadings found;
    if (content.size() > 0xffff || content.find(kGroupSeparator) != std::string_view::npos) return found;
    for (const CodeLayout& layout : layouts) {
        Gs1Message message;
        if (!split(message, content, layout, reference)) continue;
        const CodeReading reading{message.elements()};
        if (holds_for(layout, reading.item()) && !found.add(reading)) break;
    }
    return found;
}

CodeReadings code_readings(std::string_view content, std::span<const CodeLayout> layouts, Date reference) {
    CodeReadings found = readings_by_layout(content, layouts, reference);
    return found.all().empty() ? free_readings(content, reference) : found;
}

}  // namespace dosario
