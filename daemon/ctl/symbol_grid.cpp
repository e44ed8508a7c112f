// SPDX-License-Identifier: Apache-2.0
#include "ctl/symbol_grid.hpp"

#include <zint.h>

#include <memory>
#include <string>

namespace dosario {
namespace {

struct SymbolDelete {
    void operator()(zint_symbol* symbol) const { ZBarcode_Delete(symbol); }
};

constexpr char kGs = '\x1D';

/// As libzint wants GS1 messages: `[01]…[10]…`, and puts the separators itself. The parts begin with AIs of two digits; the first has 01
/// (16 characters with its value) and 10.
std::string bracketed(std::span<const std::string_view> parts) {
    constexpr std::size_t kItem = 2 + 14;
    const std::string_view first = parts.front();
    std::string text = "[" + std::string{first.substr(0, 2)} + "]" + std::string{first.substr(2, kItem - 2)};
    text += "[" + std::string{first.substr(kItem, 2)} + "]" + std::string{first.substr(kItem + 2)};
    for (const std::string_view part : parts.subspan(1))
        text += "[" + std::string{part.substr(0, 2)} + "]" + std::string{part.substr(2)};
    return text;
}

}  // namespace

Result<SymbolGrid> draw_symbol(TestCode code) {
    const std::unique_ptr<zint_symbol, SymbolDelete> symbol{ZBarcode_Create()};
    if (symbol == nullptr) return fail(Failure::full, "there is no memory for a symbol");
    std::string content{test_code_content(code)};
    switch (code) {
        case TestCode::gs:
            symbol->symbology = BARCODE_DATAMATRIX;
            symbol->input_mode = GS1_MODE;
            symbol->option_3 = DM_SQUARE;
            content = bracketed(gs_parts());
            break;
        case TestCode::text: symbol->symbology = BARCODE_CODE128; break;
        case TestCode::ean: symbol->symbology = BARCODE_EANX; break;
        case TestCode::adoption:
            symbol->symbology = BARCODE_DATAMATRIX;
            symbol->option_3 = DM_SQUARE;
            break;
    }
    if (content.find(kGs) != std::string::npos) return fail(Failure::invalid, "a separator outside of a GS1 message");
    const int wrong =
        ZBarcode_Encode(symbol.get(), reinterpret_cast<const unsigned char*>(content.data()), static_cast<int>(content.size()));
    if (wrong >= ZINT_ERROR) return fail(Failure::invalid, std::string{"libzint: "} + symbol->errtxt);
    SymbolGrid grid;
    grid.rows = static_cast<std::size_t>(symbol->rows);
    grid.columns = static_cast<std::size_t>(symbol->width);
    grid.dark.reserve(grid.rows * grid.columns);
    for (std::size_t row = 0; row < grid.rows; ++row) {
        for (std::size_t column = 0; column < grid.columns; ++column)
            grid.dark.push_back((symbol->encoded_data[row][column / 8] >> (column % 8) & 1) != 0);
    }
    return grid;
}

}  // namespace dosario
