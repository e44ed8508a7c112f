// SPDX-License-Identifier: Apache-2.0
#include "identity/gs1_company.hpp"

#include "identity/gs1_ai_table.hpp"

#include <algorithm>

namespace dosario {
namespace {

struct Company {
    std::span<const Gs1Element> elements;
    bool item_elsewhere;

    bool has(Gs1AiRange range, unsigned but_not) const {
        for (const Gs1Element& element : elements) {
            if (range.holds(element.number) && element.number != but_not) return true;
        }
        return item_elsewhere && range.holds(1) && but_not != 1;
    }
    bool has_all(const Gs1Company& wanted, unsigned but_not) const {
        for (std::size_t i = 0; i < wanted.count; ++i) {
            if (!has(wanted.ais[i], but_not)) return false;
        }
        return true;
    }
    bool meets_excluded(const Gs1AiRow& row, unsigned number) const {
        if (row.excludes_family) {
            const auto first = static_cast<std::uint16_t>(number / 10 * 10);
            return has({first, static_cast<std::uint16_t>(first + 9)}, number);
        }
        for (std::size_t i = 0; i < row.excludes_count; ++i) {
            if (has(row.excludes[i], number)) return true;
        }
        return false;
    }
    bool lacks(const Gs1AiRow& row, unsigned number) const {
        for (std::size_t i = 0; i < row.needs_count; ++i) {
            if (has_all(row.needs[i], number)) return false;
        }
        return row.needs_count != 0;
    }
};

/// A digital signature (8030) signs one thing: a key that may carry a serial number must (253, 255, 8003).
bool lacks_serial(const Gs1Element& element) {
    const bool may_carry = element.number == 253 || element.number == 255 || element.number == 8003;
    return may_carry && element.value.size() == element.row->least;
}

/// An AI that came before with another value.
const Gs1Element* conflict(std::span<const Gs1Element> elements) {
    for (std::size_t i = 1; i < elements.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (elements[j].number == elements[i].number && elements[j].value != elements[i].value) return &elements[i];
        }
    }
    return nullptr;
}

}  // namespace

void gs1_check_company(Gs1Message& message, std::string_view content, Gs1Profile profile, bool item_elsewhere) {
    const std::span<const Gs1Element> elements = message.elements();
    const Company company{elements, item_elsewhere};
    const auto refuse = [&](CodeError error, const Gs1Element& element) {
        message.fault = {error, static_cast<std::uint16_t>(element.ai.data() - content.data()), element.ai};
    };
    std::uint64_t leads = item_elsewhere ? gs1_lead_bit(1) : 0;
    bool twice = false;
    for (const Gs1Element& element : elements) {
        const std::uint64_t bit = gs1_lead_bit(element.number);
        twice = twice || (leads & bit) != 0;
        leads |= bit;
    }
    for (const Gs1Element& element : elements) {
        const bool may_meet = (element.row->excluded_leads & leads) != 0;
        if (may_meet && company.meets_excluded(*element.row, element.number)) return refuse(CodeError::ai_pair_invalid, element);
    }
    if (profile == Gs1Profile::strict) {
        for (const Gs1Element& element : elements) {
            const bool has_enough = (element.row->enough_leads & leads) != 0;
            if (!has_enough && company.lacks(*element.row, element.number))
                return refuse(CodeError::ai_requisite_missing, element);
        }
    }
    if (const Gs1Element* const other = twice ? conflict(elements) : nullptr)
        return refuse(CodeError::ai_duplicate_conflict, *other);
    if ((leads & gs1_lead_bit(8030)) == 0 || !company.has({8030, 8030}, 0)) return;
    for (const Gs1Element& element : elements) {
        if (lacks_serial(element)) return refuse(CodeError::ai_requisite_missing, element);
    }
}

}  // namespace dosario
