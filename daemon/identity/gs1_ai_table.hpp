// SPDX-License-Identifier: Apache-2.0
// The Application Identifiers as data: how long, which characters, which rules, which company, which place in a Digital Link. No code
// per AI, and nothing that parses a message: see gs1.cpp. For this layer and epc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace dosario {

/// Which characters a component may hold (General Specifications 7.11). The values are bits of a table of characters.
enum class Gs1Charset : std::uint8_t {
    absent = 0,     ///< no component here
    digits = 1,     ///< N
    text = 2,       ///< X, the 82 characters
    cpid = 4,       ///< Y, the 39 characters of component and part identifiers
    base64url = 8,  ///< Z, with `=` at the end
};

/// What a component must satisfy beyond length and characters.
enum class Gs1Rule : std::uint8_t {
    any,
    check_digit,     ///< the last digit
    check_pair,      ///< the last two characters (General Specifications 7.9.5)
    company_prefix,  ///< begins with four digits at least: no company prefix is shorter
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
    sequence,         ///< n/m with n <= m
    country,          ///< ISO 3166-1, three digits
    country_or_many,  ///< the same, or 999
    country_letters,  ///< ISO 3166-1, two letters
    currency,         ///< ISO 4217, three digits
    importer,         ///< one of A-Z a-z 0-9 - _
    media_type,       ///< a type of AIDC medium that is assigned or of national use
    package_type,     ///< UN/ECE Recommendation 21 and additions of GS1
    iban,             ///< ISO 13616
    coupon,           ///< North American coupon code
    coupon_offer,     ///< the same, of the positive offer file
};

/// A stretch of a value. Only the last one of an AI has `least` < `most`; optional ones stand last.
struct Gs1Component {
    Gs1Charset charset = Gs1Charset::absent;
    std::uint8_t least = 0;
    std::uint8_t most = 0;
    bool optional = false;
    std::array<Gs1Rule, 3> rules{};
};

inline constexpr std::size_t kMostComponents = 5;

/// AIs by number, both ends included. AI 01 has number 1: no two AIs have the same number.
struct Gs1AiRange {
    std::uint16_t first = 0;
    std::uint16_t last = 0;

    constexpr bool holds(unsigned number) const { return number - first <= static_cast<unsigned>(last - first); }
};

/// AIs that must all be there.
struct Gs1Company {
    std::array<Gs1AiRange, 3> ais;
    std::uint8_t count = 0;
};

/// One AI, or a run of AIs that differ in the number only.
struct Gs1AiRow {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
    std::uint8_t components = 0;  ///< how many of them
    std::uint8_t least = 0;       ///< of the whole value
    std::uint8_t most = 0;        ///< of the whole value
    std::uint8_t predefined =
        0;  ///< length of the value where the begin of the AI fixes it (General Specifications 7.8.5), else 0
    std::uint8_t needs_count = 0;  ///< 0: needs no company
    std::uint8_t excludes_count = 0;
    std::uint8_t greatest_last_digit = 9;
    bool excludes_family = false;  ///< AIs that differ from it in the last digit only exclude each other
    bool link_attribute = false;   ///< may stand in the query of a Digital Link
    std::array<Gs1Component, kMostComponents> component;
    std::array<Gs1Company, 12> needs;    ///< one of these must be there
    std::array<Gs1AiRange, 6> excludes;  ///< none of these may be there but the AI itself
    /// Bits of 00 to 03 where one of them is company enough; no other AI has these bits.
    std::uint64_t enough_leads = 0;
    /// gs1_lead_bit() of all in `excludes`: where none of these bits is there, nobody need look.
    std::uint64_t excluded_leads = 0;
};

/// Which key qualifiers may follow a primary key of a Digital Link, in this order (GS1 Digital Link URI syntax 4.6 and 4.7).
struct Gs1LinkPath {
    std::uint16_t key = 0;
    std::array<std::uint16_t, 3> qualifiers{};
    std::uint8_t count = 0;

    constexpr bool has(unsigned number) const {
        for (std::size_t i = 0; i < count; ++i) {
            if (qualifiers[i] == number) return true;
        }
        return false;
    }
};
std::span<const Gs1LinkPath> gs1_link_paths();

/// True if that AI is a primary key of Digital Links.
bool gs1_is_link_key(unsigned number);

/// A bit for the first two digits of an AI; some share one.
constexpr std::uint64_t gs1_lead_bit(unsigned number) {
    const unsigned lead = number < 100 ? number : number < 1000 ? number / 10 : number / 100;
    return std::uint64_t{1} << (lead % 64);
}

/// How many digits an AI has that begins with these two digits (Tag Data Standard, table K); 0 when no AI begins so.
std::size_t gs1_ai_length(char first, char second);

/// An AI that exists: its number and its row. `row` is nullptr if there is none.
struct Gs1Ai {
    std::uint16_t number = 0;
    std::uint16_t length = 0;  ///< digits of the AI
    const Gs1AiRow* row = nullptr;
};

/// The AI at the begin of `content`, whatever follows.
Gs1Ai gs1_ai_at(std::string_view content);

/// The row of exactly that AI, nullptr if there is no such AI.
const Gs1AiRow* gs1_find_ai(std::string_view ai);

/// The same by number.
const Gs1AiRow* gs1_find_ai(unsigned number);

}  // namespace dosario
