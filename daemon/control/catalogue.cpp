// SPDX-License-Identifier: Apache-2.0
#include "control/catalogue.hpp"

#include "control/messages.hpp"

#include <unordered_map>
#include <vector>

namespace dosario {

std::string_view in_language(const CatalogueRow& row, Language language) {
    switch (language) {
        case Language::es: return row.es;
        case Language::en: return row.en;
        case Language::pt: return row.pt;
    }
    return row.es;
}

std::span<const CatalogueRow> catalogue() {
    static const auto rows = [] {
        std::vector<CatalogueRow> all;
        for (const auto part : {answer_rows(), word_rows()}) all.insert(all.end(), part.begin(), part.end());
        return all;
    }();
    return rows;
}

std::string_view catalogue_text(std::string_view key, Language language) {
    static const auto rows = [] {
        std::unordered_map<std::string_view, const CatalogueRow*> by_key;
        for (const CatalogueRow& row : catalogue()) by_key.emplace(row.key, &row);
        return by_key;
    }();
    const auto found = rows.find(key);
    return found == rows.end() ? std::string_view{} : in_language(*found->second, language);
}

}  // namespace dosario
