// SPDX-License-Identifier: Apache-2.0
// Our own codes: `DOSARIO.D.` (dose) and `DOSARIO.P.` (pack opened here), 12 characters of Crockford's base 32 for 60 bits, and one
// check character by ISO/IEC 7064 MOD 37,36. Only A-Z, 0-9 and the point, which every scanner layout types alike.
#include "identity/own_code.hpp"

namespace dosario {
namespace {

constexpr std::string_view kDosePrefix = "DOSARIO.D.";
constexpr std::string_view kPackPrefix = "DOSARIO.P.";
constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::string_view kAlphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// ISO/IEC 7064 MOD 37,36; characters of kAlphanumeric only.
char check_character(std::string_view text) {
    unsigned p = 36;
    for (const char c : text) {
        unsigned s = (p + static_cast<unsigned>(kAlphanumeric.find(c))) % 36;
        if (s == 0) s = 36;
        p = (s * 2) % 37;
    }
    return kAlphanumeric[(37 - p) % 36];
}

}  // namespace

std::string thing_text(ThingId thing) {
    std::string text(kThingLength, '0');
    std::uint64_t rest = thing.number;
    for (std::size_t i = kThingLength; i-- > 0; rest >>= 5) text[i] = kCrockford[rest & 31];
    return text;
}

std::string dose_code(ThingId dose) {
    const std::string text = thing_text(dose);
    return std::string{kDosePrefix} + text + check_character(text);
}

std::string pack_code(ThingId pack) {
    const std::string text = thing_text(pack);
    return std::string{kPackPrefix} + text + check_character(text);
}

std::optional<ThingId> parse_thing(std::string_view text) {
    const bool coded = text.starts_with(kDosePrefix) || text.starts_with(kPackPrefix);
    if (coded) text.remove_prefix(kDosePrefix.size());
    if (text.size() != kThingLength + (coded ? 1U : 0U)) return std::nullopt;
    ThingId thing;
    for (const char c : text.substr(0, kThingLength)) {
        const std::size_t value = kCrockford.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        thing.number = thing.number << 5 | value;
    }
    if (!thing || (coded && text.back() != check_character(text.substr(0, kThingLength)))) return std::nullopt;
    return thing;
}

}  // namespace dosario
