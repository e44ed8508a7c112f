// SPDX-License-Identifier: Apache-2.0
// Is this value what its AI asks for? Lengths, characters and rules of one value; company of other AIs is gs1.cpp's. Internal to
// the layer.
#pragma once

#include "identity/gs1.hpp"
#include "identity/gs1_ai_table.hpp"

namespace dosario {

/// The first broken rule and where in the value; error none when the value holds.
struct Gs1ValueFault {
    CodeError error = CodeError::none;
    std::size_t at = 0;
};

Gs1ValueFault gs1_check_value(const Gs1AiRow& row, std::string_view value, Date reference);

}  // namespace dosario
