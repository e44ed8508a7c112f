// SPDX-License-Identifier: Apache-2.0
// The words of the counter, in Spanish, English and Portuguese from one catalogue (messages.cpp). Nothing scanned is ever repeated
// in a message but GTIN, lot, serial number, dates and our own ids: what was not understood may be somebody's document.
#pragma once

#include "workflow/review.hpp"

#include <string>
#include <vector>

namespace dosario {

enum class Language : std::uint8_t { es, en, pt };

struct Words {
    std::string message;             ///< one sentence: what happened and what to do
    std::vector<std::string> lines;  ///< particulars, a line each
    std::string question;            ///< empty when nothing is asked
};

Words words_for(const Review& review, Language language);

}  // namespace dosario
