// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdlib>

namespace dosario::test {

/// What whoever runs a long test by hand asks for in its environment: the number in `variable`, or `otherwise`.
inline std::uint64_t asked(const char* variable, std::uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace dosario::test
