// SPDX-License-Identifier: Apache-2.0
// The Application Identifiers as data: how long, which characters, which rules, which company. No code per AI, and nothing that
// parses a message: see gs1.cpp. Internal to the layer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dosario {

/// Which characters a component may hold.
enum class Gs1Charset : std::uint8_t {
    absent,     ///< no component here
    digits,     ///< N
    text,       ///< X, the 82 characters
    cpid,       ///< Y, the 39 characters of component and part identifiers
    base64url,  ///< Z
};

/// What a component must satisfy beyond length and characters.
enum class Gs1Rule : std::uint8_t {
    any,
    check_digit,     ///< the last digit
    date_or_month,   ///< YYMMDD, day 00 stands for the last of the month
    date,            ///< YYMMDD, a real day
    long_date,       ///< YYYYMMDD
    hour_minute,     ///< hhmm
    hour,            ///< hh
    sixtieth,        ///< minutes or seconds
    piece_of_total,  ///< two digits of piece, two of total
    zero,            ///< only zeros
    not_zero,
    yes_no,           ///< 0 or 1
    sex,              ///< 0, 1, 2, 9 (ISO/IEC 5218)
    winding,          ///< 0, 1, 9
    percent_encoded,  ///< each % is followed by two hexadecimal digits
    minus,            ///< only "-"
    latitude,
    longitude,
    no_leading_zero,
    has_non_digit,
    sequence,  ///< n/m with n <= m
};

/// A stretch of a value. Only the last one of an AI has `least` < `most`.
struct Gs1Component {
    Gs1Charset charset = Gs1Charset::absent;
    std::uint8_t least = 0;
    std::uint8_t most = 0;
    bool optional = false;
    Gs1Rule rule = Gs1Rule::any;
};

inline constexpr std::size_t kMostComponents = 5;

/// One AI, or a run of AIs that differ in the number only.
struct Gs1AiRow {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
    std::array<Gs1Component, kMostComponents> components{};
    /// One of these must be present: alternatives separated by blanks, `+` joins AIs, `n` is any digit. Empty: none needed.
    std::string_view needs;
    /// None of these may be present; `=` is the same digit as in the AI itself. An AI does not exclude itself.
    std::string_view excludes;
    /// The greatest last digit, for runs of measures (310n to 316n with n 0 to 5).
    std::uint8_t greatest_last_digit = 9;
};

/// How many digits an AI has that begins with these two digits (Tag Data Standard, table K); 0 when no AI begins so.
std::size_t gs1_ai_length(char first, char second);

/// Length of the value where the first two digits of the AI fix it (General Specifications 7.8.5); 0 where a GS or the end does.
std::size_t gs1_predefined_length(std::string_view ai);

/// The row of that AI, nullptr if there is no such AI. Digits only.
const Gs1AiRow* gs1_find_ai(std::string_view ai);

/// True when `ai` is what `pattern` of `needs` or `excludes` means, seen from the AI `of`.
bool gs1_ai_matches(std::string_view pattern, std::string_view ai, std::string_view of);

}  // namespace dosario
