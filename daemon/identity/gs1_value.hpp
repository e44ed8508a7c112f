// SPDX-License-Identifier: Apache-2.0
// Is this value what its AI asks for? Lengths, characters and rules of one value; company of other AIs is gs1_company.cpp's. For
// this layer and epc.
#pragma once

#include "identity/gs1.hpp"
#include "identity/gs1_ai_table.hpp"

namespace dosario {

/// The first broken rule and where in the value; error none when the value holds.
struct Gs1ValueFault {
    CodeError error = CodeError::none;
    std::size_t at = 0;
};

/// The fault, unless that holds.
constexpr Gs1ValueFault unless(bool holds, CodeError error, std::size_t at = 0) {
    return holds ? Gs1ValueFault{} : Gs1ValueFault{error, at};
}

/// Component by component: its length, its characters, its rules; what is too long shows last.
Gs1ValueFault gs1_check_value(const Gs1AiRow& row, std::string_view value, Date reference);

/// The rules of AIs far from pharmacy: accounts, coupons, packages, check characters (gs1_far_rules.cpp).
Gs1ValueFault gs1_check_far_rule(Gs1Rule rule, std::string_view part, Date reference);

/// True for a day that exists; day 00 only where `month_alone` says that it may stand for the last of the month. Six digits.
bool gs1_is_day(std::string_view yymmdd, bool month_alone, Date reference);

}  // namespace dosario
