// SPDX-License-Identifier: Apache-2.0
// From a symbology identifier (ISO/IEC 15424) and a content to an Identity. The identifier says how to read the content; without
// one, or with one that says little, the content does. Nothing is looked up and nothing repaired.
#include "identity/digits.hpp"
#include "identity/gs1_ai_table.hpp"
#include "identity/own_code.hpp"
#include "identity/person.hpp"

namespace dosario {
namespace {

/// How a symbology identifier wants its content read.
enum class Carrier : std::uint8_t {
    by_content,  ///< none, or one that says nothing of GS1: `]X.` of vendors, ITF without GS1's length
    element_string,
    ean_13,        ///< EAN-13, UPC-A and UPC-E (expanded by the scanner)
    ean_13_addon,  ///< the same and 2 or 5 digits behind
    ean_8,
    addon,  ///< the 2 or 5 digits alone
    plain,  ///< not GS1
};

constexpr std::size_t kAimLength = 3;
constexpr bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

bool is_aim(std::string_view aim) {
    return aim.size() == kAimLength && aim[0] == ']' && is_letter(aim[1]) && (is_digit(aim[2]) || is_letter(aim[2]));
}

Carrier carrier_of(std::string_view aim, std::string_view content) {
    if (!is_aim(aim)) return Carrier::by_content;
    constexpr std::string_view kElementStrings[] = {"]C1", "]d2", "]Q3", "]J1", "]e0", "]e1", "]e2"};
    if (std::ranges::find(kElementStrings, aim) != std::end(kElementStrings)) return Carrier::element_string;
    if (aim == "]E0") return Carrier::ean_13;
    if (aim == "]E3") return Carrier::ean_13_addon;
    if (aim == "]E4") return Carrier::ean_8;
    if (aim == "]E1" || aim == "]E2") return Carrier::addon;
    if (aim[1] == 'I') return content.size() == 14 ? Carrier::by_content : Carrier::plain;
    constexpr std::string_view kPlain = "ACdQJLFGHKz";
    return kPlain.find(aim[1]) == std::string_view::npos ? Carrier::by_content : Carrier::plain;
}

Unknown refused(CodeError error, std::size_t offset, std::string_view ai = {}) {
    return Unknown{{error, static_cast<std::uint16_t>(std::min<std::size_t>(offset, 0xffff)), ai}};
}

/// Numbers for use inside one company or region (General Specifications 1.4: prefixes 02, 04, 20 to 29 and 0001 to 0007 of 13
/// digits; 0 and 2 of 8 digits). The indicator digit of 14 does not count.
bool is_restricted(Gtin gtin) {
    const std::uint64_t thirteen = gtin.number % 10'000'000'000'000;
    const std::uint64_t two = thirteen / 100'000'000'000;
    const std::uint64_t four = thirteen / 1'000'000'000;
    const std::uint64_t first_of_eight = thirteen / 10'000'000;
    if (first_of_eight == 0 || first_of_eight == 2) return true;
    return two == 2 || two == 4 || (two >= 20 && two <= 29) || (four >= 1 && four <= 7);
}

Identity identify_product(std::string_view digits) {
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (!is_digit(digits[i])) return refused(CodeError::not_numeric, i);
    }
    const auto gtin = parse_gtin(digits);
    if (!gtin) return refused(CodeError::check_digit, digits.size() - 1);
    if (is_restricted(*gtin)) return refused(CodeError::restricted_number, 0);
    return ProductLot{*gtin, {}, std::nullopt, false};
}

bool has_size(std::string_view content, std::initializer_list<std::size_t> sizes) {
    return std::ranges::find(sizes, content.size()) != sizes.end();
}

Identity identify_ean(std::string_view content, std::initializer_list<std::size_t> sizes) {
    return has_size(content, sizes) ? identify_product(content) : refused(CodeError::value_length, 0);
}

/// 13 digits of the main symbol and 2 or 5 of the add-on, which names an issue or a price and is not used.
Identity identify_with_addon(std::string_view content) {
    if (!has_size(content, {13 + 2, 13 + 5})) return refused(CodeError::value_length, 0);
    const std::size_t odd = content.find_first_not_of("0123456789");
    return odd == std::string_view::npos ? identify_product(content.substr(0, 13)) : refused(CodeError::not_numeric, odd);
}

std::optional<Date> expiry_of(const Gs1Message& message, Date reference) {
    if (const auto day = message.find("17")) return gs1_date(*day, reference);
    if (const auto minute = message.find("7003")) return gs1_date(minute->substr(0, 6), reference);
    return std::nullopt;
}

/// What a message with AI 01 names. `content` is where offsets count from.
Identity identify_item(const Gs1Message& message, std::string_view content, Date reference) {
    const Gs1Element& item = *std::ranges::find(message.elements, "01", &Gs1Element::ai);
    const Gtin gtin = *parse_gtin(item.value);
    if (is_restricted(gtin)) {
        return refused(CodeError::restricted_number, static_cast<std::size_t>(item.value.data() - content.data()), item.ai);
    }
    const std::string_view lot = message.find("10").value_or(std::string_view{});
    const auto expires_on = expiry_of(message, reference);
    const bool suspect = message.suspect_missing_fnc1;
    if (const auto serial = message.find("21")) return SerialPack{gtin, *serial, lot, expires_on, suspect};
    return ProductLot{gtin, lot, expires_on, suspect};
}

using Parser = Gs1Message (*)(std::string_view, Date, Gs1Profile);

/// Lenient, because what must be in company may be on another label of the same pack. A message of parts that name nothing we
/// know gives the fault that the strict profile finds; a right one (8006, 02 + 37, 414 + 21, ...) no fault, and its first AI.
Identity identify_message(Parser parse, std::string_view content, Date reference) {
    const Gs1Message message = parse(content, reference, Gs1Profile::lenient);
    if (!message.ok()) return Unknown{message.fault};
    if (const auto sscc = message.find("00")) return LogisticUnit{*sscc};
    if (message.find("01")) return identify_item(message, content, reference);
    const bool is_wholesaler_label = message.find("414") && message.find("21");
    CodeFault fault = is_wholesaler_label ? CodeFault{} : parse(content, reference, Gs1Profile::strict).fault;
    if (fault.error == CodeError::none) fault.ai = message.elements[0].ai;
    return Unknown{fault};
}

/// Scanners without identifier may send the FNC1 of the first position, as GS.
Identity identify_after_gs(std::string_view content, Date reference) {
    Identity identity = identify_message(parse_element_string, content.substr(1), reference);
    if (auto* const unknown = std::get_if<Unknown>(&identity)) {
        if (unknown->why.error != CodeError::none) unknown->why.offset = static_cast<std::uint16_t>(unknown->why.offset + 1);
    }
    return identity;
}

bool begins_with_ai(std::string_view content) {
    if (content.size() < 2) return false;
    return gs1_find_ai(content.substr(0, gs1_ai_length(content[0], content[1]))) != nullptr;
}

Identity identify_by_content(std::string_view content, Date reference) {
    if (content[0] == kGroupSeparator) return identify_after_gs(content, reference);
    if (all_digits(content) && has_size(content, {8, 12, 13, 14})) return identify_product(content);
    if (content.size() > 1 && content[0] == '(' && is_digit(content[1]))
        return identify_message(parse_bracketed, content, reference);
    if (begins_with_ai(content)) return identify_message(parse_element_string, content, reference);
    return Unknown{};
}

}  // namespace

