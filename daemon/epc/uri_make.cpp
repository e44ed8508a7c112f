// SPDX-License-Identifier: Apache-2.0
// EPC URIs from AIs.
#include "epc/uri.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";

std::string hex_text(unsigned value, unsigned digits) {
    std::string text(digits, '0');
    for (unsigned i = digits; i-- > 0; value >>= 4) text[i] = kHex[value & 15];
    return text;
}

void append_escaped(std::string& out, std::string_view value) {
    for (const char c : value) {
        if (std::string_view{"\"%&/<>?"}.find(c) == std::string_view::npos) {
            out += c;
        } else {
            out += '%' + hex_text(static_cast<unsigned char>(c), 2);
        }
    }
}

const Gs1Element* find(std::span<const Gs1Element> elements, std::string_view ai) {
    const auto found = std::ranges::find(elements, ai, &Gs1Element::ai);
    return found == elements.end() ? nullptr : &*found;
}

/// Control fields in alphabetical order, with a colon behind; nothing where all are zero (15.2.4).
std::string fields(const EpcControl& control, bool has_attributes) {
    std::string text;
    if (has_attributes && control.attributes != 0) text += "[att=x" + hex_text(control.attributes, 2) + "]";
    if (control.user_memory) text += "[umi=1]";
    if (control.xpc) text += "[xpc=x" + hex_text(*control.xpc, 4) + "]";
    return text.empty() ? text : text + ":";
}

/// What follows the name: `PREFIX.ITEM.SERIAL`.
EpcUriMade make_body(const EpcKey& key, std::span<const Gs1Element> elements, unsigned prefix_digits) {
    const Gs1Element* const element = find(elements, key.ai);
    if (element == nullptr) return {CodeError::ai_requisite_missing, {}};
    std::string_view value = element->value.substr(key.before.size());
    const std::size_t lead = key.lead ? 1 : 0;
    const std::size_t whole = key.digits == 0 ? prefix_digits : key.digits;
    const bool is_prefix = prefix_digits >= kShortestPrefix && prefix_digits <= kLongestPrefix && value.size() >= whole;
    const std::string_view prefix = is_prefix ? value.substr(lead, prefix_digits) : std::string_view{};
    if (prefix.empty() || !std::ranges::all_of(prefix, [](char c) { return c >= '0' && c <= '9'; })) {
        return {CodeError::company_prefix_length, {}};
    }
    EpcUriMade made;
    made.text = prefix;
    if (key.digits != 0) {
        made.text += '.';
        made.text += value.substr(0, lead);
        made.text += value.substr(lead + prefix_digits, key.digits - lead - prefix_digits);
    }
    value.remove_prefix(whole + (key.digits == 0 ? 0 : 1));
    for (unsigned i = 0; i < key.pairs; ++i) {
        made.text += '.';
        made.text += value.substr(0, 2);
        value.remove_prefix(2);
    }
    if (key.serial.empty()) return made;
    if (key.serial != key.ai) {
        const Gs1Element* const serial = find(elements, key.serial);
        if (serial == nullptr && key.serial != "254") return {CodeError::ai_requisite_missing, {}};
        value = serial == nullptr ? "0" : serial->value;
    }
    if (value.empty()) return {CodeError::empty_value, {}};
    made.text += '.';
    append_escaped(made.text, value);
    return made;
}

}  // namespace

EpcUriMade make_epc_uri(const EpcKey& key, std::span<const Gs1Element> elements, unsigned prefix_digits) {
    EpcUriMade made = make_body(key, elements, prefix_digits);
    if (made.error != CodeError::none) return made;
    made.text = (key.of_class ? "urn:epc:class:" : "urn:epc:id:") + std::string{key.name} + ":" + made.text;
    return made;
}

EpcUriMade make_tag_uri(const EpcScheme& scheme, std::span<const Gs1Element> elements, const EpcWriting& writing,
                        const EpcControl& control) {
    EpcUriMade made = make_body(*scheme.key, elements, writing.prefix_digits);
    if (made.error != CodeError::none) return made;
    std::string name{scheme.name};
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    made.text = "urn:epc:tag:" + fields(control, true) + name + ":" + std::to_string(writing.filter) + "." + made.text;
    return made;
}

std::string make_raw_uri(const EpcRaw& raw, const EpcControl& control) {
    std::string text = "urn:epc:raw:" + fields(control, !raw.afi) + std::to_string(raw.bits) + ".x";
    if (raw.afi) text += hex_text(*raw.afi, 2) + ".x";
    return text += raw.hex;
}

}  // namespace dosario
