// SPDX-License-Identifier: Apache-2.0
// The catalogue's rows. Keys are answer codes (`what`), or `what/reason` for a finer sentence; questions begin with `?`.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace dosario {

enum class Language : std::uint8_t;

struct CatalogueRow {
    std::string_view key;
    std::string_view es;
    std::string_view en;
    std::string_view pt;
};

std::string_view in_language(const CatalogueRow& row, Language language);

/// The pattern with each `{name}` replaced by its text. Nothing but names stands in the braces of the catalogue.
template <class TextOf>
std::string put_in(std::string_view pattern, const TextOf& text_of) {
    std::string filled;
    filled.reserve(pattern.size() + 64);
    for (;;) {
        const auto open = pattern.find('{');
        filled += pattern.substr(0, open);
        if (open == std::string_view::npos) return filled;
        const auto close = std::min(pattern.find('}', open), pattern.size() - 1);
        filled += text_of(pattern.substr(open + 1, close - open - 1));
        pattern.remove_prefix(close + 1);
    }
}

/// All rows, and its two parts: what the counter is told, and what stands within and below that.
std::span<const CatalogueRow> catalogue();
std::span<const CatalogueRow> answer_rows();
std::span<const CatalogueRow> word_rows();

/// The text of that row of catalogue(), empty where there is none.
std::string_view catalogue_text(std::string_view key, Language language);

/// What GS1 Application Identifiers are called. Keys are an AI (`17`) or a run of them (`3100-3105`), and `word/...` for the words
/// in which values are explained. The unit of a measure is what its title ends with, in brackets.
std::span<const CatalogueRow> ai_catalogue();

}  // namespace dosario
