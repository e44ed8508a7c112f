// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <string_view>

namespace dosario::test {

/// The bytes that the test wrote in hexadecimal.
inline Bytes hex(std::string_view digits) { return from_hex(digits).value(); }

}  // namespace dosario::test
