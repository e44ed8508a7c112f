// SPDX-License-Identifier: Apache-2.0
// Element strings:   AI value [GS] AI value [GS] ... AI value [GS]
// An AI has 2 to 4 digits, fixed by its first two. A value ends by count where these two digits predefine its length, else at GS
// or at the end. GS after a predefined length is harmless, so is one GS at the very end; a leading or a doubled GS is refused.
// With brackets, as people write it:   (AI)value(AI)value ...
#include "identity/gs1.hpp"

#include "identity/digits.hpp"
#include "identity/gs1_ai_table.hpp"
#include "identity/gs1_value.hpp"

#include <algorithm>

namespace dosario {
namespace {

struct Parse {
    std::string_view content;
    Date reference;
    Gs1Message message;

    std::size_t offset_of(std::string_view view) const { return static_cast<std::size_t>(view.data() - content.data()); }

    /// False, so that a step can return it.
    bool refuse(CodeError error, std::size_t offset, std::string_view ai = {}) {
        message.fault = {error, static_cast<std::uint16_t>(offset), ai};
        return false;
    }
};

/// The AI at `at`, as long as it ought to be or as there is content; empty when no AI begins so.
std::string_view ai_at(std::string_view content, std::size_t at) {
    if (at + 2 > content.size()) return {};
    return content.substr(at, gs1_ai_length(content[at], content[at + 1]));
}

/// Where the value that begins at `at` ends; past the content when a predefined length is not there in full.
std::size_t value_end(std::string_view content, std::string_view ai, std::size_t at) {
    const std::size_t separator = std::min(content.find(kGroupSeparator, at), content.size());
    const std::size_t length = gs1_predefined_length(ai);
    return length == 0 || at + length > separator ? separator : at + length;
}

bool add_element(Parse& parse, std::string_view ai, std::string_view value) {
    Gs1Message& message = parse.message;
    const std::size_t at = parse.offset_of(ai);
    const Gs1AiRow* const row = gs1_find_ai(ai);
    if (row == nullptr) return parse.refuse(CodeError::ai_unknown, at, ai);
    if (message.count == kMostElements) return parse.refuse(CodeError::parse_failed, at, ai);
    const Gs1ValueFault fault = gs1_check_value(*row, value, parse.reference);
    if (fault.error != CodeError::none) return parse.refuse(fault.error, parse.offset_of(value) + fault.at, ai);
    const auto earlier = message.find(ai);
    if (earlier && *earlier != value) return parse.refuse(CodeError::ai_duplicate_conflict, at, ai);
    message.elements[message.count++] = {ai, value};
    return true;
}

/// True when `content` is worth reading: there is something, and offsets fit.
bool has_sane_size(Parse& parse) {
    if (parse.content.empty()) return parse.refuse(CodeError::empty_message, 0);
    return parse.content.size() <= 0xffff || parse.refuse(CodeError::parse_failed, 0);
}

/// True if `ais` (one alternative of `needs`, such as `01+21`) are all in the message.
bool has_all(const Gs1Message& message, std::string_view ais, std::string_view of) {
    while (!ais.empty()) {
        const std::string_view pattern = ais.substr(0, ais.find('+'));
        ais.remove_prefix(std::min(ais.size(), pattern.size() + 1));
        const auto fits = [&](const Gs1Element& element) { return gs1_ai_matches(pattern, element.ai, of); };
        if (std::none_of(message.elements.begin(), message.elements.begin() + static_cast<std::ptrdiff_t>(message.count), fits)) {
            return false;
        }
    }
    return true;
}

/// True if one of these alternatives is in the message. Also serves for `excludes`, whose alternatives are single AIs.
bool has_one(const Gs1Message& message, std::string_view alternatives, std::string_view of) {
    while (!alternatives.empty()) {
        const std::string_view ais = alternatives.substr(0, alternatives.find(' '));
        alternatives.remove_prefix(std::min(alternatives.size(), ais.size() + 1));
        if (has_all(message, ais, of)) return true;
    }
    return false;
}

bool meets_excluded(const Gs1Message& message, std::string_view excludes, std::string_view of) {
    Gs1Message others;
    for (std::size_t i = 0; i < message.count; ++i) {
        if (message.elements[i].ai != of) others.elements[others.count++] = message.elements[i];
    }
    return has_one(others, excludes, of);
}

/// What may not be in company, then (strict) what must be.
void check_company(Parse& parse, Gs1Profile profile) {
    const Gs1Message& message = parse.message;
    for (std::size_t i = 0; i < message.count; ++i) {
        const std::string_view ai = message.elements[i].ai;
        const std::string_view excludes = gs1_find_ai(ai)->excludes;
        if (!excludes.empty() && meets_excluded(message, excludes, ai)) {
            parse.refuse(CodeError::ai_pair_invalid, parse.offset_of(ai), ai);
            return;
        }
    }
    if (profile == Gs1Profile::lenient) return;
    for (std::size_t i = 0; i < message.count; ++i) {
        const std::string_view ai = message.elements[i].ai;
        const std::string_view needs = gs1_find_ai(ai)->needs;
        if (!needs.empty() && !has_one(message, needs, ai)) {
            parse.refuse(CodeError::ai_requisite_missing, parse.offset_of(ai), ai);
            return;
        }
    }
}

/// `17` and a date inside `value`, not at its begin, and then the end or another AI of a pack.
bool holds_expiry(std::string_view value, Date reference) {
    for (std::size_t at = value.find("17", 1); at != std::string_view::npos; at = value.find("17", at + 1)) {
        if (!gs1_date(value.substr(at + 2, 6), reference)) continue;
        const std::string_view rest = value.substr(at + 8);
        if (rest.empty() || (rest.size() > 2 && (rest.starts_with("10") || rest.starts_with("21")))) return true;
    }
    return false;
}

/// True if `value` holds that AI, not at its begin, with at least `least` characters after it (the first a letter if `letter`).
bool holds_ai(std::string_view value, std::string_view ai, std::size_t least, bool letter) {
    for (std::size_t at = value.find(ai, 1); at != std::string_view::npos; at = value.find(ai, at + 1)) {
        const std::string_view rest = value.substr(at + ai.size());
        if (rest.size() >= least && (!letter || !is_digit(rest[0]))) return true;
    }
    return false;
}

/// The last value looks as if it had swallowed an expiry, a lot or a serial number that the message lacks. Narrow on purpose:
/// lots and serial numbers are full of 10 and 21, and a warning that cries wolf is not read.
bool looks_swallowed(const Gs1Message& message, std::string_view ai, std::string_view value, Date reference) {
    if (gs1_predefined_length(ai) != 0) return false;
    const bool expires = message.find("17").has_value();
    if (!expires && ai != "17" && holds_expiry(value, reference)) return true;
    if (ai == "10" && !message.find("21")) return holds_ai(value, "21", 6, false);
    return ai == "21" && !message.find("10") && holds_ai(value, "10", 2, !expires);
}

bool read_element(Parse& parse, std::size_t& at) {
    const std::string_view content = parse.content;
    if (content[at] == kGroupSeparator) return parse.refuse(CodeError::parse_failed, at);
    const std::string_view ai = ai_at(content, at);
    if (gs1_find_ai(ai) == nullptr) return parse.refuse(CodeError::ai_unknown, at, ai);
    const std::size_t begin = at + ai.size();
    const std::size_t end = value_end(content, ai, begin);
    const std::string_view value = content.substr(begin, end - begin);
    const bool last = end >= content.size() - (content.back() == kGroupSeparator ? 1 : 0);
    if (last && looks_swallowed(parse.message, ai, value, parse.reference)) parse.message.suspect_missing_fnc1 = true;
    at = end + (end < content.size() && content[end] == kGroupSeparator ? 1 : 0);
    return add_element(parse, ai, value);
}

bool read_bracketed(Parse& parse, std::size_t& at) {
    const std::string_view content = parse.content;
    const std::size_t closing = content.find(')', at);
    if (content[at] != '(' || closing == std::string_view::npos) return parse.refuse(CodeError::parse_failed, at);
    const std::string_view ai = content.substr(at + 1, closing - at - 1);
    const std::size_t end = std::min(content.find('(', closing), content.size());
    at = end;
    return add_element(parse, ai.substr(0, 4), content.substr(closing + 1, end - closing - 1));
}

}  // namespace

std::optional<std::string_view> Gs1Message::find(std::string_view ai) const {
    for (std::size_t i = 0; i < count; ++i) {
        if (elements[i].ai == ai) return elements[i].value;
    }
    return std::nullopt;
}

Gs1Message parse_element_string(std::string_view content, Date reference, Gs1Profile profile) {
    Parse parse{content, reference, {}};
    if (!has_sane_size(parse)) return parse.message;
    for (std::size_t at = 0; at < content.size();) {
        if (!read_element(parse, at)) return parse.message;
    }
    check_company(parse, profile);
    return parse.message;
}

Gs1Message parse_bracketed(std::string_view content, Date reference, Gs1Profile profile) {
    Parse parse{content, reference, {}};
    if (!has_sane_size(parse)) return parse.message;
    for (std::size_t at = 0; at < content.size();) {
        if (!read_bracketed(parse, at)) return parse.message;
    }
    check_company(parse, profile);
    return parse.message;
}

std::string_view code_error_name(CodeError error) {
    switch (error) {
        case CodeError::none: return "none";
        case CodeError::empty_message: return "empty-message";
        case CodeError::ai_unknown: return "ai-unknown";
        case CodeError::value_empty: return "value-empty";
        case CodeError::value_length: return "value-length";
        case CodeError::not_numeric: return "not-numeric";
        case CodeError::bad_character: return "bad-character";
        case CodeError::check_digit: return "check-digit";
        case CodeError::check_character: return "check-character";
        case CodeError::bad_date: return "bad-date";
        case CodeError::bad_time: return "bad-time";
        case CodeError::bad_piece_total: return "bad-piece-total";
        case CodeError::bad_value: return "bad-value";
        case CodeError::ai_pair_invalid: return "ai-pair-invalid";
        case CodeError::ai_requisite_missing: return "ai-requisite-missing";
        case CodeError::ai_duplicate_conflict: return "ai-duplicate-conflict";
        case CodeError::restricted_number: return "restricted-number";
        case CodeError::sym_unsupported: return "sym-unsupported";
        case CodeError::parse_failed: return "parse-failed";
    }
    return "none";
}

}  // namespace dosario
