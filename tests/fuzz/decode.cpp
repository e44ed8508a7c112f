// SPDX-License-Identifier: Apache-2.0
// Fuzz target: a line of `dosario decode --stdin`, in every mode. First byte: mode, profile, short GTINs.
#include "control/decoding.hpp"
#include "fuzz/gs1_message_checks.hpp"

using namespace dosario;
using namespace dosario::test;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view typed{reinterpret_cast<const char*>(bytes) + 1, size - 1};
    const auto input = unescape_code(typed);
    if (!input) return 0;
    DecodeRules rules;
    rules.mode = static_cast<DecodeMode>(bytes[0] % 11);
    if (bytes[0] & 0x40) rules.profile = bytes[0] & 0x80 ? Gs1Profile::strict : Gs1Profile::lenient;
    rules.short_gtin = (bytes[0] & 0x20) != 0;
    rules.as_of = some_day(*input);
    CodeBuffer buffer;
    const Decoding decoding = decode(*input, rules, buffer);
    DOSARIO_CHECK(decoding.ok() == !decoding.kind.empty());
    check_fault(decoding.reading.message.fault, *input);
    if (decoding.kind == "person") {
        DOSARIO_CHECK(decoding.code.empty() && !decoding.gtin && decoding.reading.message.elements().empty());
    }
    if (decoding.tag) {
        DOSARIO_CHECK(decoding.ok() || (decoding.tag->pure_uri.empty() && decoding.tag->tag_uri.empty()));
        return 0;  // a tag may say what a barcode may not; its own target looks closer
    }
    if (decoding.kind == "gs1") check_message(decoding.reading.message, *input, {buffer.bytes.data(), buffer.used}, rules.as_of);
    return 0;
}
