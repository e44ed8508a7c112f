// SPDX-License-Identifier: Apache-2.0
// Layouts: how a supplier arranges AIs in codes that are read without FNC1, as the configuration says it. A layout splits a code by
// counting; what it finds must be right by the strict rules all the same.
#pragma once

#include "base/result.hpp"
#include "identity/readings.hpp"

#include <vector>

namespace dosario {

/// One AI and how long its value is.
struct LayoutField {
    std::uint16_t ai = 0;
    std::uint8_t length = 0;  ///< of the value; 0: whatever is left (the last field only)
};

/// `AI` or `AI:length`, for example `21:7`. The length of an AI that has only one need not be said. An Error says what is wanted.
Result<LayoutField> parse_layout_field(std::string_view text);

struct CodeLayout {
    std::string supplier;                    ///< for people
    std::vector<std::string> gtin_prefixes;  ///< it holds for GTINs (14 digits) that begin with one of these
    std::vector<LayoutField> fields;         ///< in the order of the code
};

/// What is wrong with these fields as a whole, as a sentence: 01 is missing, an AI stands twice, an open field is not the last, there are
/// more than kMostSplitElements. Empty when nothing is.
std::string layout_fault(std::span<const LayoutField> fields);

/// How the codes of this site are read, from the configuration.
struct CodeHabits {
    std::vector<CodeLayout> layouts;
    char separator = '\0';  ///< what readers without identifier send for GS; none: only GS is one
};

/// True if values of GS1 cannot hold that printable character, nor do identifiers, brackets, or documents use it: $ [ \ ^ ` { | } ~
bool may_be_separator(char c);

/// All readings of `content` by the layouts of its product. None for a content with a GS in it.
CodeReadings readings_by_layout(std::string_view content, std::span<const CodeLayout> layouts, Date reference);

/// What a code that lost its separators may mean: by the layouts, and if none fits, freely.
CodeReadings code_readings(std::string_view content, std::span<const CodeLayout> layouts, Date reference);

}  // namespace dosario
