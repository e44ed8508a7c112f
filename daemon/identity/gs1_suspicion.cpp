// SPDX-License-Identifier: Apache-2.0
#include "identity/gs1_suspicion.hpp"

#include "identity/ascii.hpp"

namespace dosario {
namespace {

/// `17` and a date inside `value`, not at its begin, and then the end or another AI of a pack.
bool holds_expiry(std::string_view value, Date reference) {
    for (std::size_t at = value.find("17", 1); at != std::string_view::npos; at = value.find("17", at + 1)) {
        if (!gs1_date(value.substr(at + 2, 6), reference)) continue;
        const std::string_view rest = value.substr(at + 8);
        if (rest.empty() || (rest.size() > 2 && (rest.starts_with("10") || rest.starts_with("21")))) return true;
    }
    return false;
}

/// True if `value` holds that AI, not at its begin, with at least `least` characters after it (the first a letter if `letter`).
bool holds_ai(std::string_view value, std::string_view ai, std::size_t least, bool letter) {
    for (std::size_t at = value.find(ai, 1); at != std::string_view::npos; at = value.find(ai, at + 1)) {
        const std::string_view rest = value.substr(at + ai.size());
        if (rest.size() >= least && (!letter || !is_digit(rest[0]))) return true;
    }
    return false;
}

}  // namespace

bool gs1_looks_swallowed(const Gs1Message& before, const Gs1AiRow& row, unsigned number, std::string_view value, Date reference) {
    if (row.predefined != 0 || value.size() < 4) return false;
    const bool expires = before.find(17).has_value();
    if (!expires && holds_expiry(value, reference)) return true;
    if (number == 10 && !before.find(21)) return holds_ai(value, "21", 6, false) || holds_ai(value, "21", 3, true);
    return number == 21 && !before.find(10) && holds_ai(value, "10", 2, !expires);
}

}  // namespace dosario
