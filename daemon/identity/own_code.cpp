// SPDX-License-Identifier: Apache-2.0
//   DOSARIO.D.<12 Crockford base 32><check>   dose             DOSARIO.B.<8 of A-Z 0-9>   badge
//   DOSARIO.P.<12 Crockford base 32><check>   opened pack      DOSARIO.<word>, DOSARIO.X<1 to 9999>   command
//   DOSARIO.PRUEBA.<anything>                 the command PRUEBA
#include "identity/own_code.hpp"

#include "identity/ascii.hpp"

#include <array>

namespace dosario {
namespace {

constexpr std::string_view kPrefix = "DOSARIO.";
constexpr std::size_t kKindLength = 2;  // `D.`
constexpr std::size_t kBadgeLength = 8;

/// In the order of CommandWord.
constexpr std::array<std::string_view, 15> kCommandCodes = {
    "DOSARIO.RECIBIR", "DOSARIO.FRACCIONAR", "DOSARIO.VERIFICAR", "DOSARIO.ENTREGAR", "DOSARIO.CONTAR",
    "DOSARIO.BAJA",    "DOSARIO.DEVOLUCION", "DOSARIO.LIBERAR",   "DOSARIO.DESHACER", "DOSARIO.LISTO",
    "DOSARIO.AYUDA",   "DOSARIO.SI",         "DOSARIO.NO",        "DOSARIO.X1",       "DOSARIO.PRUEBA",
};
static_assert(kCommandCodes.size() == static_cast<std::size_t>(CommandWord::test) + 1);

constexpr bool is_alphanumeric(char c) { return is_digit(c) || is_upper(c); }
constexpr bool is_crockford(char c) { return is_alphanumeric(c) && c != 'I' && c != 'L' && c != 'O' && c != 'U'; }

bool same_in_either_case(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, to_upper, to_upper); }

Unknown refused(CodeError error, std::size_t offset) {
    return Unknown{{error, static_cast<std::uint16_t>(std::min<std::size_t>(offset, 0xffff)), {}}};
}

/// Where the first character is for which `fits` is false; the size when all fit.
std::size_t first_odd(std::string_view text, bool (*fits)(char)) {
    return static_cast<std::size_t>(std::ranges::find_if_not(text, fits) - text.begin());
}

Identity identify_thing(std::string_view content, bool is_dose) {
    constexpr std::size_t kBody = kPrefix.size() + kKindLength;
    const std::string_view body = content.substr(kBody);
    if (body.size() != kThingLength + 1) return refused(CodeError::value_length, kBody);
    const std::size_t odd = first_odd(body.substr(0, kThingLength), is_crockford);
    if (odd < kThingLength) return refused(CodeError::bad_character, kBody + odd);
    if (!is_alphanumeric(body.back())) return refused(CodeError::bad_character, kBody + kThingLength);
    const auto thing = parse_thing(content);
    if (thing) return is_dose ? Identity{DoseLabel{*thing}} : Identity{PackLabel{*thing}};
    const bool is_zero = body.substr(0, kThingLength).find_first_not_of('0') == std::string_view::npos;
    return is_zero ? refused(CodeError::parse_failed, kBody) : refused(CodeError::check_character, kBody + kThingLength);
}

Identity identify_badge(std::string_view content) {
    constexpr std::size_t kBody = kPrefix.size() + kKindLength;
    const std::string_view code = content.substr(kBody);
    if (code.size() != kBadgeLength) return refused(CodeError::value_length, kBody);
    const std::size_t odd = first_odd(code, is_alphanumeric);
    if (odd < kBadgeLength) return refused(CodeError::bad_character, kBody + odd);
    return Badge{code};
}

/// 1 to 9999 without leading zeros, or 0.
std::uint32_t parse_times(std::string_view digits) {
    if (digits.empty() || digits.size() > 4 || digits[0] == '0' || !all_digits(digits)) return 0;
    std::uint32_t times = 0;
    for (const char c : digits) times = times * 10 + static_cast<std::uint32_t>(c - '0');
    return times;
}

Identity identify_command(std::string_view content) {
    const std::string_view word = content.substr(kPrefix.size());
    if (!word.empty() && to_upper(word[0]) == 'X') {
        const std::uint32_t times = parse_times(word.substr(1));
        if (times == 0) return refused(CodeError::parse_failed, kPrefix.size() + 1);
        return Command{CommandWord::times, times};
    }
    // The printed test code that tells a scanner's keyboard: signs follow, and a wrong layout changes them.
    constexpr std::string_view kTestBegin = "DOSARIO.PRUEBA.";
    if (same_in_either_case(content.substr(0, kTestBegin.size()), kTestBegin)) return Command{CommandWord::test};
    for (std::size_t i = 0; i < kCommandCodes.size(); ++i) {
        if (same_in_either_case(content, kCommandCodes[i])) return Command{static_cast<CommandWord>(i)};
    }
    return refused(CodeError::parse_failed, kPrefix.size());
}

}  // namespace

bool is_own_code(std::string_view content) { return same_in_either_case(content.substr(0, kPrefix.size()), kPrefix); }

Identity identify_own_code(std::string_view content) {
    const std::string_view rest = content.substr(kPrefix.size());
    if (rest.size() < kKindLength || rest[1] != '.') return identify_command(content);
    if (!content.starts_with(kPrefix)) {
        // Caps Lock: the letters of a thing or a badge would come turned as well.
        const auto odd = std::ranges::mismatch(content, kPrefix).in1 - content.begin();
        return refused(CodeError::bad_character, static_cast<std::size_t>(odd));
    }
    if (rest.starts_with("D.") || rest.starts_with("P.")) return identify_thing(content, rest[0] == 'D');
    if (rest.starts_with("B.")) return identify_badge(content);
    return refused(CodeError::parse_failed, kPrefix.size());
}

std::string_view command_code(CommandWord word) { return kCommandCodes[static_cast<std::size_t>(word)]; }

}  // namespace dosario
