// SPDX-License-Identifier: Apache-2.0
// Element strings:   AI value [GS] AI value [GS] ... AI value [GS]
// An AI has 2 to 4 digits, fixed by its first two. A value ends by count where these two digits predefine its length, else at GS
// or at the end. GS after a predefined length is harmless, so is one GS at the very end; a leading or a doubled GS is refused.
#include "identity/gs1.hpp"

#include "identity/gs1_ai_table.hpp"
#include "identity/gs1_company.hpp"
#include "identity/gs1_suspicion.hpp"
#include "identity/gs1_value.hpp"

#include <algorithm>

namespace dosario {
namespace {

struct ElementParse {
    std::string_view content;
    Date reference;
    Gs1Message& message;

    /// False, so that a step can return it.
    bool refuse(CodeError error, std::size_t offset, std::string_view ai = {}) {
        message.fault = {error, static_cast<std::uint16_t>(offset), ai};
        return false;
    }
};

/// Where the value that begins at `at` ends: by count where the length is predefined, else at GS or at the end.
std::size_t value_end(std::string_view content, const Gs1AiRow& row, std::size_t at) {
    if (row.predefined != 0) return std::min(content.size(), at + row.predefined);
    return std::min(content.find(kGroupSeparator, at), content.size());
}

/// A value of predefined length that a GS cuts short is too short, whatever its characters.
Gs1ValueFault cut_short(Gs1ValueFault fault, std::string_view value) {
    const std::size_t cut = value.find(kGroupSeparator);
    if (cut == std::string_view::npos) return fault;
    return {cut == 0 ? CodeError::value_empty : CodeError::value_length, 0};
}

bool read_element(ElementParse& parse, std::size_t& at) {
    const std::string_view content = parse.content;
    const Gs1Ai found = gs1_ai_at(content.substr(at));
    if (found.row == nullptr) {
        const bool two_digits = content.size() >= at + 2;
        return parse.refuse(CodeError::ai_unknown, at,
                            content.substr(at, two_digits ? gs1_ai_length(content[at], content[at + 1]) : 0));
    }
    const std::string_view ai = content.substr(at, found.length);
    const std::size_t begin = at + ai.size();
    const std::size_t end = value_end(content, *found.row, begin);
    const std::string_view value = content.substr(begin, end - begin);
    at = end + (end < content.size() && content[end] == kGroupSeparator ? 1 : 0);
    if (at == content.size() && gs1_looks_swallowed(parse.message, *found.row, found.number, value, parse.reference)) {
        parse.message.suspect_missing_fnc1 = true;
    }
    Gs1ValueFault fault = gs1_check_value(*found.row, value, parse.reference);
    if (fault.error != CodeError::none) {
        fault = cut_short(fault, value);
        return parse.refuse(fault.error, begin + fault.at, ai);
    }
    const bool added = parse.message.add({ai, value, found.number, static_cast<std::uint16_t>(begin), found.row});
    return added || parse.refuse(CodeError::parse_failed, begin, ai);
}

}  // namespace

Gs1Message parse_element_string(std::string_view content, Date reference, Gs1Profile profile, bool item_elsewhere) {
    Gs1Message message;
    ElementParse parse{content, reference, message};
    if (content.empty()) {
        parse.refuse(CodeError::empty_message, 0);
    } else if (content.size() > 0xffff) {
        parse.refuse(CodeError::parse_failed, 0);
    } else {
        std::size_t at = 0;
        while (at < content.size() && read_element(parse, at)) {
        }
        if (message.ok()) gs1_check_company(message, content, profile, item_elsewhere);
    }
    return message;
}

const Gs1Element* about_patient(const Gs1Message& message) {
    for (const Gs1Element& element : message.elements()) {
        if (element.number == 8018 || (element.number >= 7250 && element.number <= 7259)) return &element;
    }
    return nullptr;
}

std::string element_string(std::span<const Gs1Element> elements) {
    std::string text;
    bool open = false;
    for (const Gs1Element& element : elements) {
        if (open) text += kGroupSeparator;
        text += element.ai;
        text += element.value;
        open = element.row->predefined == 0;
    }
    return text;
}

std::string_view code_error_name(CodeError error) {
    switch (error) {
        case CodeError::none: return "none";
        case CodeError::sym_missing: return "sym-missing";
        case CodeError::sym_unsupported: return "sym-unsupported";
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
        case CodeError::bad_country: return "bad-country";
        case CodeError::bad_flag: return "bad-flag";
        case CodeError::bad_percent_escape: return "bad-percent-escape";
        case CodeError::ai_pair_invalid: return "ai-pair-invalid";
        case CodeError::ai_requisite_missing: return "ai-requisite-missing";
        case CodeError::ai_duplicate_conflict: return "ai-duplicate-conflict";
        case CodeError::ai_duplicate: return "ai-duplicate";
        case CodeError::dl_no_key: return "dl-no-key";
        case CodeError::dl_path_order: return "dl-path-order";
        case CodeError::dl_not_attribute: return "dl-not-attribute";
        case CodeError::uri_bad_character: return "uri-bad-character";
        case CodeError::uri_no_path: return "uri-no-path";
        case CodeError::uri_null: return "uri-null";
        case CodeError::truncated: return "truncated";
        case CodeError::unprogrammed: return "unprogrammed";
        case CodeError::unknown_header: return "unknown-header";
        case CodeError::bad_partition: return "bad-partition";
        case CodeError::component_overflow: return "component-overflow";
        case CodeError::bad_string: return "bad-string";
        case CodeError::bad_digit: return "bad-digit";
        case CodeError::bad_date_type: return "bad-date-type";
        case CodeError::bad_encoding_indicator: return "bad-encoding-indicator";
        case CodeError::empty_value: return "empty-value";
        case CodeError::value_too_long: return "value-too-long";
        case CodeError::unknown_ai: return "unknown-ai";
        case CodeError::bad_aidc_header: return "bad-aidc-header";
        case CodeError::not_epc_afi: return "not-epc-afi";
        case CodeError::bank_too_short: return "bank-too-short";
        case CodeError::empty_epc: return "empty-epc";
        case CodeError::bad_uri: return "bad-uri";
        case CodeError::unknown_scheme: return "unknown-scheme";
        case CodeError::bad_filter: return "bad-filter";
        case CodeError::bad_escape: return "bad-escape";
        case CodeError::bad_component_length: return "bad-component-length";
        case CodeError::serial_out_of_range: return "serial-out-of-range";
        case CodeError::serial_leading_zero: return "serial-leading-zero";
        case CodeError::serial_not_numeric: return "serial-not-numeric";
        case CodeError::serial_too_long: return "serial-too-long";
        case CodeError::company_prefix_length: return "company-prefix-length";
        case CodeError::restricted_number: return "restricted-number";
        case CodeError::parse_failed: return "parse-failed";
    }
    return "none";
}

}  // namespace dosario
