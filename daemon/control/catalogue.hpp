// SPDX-License-Identifier: Apache-2.0
// The catalogue's rows. Keys are answer codes (`what`), or `what/reason` for a finer sentence; questions begin with `?`.
#pragma once

#include <span>
#include <string_view>

namespace dosario {

struct CatalogueRow {
    std::string_view key;
    std::string_view es;
    std::string_view en;
    std::string_view pt;
};

std::span<const CatalogueRow> catalogue();

}  // namespace dosario
