// SPDX-License-Identifier: Apache-2.0
// Test codes as grids of modules, by libzint. Only this knows it.
#pragma once

#include "base/result.hpp"
#include "doctor/test_codes.hpp"

#include <vector>

namespace dosario {

/// `rows` of `columns` modules, dark or light, without quiet zones. A linear symbol has one row.
struct SymbolGrid {
    std::size_t rows = 0;
    std::size_t columns = 0;
    std::vector<bool> dark;  ///< row by row
    bool at(std::size_t row, std::size_t column) const { return dark[row * columns + column]; }
};

/// invalid: libzint refuses it, in its words.
Result<SymbolGrid> draw_symbol(TestCode code);

}  // namespace dosario
