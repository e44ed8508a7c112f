// SPDX-License-Identifier: Apache-2.0
// What tests that read codes share: the day it is, and where a code is put together that was not read as it stands.
#pragma once

#include "identity/identity.hpp"

namespace dosario::test {

inline const Date kToday = *parse_date("2026-11-21");
inline CodeBuffer buffer;

inline Identity identify(std::string_view aim, std::string_view content) {
    return dosario::identify(aim, content, kToday, buffer);
}

}  // namespace dosario::test
