// SPDX-License-Identifier: Apache-2.0
// The GS1 form of a dose's label: a piece of a trade item (8006, ITIP) with its lot and use-by date; which dose it is stands in 91, an AI
// for use inside one company, because serial numbers of an ITIP (21) are its brand owner's to give.
#include "identity/gs1_ai_table.hpp"
#include "identity/gs1_value.hpp"
#include "identity/own_code.hpp"

#include <algorithm>
#include <array>

namespace dosario {
namespace {

constexpr std::string_view kCodePrefix = "DOSARIO.D.";
constexpr std::size_t kCodeDigits = 13;  // 12 of the number, one to check it
constexpr std::string_view kSerialPrefix = "DOSARIO";

std::string two_digits(unsigned number) {
    return {static_cast<char>('0' + number / 10 % 10), static_cast<char>('0' + number % 10)};
}

std::string gs1_day(Date day) {
    const std::chrono::year_month_day date{day};
    return two_digits(static_cast<unsigned>(static_cast<int>(date.year()) % 100)) +
           two_digits(static_cast<unsigned>(date.month())) + two_digits(static_cast<unsigned>(date.day()));
}

bool holds(unsigned ai, std::string_view value) {
    return gs1_check_value(*gs1_find_ai(ai), value, Date{}).error == CodeError::none;
}

}  // namespace

std::string dose_label(const DoseContent& content) {
    const std::string code = dose_code(content.dose);
    const bool counts = content.piece >= 1 && content.piece <= content.total && content.total <= 99;
    if (!counts || is_restricted(content.gtin) || (!content.lot.empty() && !holds(10, content.lot))) return "]d1" + code;
    std::string text = "]d28006" + content.gtin.text() + two_digits(content.piece) + two_digits(content.total) + kGroupSeparator;
    if (content.use_by) text += "17" + gs1_day(*content.use_by);
    if (!content.lot.empty()) text += "10" + std::string{content.lot} + kGroupSeparator;
    text += "91" + code;
    // A lot full of quotation marks may look like the fields of a document.
    return parse_person(std::string_view{text}.substr(3)) ? "]d1" + code : text;
}

std::string dose_serial(ThingId dose) { return std::string{kSerialPrefix} + dose_code(dose).substr(kCodePrefix.size()); }

std::optional<ThingId> dose_of(const Gs1Message& message) {
    if (!message.find(8006)) return std::nullopt;
    if (const auto own = message.find(91); own && own->starts_with(kCodePrefix)) return parse_thing(*own);
    const auto serial = message.find(21);
    if (!serial || serial->size() != kSerialPrefix.size() + kCodeDigits || !serial->starts_with(kSerialPrefix))
        return std::nullopt;
    std::array<char, kCodePrefix.size() + kCodeDigits> code{};
    std::copy(kCodePrefix.begin(), kCodePrefix.end(), code.begin());
    std::copy_n(serial->end() - static_cast<std::ptrdiff_t>(kCodeDigits), kCodeDigits, code.begin() + kCodePrefix.size());
    return parse_thing({code.data(), code.size()});
}

}  // namespace dosario
