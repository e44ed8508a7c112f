// SPDX-License-Identifier: Apache-2.0
// Papers and places: the number of an Argentine delivery note, and the GLN of a place or company.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dosario {

/// Number of a remito (RG AFIP 1415/2003, annex V): letter, point of sale, number. Compared in that order.
struct Remito {
    char letter = 'R';                ///< R, or X where it is not valid as such
    std::uint32_t point_of_sale = 0;  ///< 0 to 99999
    std::uint32_t number = 0;         ///< 0 to 99999999

    /// `R0001-00001234`, five digits before the hyphen only where they are needed. parse_remito() takes it back.
    std::string text() const;
    /// `R000100001234`, as the SNT wants `n_remito`: letter, 4 digits, 8 digits. Nothing if the point of sale needs 5.
    std::optional<std::string> snt_text() const;
    friend auto operator<=>(const Remito&, const Remito&) = default;
};

/// `R 0001-00001234`, `0001-00001234`, `X00012-00001234`, `R000100001234`: letter R or X (R if there is none), 4 or 5 digits and 8
/// digits, with a blank or hyphen before them and a hyphen between. Nothing for anything else.
std::optional<Remito> parse_remito(std::string_view text);

/// Nothing if a part is out of its range.
std::optional<Remito> make_remito(char letter, std::uint32_t point_of_sale, std::uint32_t number);

/// CUIT of a company as 11 digits, written with or without hyphens (30-71234567-1); nothing for anything else, a person's too.
std::optional<std::string> parse_company_cuit(std::string_view text);

/// Global Location Number: a place or a company. Agents of the SNT are named by it.
struct Gln {
    std::uint64_t number = 0;
    std::string text() const;  ///< always 13 digits
    friend auto operator<=>(const Gln&, const Gln&) = default;
};

/// 13 digits with a right check digit; nothing otherwise.
std::optional<Gln> parse_gln(std::string_view digits);

}  // namespace dosario
