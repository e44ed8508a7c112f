// SPDX-License-Identifier: Apache-2.0
#include "identity/symbol.hpp"

#include "identity/ascii.hpp"
#include "identity/gs1_ai_table.hpp"

#include <algorithm>

namespace dosario {
namespace {

void refuse(SymbolReading& reading, CodeError error, std::size_t offset) {
    reading.message.fault = {error, static_cast<std::uint16_t>(std::min<std::size_t>(offset, 0xffff)), {}};
}

bool has_size(std::string_view content, std::initializer_list<std::size_t> sizes) {
    return std::ranges::find(sizes, content.size()) != sizes.end();
}

SymbolReading read_product(std::string_view digits) {
    SymbolReading reading;
    reading.kind = SymbolReading::Kind::ean;
    const std::size_t odd = digits.find_first_not_of("0123456789");
    if (odd != std::string_view::npos) {
        refuse(reading, CodeError::not_numeric, odd);
    } else if (!gs1_check_digit_holds(digits)) {
        refuse(reading, CodeError::check_digit, digits.size() - 1);
    } else {
        reading.digits = digits;
    }
    return reading;
}

SymbolReading read_ean(std::string_view content, std::initializer_list<std::size_t> sizes) {
    if (has_size(content, sizes)) return read_product(content);
    SymbolReading reading;
    reading.kind = SymbolReading::Kind::ean;
    refuse(reading, CodeError::value_length, 0);
    return reading;
}

SymbolReading read_elements(std::string_view content, const SymbolRules& rules, bool item_elsewhere = false) {
    SymbolReading reading;
    reading.kind = SymbolReading::Kind::gs1;
    reading.message = parse_element_string(content, rules.reference, rules.profile, item_elsewhere);
    return reading;
}

/// An EAN, and `|]e0` with the AIs of a composite component where the scanner sends both.
SymbolReading read_linear(std::string_view content, std::initializer_list<std::size_t> sizes, const SymbolRules& rules) {
    constexpr std::string_view kComponent = "|]e0";
    const std::size_t bar = content.find(kComponent);
    SymbolReading reading = read_ean(content.substr(0, bar), sizes);
    if (bar == std::string_view::npos || !reading.ok()) return reading;
    const std::size_t begin = bar + kComponent.size();
    reading.message = parse_element_string(content.substr(begin), rules.reference, rules.profile, true);
    if (!reading.ok()) reading.message.fault.offset = static_cast<std::uint16_t>(reading.message.fault.offset + begin);
    return reading;
}

/// 13 digits of the main symbol and 2 or 5 of the add-on, which names an issue or a price and is not used.
SymbolReading read_with_addon(std::string_view content) {
    SymbolReading reading = read_ean(content, {13 + 2, 13 + 5});
    const CodeError error = reading.message.fault.error;
    return error == CodeError::value_length || error == CodeError::not_numeric ? reading : read_product(content.substr(0, 13));
}

SymbolReading read_link(std::string_view content, CodeBuffer& buffer, const SymbolRules& rules) {
    SymbolReading reading;
    reading.kind = SymbolReading::Kind::gs1;
    reading.message = parse_digital_link(content, rules.reference, buffer, {rules.profile, rules.short_gtin});
    return reading;
}

SymbolReading read_after_gs(std::string_view content, const SymbolRules& rules) {
    SymbolReading reading = read_elements(content.substr(1), rules);
    if (!reading.ok()) reading.message.fault.offset = static_cast<std::uint16_t>(reading.message.fault.offset + 1);
    return reading;
}

}  // namespace

bool is_aim(std::string_view text) {
    return text.size() == kAimLength && text[0] == ']' && is_letter(text[1]) && (is_digit(text[2]) || is_letter(text[2]));
}

Carrier carrier_of(std::string_view aim) {
    if (!is_aim(aim)) return Carrier::by_content;
    constexpr std::string_view kElementStrings[] = {"]C1", "]d2", "]Q3", "]J1", "]e0", "]e1", "]e2"};
    if (std::ranges::find(kElementStrings, aim) != std::end(kElementStrings)) return Carrier::element_string;
    if (aim == "]E0") return Carrier::ean_13;
    if (aim == "]E3") return Carrier::ean_13_addon;
    if (aim == "]E4") return Carrier::ean_8;
    if (aim == "]E1" || aim == "]E2") return Carrier::addon;
    if (aim[1] == 'I') return Carrier::itf;
    constexpr std::string_view kPlain = "ACdQJLFGHKz";
    return kPlain.find(aim[1]) == std::string_view::npos ? Carrier::by_content : Carrier::plain;
}

bool is_supported_aim(std::string_view aim) {
    constexpr std::string_view kSupported[] = {"]C0", "]C1", "]d1", "]d2", "]Q1", "]Q3", "]J0", "]J1", "]e0",
                                               "]e1", "]e2", "]E0", "]E1", "]E2", "]E3", "]E4", "]I0", "]I1"};
    return std::ranges::find(kSupported, aim) != std::end(kSupported);
}

SymbolReading read_symbol(Carrier carrier, std::string_view content, CodeBuffer& buffer, const SymbolRules& rules) {
    switch (carrier) {
        case Carrier::by_content: return read_by_content(content, buffer, rules);
        case Carrier::element_string: return read_elements(content, rules);
        case Carrier::ean_13:
            return rules.twelve_as_ean ? read_linear(content, {12, 13}, rules) : read_linear(content, {13}, rules);
        case Carrier::ean_13_addon: return read_with_addon(content);
        case Carrier::ean_8: return read_linear(content, {8}, rules);
        case Carrier::itf: return content.size() == 14 ? read_product(content) : SymbolReading{};
        case Carrier::addon: return {};
        case Carrier::plain: return is_web_uri(content) ? read_link(content, buffer, rules) : SymbolReading{};
    }
    return {};
}

SymbolReading read_by_content(std::string_view content, CodeBuffer& buffer, const SymbolRules& rules) {
    if (content.starts_with(kGroupSeparator)) return read_after_gs(content, rules);
    if (all_digits(content) && has_size(content, {8, 12, 13, 14})) return read_product(content);
    if (content.size() > 1 && content[0] == '(' && is_digit(content[1])) {
        SymbolReading reading;
        reading.kind = SymbolReading::Kind::gs1;
        reading.message = parse_bracketed(content, rules.reference, buffer, rules.profile);
        return reading;
    }
    if (is_web_uri(content)) return read_link(content, buffer, rules);
    return gs1_ai_at(content).row != nullptr ? read_elements(content, rules) : SymbolReading{};
}

SymbolReading read_digits(std::string_view digits) { return read_ean(digits, {8, 12, 13, 14}); }

}  // namespace dosario
