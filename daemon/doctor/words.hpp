// SPDX-License-Identifier: Apache-2.0
// What doctor says, in the station's language, from one catalogue. Keys: `CHECK` is its title, `CHECK/CODE` what was found, `CHECK/CODE!`
// what to do; `blind/CODE` for what cannot be told of any check.
#pragma once

#include "control/catalogue.hpp"
#include "control/messages.hpp"
#include "doctor/checks.hpp"

#include <string>

namespace dosario {

/// Of the computer and the daemon; of disk, ledger and what is far; of scanners and their test codes.
std::span<const CatalogueRow> doctor_catalogue();
std::span<const CatalogueRow> doctor_catalogue_ledger();
std::span<const CatalogueRow> scanner_catalogue();

/// One row's text with its braces filled; empty when there is no such row.
std::string doctor_text(std::string_view key, Language language,
                        std::span<const std::pair<std::string_view, std::string>> words = {});

struct DoctorWords {
    std::string title;
    std::string found;
    std::string fix;  ///< empty: nothing is to be done
};

DoctorWords words_of(const Check& check, const Finding& finding, Language language);

}  // namespace dosario
