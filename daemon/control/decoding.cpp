// SPDX-License-Identifier: Apache-2.0
#include "control/decoding.hpp"

#include "base/bytes.hpp"
#include "base/overloaded.hpp"
#include "identity/person.hpp"

#include <algorithm>

namespace dosario {
namespace {

/// The identifier in front of the input, and what is behind it.
struct Cut {
    std::string_view aim;
    std::string_view content;
};

Cut cut_aim(std::string_view input) {
    const std::string_view head = input.substr(0, kAimLength);
    return is_aim(head) ? Cut{head, input.substr(kAimLength)} : Cut{{}, input};
}

void refuse(Decoding& out, CodeError error, std::size_t offset) {
    out.reading.message.fault = {error, static_cast<std::uint16_t>(std::min<std::size_t>(offset, 0xffff)), {}};
}

void name_person(Decoding& out, const Person& person) {
    out.kind = "person";
    out.country = person.country;
    out.id_kind = person.id_kind;
}

/// What an own code or a person is called; false for all that a reading tells more of.
bool name_identity(Decoding& out, const Identity& identity) {
    return std::visit(Overloaded{
                          [&](const Person& person) { return name_person(out, person), true; },
                          [&](const Command& command) {
                              out.kind = "command";
                              out.code = command.word == CommandWord::times ? "DOSARIO.X" + std::to_string(command.times)
                                                                            : std::string{command_code(command.word)};
                              return true;
                          },
                          [&](const Badge& badge) {
                              out.kind = "badge";
                              out.code = "DOSARIO.B." + std::string{badge.code};
                              return true;
                          },
                          [&](const DoseLabel& label) { return out.kind = "dose", out.code = dose_code(label.dose), true; },
                          [&](const PackLabel& label) { return out.kind = "pack", out.code = pack_code(label.pack), true; },
                          [](const auto&) { return false; },
                      },
                      identity);
}

/// Kind, GTIN and warnings of what was read.
void name_reading(Decoding& out) {
    const Gs1Message& message = out.reading.message;
    std::optional<std::string_view> item;
    switch (out.reading.kind) {
        case SymbolReading::Kind::gs1:
            out.kind = "gs1";
            item = message.find(1) ? message.find(1) : message.find(2);
            break;
        case SymbolReading::Kind::ean:
            out.kind = "ean";
            item = out.reading.digits;
            break;
        case SymbolReading::Kind::plain: out.kind = "not-gs1"; return;
    }
    if (item) out.gtin = parse_gtin(*item);
    if (message.suspect_missing_fnc1) out.warnings.push_back("possible-missing-fnc1");
    if (!out.gtin || !is_restricted(*out.gtin)) return;
    out.warnings.push_back("restricted-number");
    if (out.reading.kind == SymbolReading::Kind::ean) out.kind = "rcn";
}

/// Moves the fault from the begin of the content to that of the input.
void shift(Decoding& out, std::string_view input, std::string_view content) {
    CodeFault& fault = out.reading.message.fault;
    if (fault.error == CodeError::none || content.data() == nullptr) return;
    fault.offset = static_cast<std::uint16_t>(
        std::min<std::size_t>(fault.offset + static_cast<std::size_t>(content.data() - input.data()), 0xffff));
}

/// Without identifier: may this be the number of a person's document, or one with a slip in it? None has fewer than 6 digits then, nor more
/// than 15 characters but CURP, which begins with letters.
bool may_be_document(std::string_view content) {
    const auto digits = std::ranges::count_if(content, [](char c) { return c >= '0' && c <= '9'; });
    return content.size() <= 15 && digits >= 6;
}

/// Digits and the punctuation of documents, and the K of a RUT.
bool looks_like_document(std::string_view content) {
    return may_be_document(content) && content.find_first_not_of("0123456789.-/ kK") == std::string_view::npos;
}

/// As the counter does, with the profile that was asked for. Without one, what the counter cannot use is refused too.
void decode_automatic(Decoding& out, std::string_view input, const DecodeRules& rules, CodeBuffer& buffer) {
    const auto [aim, content] = cut_aim(input);
    const Identity identity = identify(aim, content, rules.as_of, buffer);
    const bool is_own_text = content.starts_with("DOSARIO.");
    if (name_identity(out, identity) && (out.kind != "dose" || is_own_text)) return;
    const auto* const unknown = std::get_if<Unknown>(&identity);
    if (unknown != nullptr && unknown->why.error == CodeError::none && unknown->why.ai.empty()) return;  // readable, and not ours
    out.reading = read_symbol(carrier_of(aim), content, buffer,
                              {rules.as_of, rules.profile.value_or(Gs1Profile::lenient), rules.short_gtin, true});
    const bool is_counters = !rules.profile || about_patient(out.reading.message) != nullptr;
    if (unknown != nullptr && out.reading.ok() && is_counters) out.reading.message.fault = unknown->why;
    if (aim.empty() && out.reading.kind == SymbolReading::Kind::gs1 && may_be_document(content)) {
        if (out.reading.ok() && looks_like_document(content)) out.reading = {};
        out.reading.message.fault.ai = {};  // its digits would be those of the document
    }
    shift(out, input, content);
}

void decode_aim(Decoding& out, std::string_view input, const DecodeRules& rules, CodeBuffer& buffer) {
    if (input.size() < kAimLength || input[0] != ']') return refuse(out, CodeError::sym_missing, 0);
    const auto [aim, content] = cut_aim(input);
    if (const auto person = parse_person(content)) return name_person(out, *person);
    if (!is_supported_aim(aim)) return refuse(out, CodeError::sym_unsupported, 0);
    const Carrier carrier = carrier_of(aim);
    if (carrier == Carrier::plain && name_identity(out, identify(aim, content, rules.as_of, buffer))) return;
    out.reading =
        read_symbol(carrier, content, buffer, {rules.as_of, rules.profile.value_or(Gs1Profile::strict), rules.short_gtin, false});
    shift(out, input, content);
}

void decode_elements(Decoding& out, std::string_view input, const DecodeRules& rules) {
    const std::string_view content = input.starts_with(kGroupSeparator) ? input.substr(1) : input;
    out.reading.kind = SymbolReading::Kind::gs1;
    out.reading.message = parse_element_string(content, rules.as_of, rules.profile.value_or(Gs1Profile::strict));
    shift(out, input, content);
}

void decode_digits(Decoding& out, std::string_view input) {
    const std::size_t first = std::min(input.find_first_not_of(' '), input.size());
    const std::string_view content = input.substr(first, input.find_last_not_of(' ') + 1 - first);
    if (content.empty()) return refuse(out, CodeError::empty_message, 0);
    out.reading = read_digits(content);
    shift(out, input, content);
}

void decode_id(Decoding& out, std::string_view input) {
    const auto result = identify_person(input);
    if (const auto* person = std::get_if<Person>(&result)) return name_person(out, *person);
    out.reading.message.fault = std::get<CodeFault>(result);
}

}  // namespace

std::optional<std::string> unescape_code(std::string_view typed) {
    std::string doubled;
    for (std::size_t i = 0; i < typed.size(); ++i) {
        if (typed[i] != '\\' || i + 1 == typed.size()) {
            doubled += typed[i];
            continue;
        }
        doubled += typed.substr(i, 2) == "\\(" ? "\\\\(" : typed.substr(i, 2);
        ++i;
    }
    return unescape(doubled);
}

bool is_about_patient(std::string_view input, const DecodeRules& rules) {
    CodeBuffer buffer;
    const Decoding decoding = decode(input, rules, buffer);
    return decoding.kind == "person" || about_patient(decoding.reading.message) != nullptr;
}

Decoding decode(std::string_view input, const DecodeRules& rules, CodeBuffer& buffer) {
    Decoding out;
    const Gs1Profile profile = rules.profile.value_or(Gs1Profile::strict);
    switch (rules.mode) {
        case DecodeMode::automatic: decode_automatic(out, input, rules, buffer); break;
        case DecodeMode::aim: decode_aim(out, input, rules, buffer); break;
        case DecodeMode::assume_gs1: decode_elements(out, input, rules); break;
        case DecodeMode::element:
            out.reading.kind = SymbolReading::Kind::gs1;
            out.reading.message = parse_bracketed(input, rules.as_of, buffer, profile);
            break;
        case DecodeMode::link:
            out.reading.kind = SymbolReading::Kind::gs1;
            out.reading.message = parse_digital_link(input, rules.as_of, buffer, {profile, rules.short_gtin});
            break;
        case DecodeMode::digits: decode_digits(out, input); break;
        case DecodeMode::id: decode_id(out, input); break;
        case DecodeMode::epc: out.tag = decode_epc(input, rules.as_of, buffer, out.reading); break;
        case DecodeMode::bank: out.tag = decode_bank(input, rules.as_of, buffer, out.reading); break;
        case DecodeMode::uri: out.tag = decode_epc_uri(input, rules.as_of, buffer, out.reading); break;
        case DecodeMode::tid:
            out.tag = decode_tid(input, out.reading);
            if (out.ok()) out.kind = "tid";
            break;
    }
    if (out.ok() && out.kind.empty()) name_reading(out);
    if (out.tag && out.tag->breaks_rule) out.warnings.push_back("breaks-gs1-rule");
    if (out.ok() && out.kind == "dose" && !out.reading.message.elements().empty())
        out.gtin = parse_gtin(out.reading.message.find(8006)->substr(0, 14));
    return out;
}

}  // namespace dosario