std::string Gtin::text() const {
    std::string text(14, '0');
    std::uint64_t rest = number;
    for (std::size_t i = text.size(); i-- > 0; rest /= 10) text[i] = static_cast<char>('0' + rest % 10);
    return text;
}

std::optional<Gtin> parse_gtin(std::string_view digits) {
    if (!has_size(digits, {8, 12, 13, 14}) || !gs1_check_digit_holds(digits)) return std::nullopt;
    Gtin gtin;
    for (const char c : digits) gtin.number = gtin.number * 10 + static_cast<std::uint64_t>(c - '0');
    return gtin;
}

Identity identify(std::string_view aim, std::string_view content, Date reference) {
    if (aim.empty() && is_aim(content.substr(0, kAimLength))) {
        aim = content.substr(0, kAimLength);
        content.remove_prefix(kAimLength);
    }
    if (content.empty()) return refused(CodeError::empty_message, 0);
    // Before everything else, whatever the carrier: a document must never come out as an Unknown.
    if (const auto person = parse_person(content)) return *person;
    if (content.size() > 0xffff) return refused(CodeError::parse_failed, 0);
    const Carrier carrier = carrier_of(aim, content);
    if (carrier != Carrier::element_string && is_own_code(content)) return identify_own_code(content);
    switch (carrier) {
        case Carrier::by_content: return identify_by_content(content, reference);
        case Carrier::element_string: return identify_message(parse_element_string, content, reference);
        case Carrier::ean_13: return identify_ean(content, {12, 13});
        case Carrier::ean_13_addon: return identify_with_addon(content);
        case Carrier::ean_8: return identify_ean(content, {8});
        case Carrier::addon: return Unknown{};
        case Carrier::plain: return Unknown{};
    }
    return Unknown{};
}

}  // namespace dosario
