// SPDX-License-Identifier: Apache-2.0
#include "control/tag_encoding.hpp"

#include "epc/bank.hpp"
#include "identity/digital_link.hpp"

#include <algorithm>

namespace dosario {
namespace {

/// The AIs of the input, and what else an EPC URI says.
EpcUri read_input(std::string_view input, Date as_of, CodeBuffer& buffer) {
    if (input.starts_with("urn:epc:")) return read_epc_uri(input, buffer);
    EpcUri out;
    Gs1Message& message = out.reading.symbol.message;
    message = is_web_uri(input) ? parse_digital_link(input, as_of, buffer) : parse_bracketed(input, as_of, buffer);
    // Of a tag it is the scheme that has no room for it.
    const bool is_serial = message.fault.ai == "21" || message.fault.ai == "254";
    if (message.fault.error == CodeError::value_length && is_serial) message.fault.error = CodeError::serial_too_long;
    message.fault.ai = {};  // the caller does not keep the input as long
    return out;
}

std::string capitals(ByteView bytes) {
    std::string hex = to_hex(bytes);
    for (char& c : hex) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    return hex;
}

bool same(std::span<const Gs1Element> made, std::span<const Gs1Element> wished) {
    return made.size() == wished.size() && std::ranges::all_of(wished, [&](const Gs1Element& one) {
               return std::ranges::any_of(
                   made, [&](const Gs1Element& other) { return one.ai == other.ai && one.value == other.value; });
           });
}

}  // namespace

TagMade make_tag(std::string_view input, const TagWish& wish, Date as_of) {
    TagMade made;
    CodeBuffer buffer;
    const EpcUri read = read_input(input, as_of, buffer);
    made.fault = read.reading.fault();
    if (made.fault.error != CodeError::none) return made;
    const auto refuse = [&](CodeError error) {
        made.fault = {error, 0, {}};
        return made;
    };
    const auto elements = read.reading.elements();
    const unsigned prefix_digits = wish.prefix_digits.value_or(read.reading.prefix_digits);
    const unsigned filter = wish.filter.value_or(read.reading.filter.value_or(std::uint8_t{0}));
    if (filter > 7) return refuse(CodeError::bad_filter);
    if (prefix_digits > kLongestPrefix) return refuse(CodeError::company_prefix_length);
    const EpcScheme* const scheme = epc_scheme(wish.scheme);
    if (scheme == nullptr) {
        const EpcKey* const key = epc_key(wish.scheme);
        if (key == nullptr) return refuse(CodeError::unknown_scheme);
        const EpcUriMade uri = make_epc_uri(*key, elements, prefix_digits);
        if (uri.error != CodeError::none) return refuse(uri.error);
        made.uri = uri.text;
        SymbolReading reading;
        made.facts = decode_epc_uri(uri.text, as_of, buffer, reading);
        return made;
    }
    const EpcMade epc =
        write_epc(*scheme, elements, {static_cast<std::uint8_t>(filter), static_cast<std::uint8_t>(prefix_digits)});
    if (!epc.ok()) return refuse(epc.error);
    EpcControl control = read.control;
    control.user_memory = control.user_memory || wish.user_memory;
    made.epc = capitals(epc.words());
    made.bank = capitals(make_epc_bank(epc, control));
    // What goes onto a tag is read once before: a tag that says something else than was asked for must never be written.
    CodeBuffer again;
    SymbolReading reading;
    made.facts = decode_bank(made.bank, as_of, again, reading);
    const bool has_extension_zero =
        std::ranges::any_of(elements, [](const Gs1Element& one) { return one.ai == "254" && one.value == "0"; });
    if (!reading.ok() || (!has_extension_zero && !same(reading.message.elements(), elements)))
        return refuse(CodeError::parse_failed);
    made.uri = made.facts.tag_uri;
    return made;
}

}  // namespace dosario
