// SPDX-License-Identifier: Apache-2.0
// The EPC schemes as data: which header, which segments one after the other, which AI each of them is of (Tag Data Standard 14.2, 14.6). The
// reader, the writer and the URIs walk these rows; no scheme has code of its own.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace dosario {

/// A key and its company prefix: how digits of an AI's value are those of a URI and of a partition (Tag Data Standard 6.3, 7).
struct EpcKey {
    std::string_view name;  ///< of pure identity URIs: `sgtin`
    std::string_view ai;
    bool lead = false;        ///< the first digit of the rest (indicator, extension) stands in front of the prefix
    std::string_view before;  ///< stands in front of the AI's value and in no EPC: the 0 of (8003)
    /// Of prefix and rest together; their check digit follows in the AI's value. 0: the rest is text, without check digit.
    std::uint8_t digits = 0;
    bool of_class = false;    ///< `urn:epc:class:`
    std::uint8_t pairs = 0;   ///< numbers of two digits that follow in the value and in URIs: piece, total
    std::string_view serial;  ///< AI of the last component of a URI; empty: none
    std::uint8_t longest_serial = 0;
};

enum class EpcStep : std::uint8_t {
    end,
    prefix,       ///< partition, company prefix, rest in digits (14.3.3)
    open_prefix,  ///< the same, the rest without zeros in front (14.3.4)
    text_prefix,  ///< the same, the rest as text (14.3.5)
    integer,      ///< without zeros in front (14.3.1)
    text,         ///< characters of 7 bits, filled with zeros (14.3.2)
    pair,         ///< two digits (14.3.10)
    zeros,
    date,   ///< of a DSGTIN+ (14.5.3)
    value,  ///< as a value of its AI is written behind an EPC (14.5)
};

struct EpcSegment {
    EpcStep step = EpcStep::end;
    std::uint8_t bits = 0;
    std::string_view ai;        ///< empty: goes on with the value of the segment before
    bool zero_is_none = false;  ///< a value 0 says that there is none (7.5)
    std::uint8_t least = 0;     ///< characters that a value has at least, where its AI may have fewer
};

inline constexpr std::size_t kMostEpcSegments = 4;

/// A binary coding scheme. Header (8 bits), in a `+` scheme the toggle for more data (1), filter (3), then the segments.
struct EpcScheme {
    std::uint8_t header = 0;
    std::string_view name;   ///< `SGTIN-96`, `DSGTIN+`; in tag URIs in lower case
    std::uint16_t bits = 0;  ///< 0: variable, a `+` scheme
    std::array<EpcSegment, kMostEpcSegments> segments;
    const EpcKey* key = nullptr;  ///< of the first segment, where it has a company prefix

    bool plus() const { return bits == 0; }
};

std::span<const EpcScheme> epc_schemes();
/// nullptr where there is none that is read.
const EpcScheme* epc_scheme(std::uint8_t header);
/// By name, in either case.
const EpcScheme* epc_scheme(std::string_view name);
/// Name of the scheme that the standard gives this header (table 14-1), whether it is read or not; empty where there is none.
std::string_view epc_header_name(std::uint8_t header);

std::span<const EpcKey> epc_keys();
/// By the name of a pure identity or class URI.
const EpcKey* epc_key(std::string_view name);

/// The six digits of company prefixes at least, and twelve at most.
inline constexpr unsigned kShortestPrefix = 6;
inline constexpr unsigned kLongestPrefix = 12;
/// Bits of a prefix of 12, 11, ... 6 digits, by partition value.
inline constexpr std::array<std::uint8_t, 7> kPrefixBits = {40, 37, 34, 30, 27, 24, 20};

/// AIs of the date of a DSGTIN+ by their date type (14.5.3).
inline constexpr std::array<std::string_view, 7> kEpcDateAis = {"11", "13", "15", "16", "17", "7006", "7007"};

inline constexpr auto kPowersOfTen = [] {
    std::array<std::uint64_t, 20> powers{1};
    for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
    return powers;
}();

/// The most characters of a GIAI-202 behind a prefix of so many digits: an AI 8004 has 30 at most.
constexpr unsigned longest_asset(unsigned prefix_digits) { return 30 - prefix_digits; }

}  // namespace dosario
