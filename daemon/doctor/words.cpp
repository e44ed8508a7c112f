// SPDX-License-Identifier: Apache-2.0
#include "doctor/words.hpp"

#include <unordered_map>

namespace dosario {
namespace {

const CatalogueRow* row_of(std::string_view key) {
    static const auto rows = [] {
        std::unordered_map<std::string_view, const CatalogueRow*> by_key;
        for (const auto& part : {doctor_catalogue(), doctor_catalogue_ledger(), scanner_catalogue()}) {
            for (const CatalogueRow& row : part) by_key.emplace(row.key, &row);
        }
        return by_key;
    }();
    const auto found = rows.find(key);
    return found == rows.end() ? nullptr : found->second;
}

}  // namespace

std::string doctor_text(std::string_view key, Language language,
                        std::span<const std::pair<std::string_view, std::string>> words) {
    const CatalogueRow* const row = row_of(key);
    if (row == nullptr) return {};
    return put_in(in_language(*row, language), [&](std::string_view name) {
        const auto* const word = std::ranges::find(words, name, &std::pair<std::string_view, std::string>::first).base();
        return word == words.data() + words.size() ? "{" + std::string{name} + "}" : word->second;
    });
}

DoctorWords words_of(const Check& check, const Finding& finding, Language language) {
    const std::string own = std::string{check.id} + "/" + std::string{finding.code};
    const std::string key = row_of(own) != nullptr ? own : "blind/" + std::string{finding.code};
    return {doctor_text(check.id, language), doctor_text(key, language, finding.words),
            doctor_text(key + "!", language, finding.words)};
}

}  // namespace dosario
