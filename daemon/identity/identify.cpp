// SPDX-License-Identifier: Apache-2.0
// What the reading of a symbol means at the counter. Nothing is looked up and nothing repaired.
#include "identity/ascii.hpp"
#include "identity/gs1_company.hpp"
#include "identity/own_code.hpp"
#include "identity/person.hpp"
#include "identity/symbol.hpp"
#include "identity/without_fnc1.hpp"

#include <algorithm>

namespace dosario {
namespace {

std::optional<Date> expiry_of(const Gs1Message& message, Date reference) {
    for (const unsigned ai : {17U, 7003U}) {
        if (const auto value = message.find(ai)) return gs1_moment(ai, *value, reference)->day;
    }
    return std::nullopt;
}

/// 414 and 21, and nothing beside but lot and expiry: with an extension of the place (254) the serial number would be another one's.
bool is_wholesaler_label(const Gs1Message& message) {
    static constexpr unsigned kParts[] = {414, 21, 10, 17};
    const auto is_part = [](const Gs1Element& element) { return std::ranges::find(kParts, element.number) != std::end(kParts); };
    return message.find(414) && message.find(21) && std::ranges::all_of(message.elements(), is_part);
}

/// A pack or a product: `item` is the GTIN as read, the rest is of the AIs beside it.
Identity identify_item(std::string_view item, const Gs1Message& message, Date reference) {
    const Gtin gtin = *parse_gtin(item);
    if (is_restricted(gtin)) return RestrictedNumber{item};
    const std::string_view lot = message.find(10).value_or(std::string_view{});
    const auto expires_on = expiry_of(message, reference);
    const bool suspect = message.suspect_missing_fnc1;
    if (const auto serial = message.find(21)) return SerialPack{gtin, *serial, lot, expires_on, suspect};
    return ProductLot{gtin, lot, expires_on, suspect};
}

/// Lenient, because what must be in company may be on another label of the same pack. A message of parts that name nothing we
/// know gives the fault that the strict profile finds; a right one (8006, 02 + 37, ...) no fault, and its first AI.
Identity identify_message(Gs1Message& message, std::string_view content, Date reference) {
    if (const auto dose = dose_of(message)) return DoseLabel{*dose};
    if (const auto recipient = message.find(8018)) return *parse_recipient(*recipient);
    if (const Gs1Element* const patient = about_patient(message)) {
        return Unknown{{CodeError::ai_requisite_missing, 0, patient->ai}};  // data of nobody
    }
    if (const auto sscc = message.find(0)) return LogisticUnit{*sscc};
    if (const auto item = message.find(1)) return identify_item(*item, message, reference);
    if (is_wholesaler_label(message)) {
        const std::string_view lot = message.find(10).value_or(std::string_view{});
        return WholesalerLabel{*message.find(414), *message.find(21), lot, expiry_of(message, reference)};
    }
    gs1_check_company(message, content, Gs1Profile::strict, false);
    if (message.ok()) message.fault.ai = message.elements()[0].ai;
    return Unknown{message.fault};
}

}  // namespace

bool is_crate(const Identity& identity) {
    if (std::holds_alternative<LogisticUnit>(identity)) return true;
    const Unknown* const unknown = std::get_if<Unknown>(&identity);
    return unknown != nullptr && unknown->why.error == CodeError::none &&
           (unknown->why.ai == "8003" || unknown->why.ai == "8004");
}

Identity identify_reading(SymbolReading& reading, std::string_view content, Date reference) {
    // A web address without a primary key is one of the many that have nothing to do with GS1.
    const CodeError error = reading.message.fault.error;
    if (is_web_uri(content) && (error == CodeError::dl_no_key || error == CodeError::uri_no_path)) return Unknown{};
    if (!reading.ok()) return Unknown{reading.message.fault};
    switch (reading.kind) {
        case SymbolReading::Kind::gs1: return identify_message(reading.message, content, reference);
        case SymbolReading::Kind::ean: return identify_item(reading.digits, reading.message, reference);
        case SymbolReading::Kind::plain: break;
    }
    return Unknown{};
}

namespace {

/// `content` with GS for the site's separator, where it holds AIs. Same length, in `buffer`; nothing when nothing is to be replaced.
std::optional<std::string_view> with_separators(std::string_view content, char separator, CodeBuffer& buffer) {
    if (separator == '\0' || content.find(separator) == std::string_view::npos) return std::nullopt;
    // Brackets and Digital Links begin otherwise, and have the buffer for themselves.
    if (!is_digit(content[0]) && content[0] != separator) return std::nullopt;
    if (content.find(kGroupSeparator) != std::string_view::npos || content.size() > buffer.bytes.size()) return std::nullopt;
    std::ranges::replace_copy(content, buffer.bytes.begin(), separator, kGroupSeparator);
    buffer.used = content.size();
    return std::string_view{buffer.bytes.data(), content.size()};
}

/// A fault names its AI in what was given, not in a copy of it.
Identity of_original(Identity identity, std::string_view copy, std::string_view content) {
    if (auto* const unknown = std::get_if<Unknown>(&identity); unknown != nullptr && !unknown->why.ai.empty()) {
        unknown->why.ai = content.substr(static_cast<std::size_t>(unknown->why.ai.data() - copy.data()), unknown->why.ai.size());
    }
    return identity;
}

}  // namespace

std::string Gtin::text() const {
    std::string text(14, '0');
    std::uint64_t rest = number;
    for (std::size_t i = text.size(); i-- > 0; rest /= 10) text[i] = static_cast<char>('0' + rest % 10);
    return text;
}

std::optional<Gtin> parse_gtin(std::string_view digits) {
    const std::size_t size = digits.size();
    if ((size != 8 && size != 12 && size != 13 && size != 14) || !gs1_check_digit_holds(digits)) return std::nullopt;
    Gtin gtin;
    for (const char c : digits) gtin.number = gtin.number * 10 + static_cast<std::uint64_t>(c - '0');
    return gtin;
}

bool is_restricted(Gtin gtin) {
    const std::uint64_t thirteen = gtin.number % 10'000'000'000'000;
    const std::uint64_t two = thirteen / 100'000'000'000;
    const std::uint64_t four = thirteen / 1'000'000'000;
    const std::uint64_t first_of_eight = thirteen / 10'000'000;
    if (first_of_eight == 0 || first_of_eight == 2) return true;
    return two == 2 || two == 4 || (two >= 20 && two <= 29) || (four >= 1 && four <= 7);
}

Identity identify(std::string_view aim, std::string_view content, Date reference, CodeBuffer& buffer, const CodeHabits& habits,
                  bool gs_lost) {
    if (aim.empty() && is_aim(content.substr(0, kAimLength))) {
        aim = content.substr(0, kAimLength);
        content.remove_prefix(kAimLength);
    }
    if (content.empty()) return Unknown{{CodeError::empty_message, 0, {}}};
    // Before everything else, whatever the carrier: a document must never come out as an Unknown.
    if (const auto person = parse_person(content)) return *person;
    if (content.size() > 0xffff) return Unknown{{CodeError::parse_failed, 0, {}}};
    const Carrier carrier = carrier_of(aim);
    if (carrier != Carrier::element_string && is_own_code(content)) return identify_own_code(content);
    const auto copy = carrier == Carrier::by_content ? with_separators(content, habits.separator, buffer) : std::nullopt;
    const std::string_view read = copy.value_or(content);
    SymbolReading reading = read_symbol(carrier, read, buffer, {reference, Gs1Profile::lenient, false, true});
    if (const auto unclear = settle_without_fnc1(reading, carrier, read, reference, habits, gs_lost))
        return UnclearCode{*unclear};
    if (!copy) return identify_reading(reading, content, reference);
    return of_original(identify_reading(reading, *copy, reference), *copy, content);
}

}  // namespace dosario
