// SPDX-License-Identifier: Apache-2.0
#include "identity/readings.hpp"

#include "identity/gs1_ai_table.hpp"
#include "identity/gs1_company.hpp"
#include "identity/gs1_value.hpp"
#include "identity/identity.hpp"

#include <algorithm>

namespace dosario {
namespace {

/// All values of a split and their AIs together are not longer than this.
constexpr std::size_t kLongestSplit = 2 + 14 + 4 * (2 + 6) + 2 * (2 + 20) + 3 + 30 + 3 + 20;
/// Places that are tried before it is said that there are too many. A pack's code takes some hundreds.
constexpr std::size_t kMostSteps = 20'000;

/// A count of pieces (30) is left out: no pack of medicine has one, and lots full of 30 do.
constexpr bool may_be_on_a_pack(unsigned number) {
    constexpr std::uint16_t kPackAis[] = {1, 10, 11, 13, 15, 17, 21, 240};
    return std::ranges::find(kPackAis, number) != std::end(kPackAis) || (number >= 710 && number <= 717);
}

struct Search {
    std::string_view content;
    Date reference;
    Gs1Message path;
    CodeReadings found;
    std::size_t steps = 0;

    bool used(unsigned number) const {
        const bool national = number >= 710;
        return std::ranges::any_of(path.elements(), [&](const Gs1Element& element) {
            return element.number == number || (national && element.number >= 710);
        });
    }

    void end_reached() {
        const auto item = path.find(1);
        if (!item || is_restricted(*parse_gtin(*item))) return;
        gs1_check_company(path, content, Gs1Profile::strict, false);
        if (path.ok()) found.add(CodeReading{path.elements()});
        path.fault = {};
    }

    void look(std::size_t at) {
        if (at == content.size()) return end_reached();
        const Gs1Ai ai = gs1_ai_at(content.substr(at));
        if (ai.row == nullptr || !may_be_on_a_pack(ai.number) || used(ai.number)) return;
        const std::size_t begin = at + ai.length;
        const std::size_t most = std::min<std::size_t>(ai.row->most, content.size() - begin);
        for (std::size_t size = ai.row->least; size <= most && !found.too_many; ++size) {
            if (++steps > kMostSteps) found.too_many = true;
            const std::string_view value = content.substr(begin, size);
            if (gs1_check_value(*ai.row, value, reference).error != CodeError::none) continue;
            path.add({content.substr(at, ai.length), value, ai.number, static_cast<std::uint16_t>(begin), ai.row});
            look(begin + size);
            path.drop_last();
        }
    }
};

}  // namespace

CodeReading::CodeReading(std::span<const Gs1Element> elements) : count_(std::min(elements.size(), kMostSplitElements)) {
    std::ranges::copy(elements.first(count_), elements_.begin());
}

std::string_view CodeReading::value(unsigned number) const {
    const auto found = std::ranges::find(elements(), number, &Gs1Element::number);
    return found == elements().end() ? std::string_view{} : found->value;
}

std::optional<Date> CodeReading::expires_on(Date reference) const { return gs1_date(value(17), reference); }

bool CodeReading::same_pack(const CodeReading& other) const {
    constexpr unsigned kKept[] = {1, 10, 17, 21};
    return std::ranges::all_of(kKept, [&](unsigned ai) { return value(ai) == other.value(ai); });
}

bool CodeReadings::add(const CodeReading& reading) {
    if (std::ranges::any_of(all(), [&](const CodeReading& one) { return one.same_pack(reading); })) return true;
    if (count_ == kMostReadings) {
        too_many = true;
        return false;
    }
    readings_[count_++] = reading;
    return true;
}

CodeReadings free_readings(std::string_view content, Date reference) {
    Search search{content, reference, {}, {}};
    if (content.size() <= kLongestSplit && content.find(kGroupSeparator) == std::string_view::npos) search.look(0);
    return search.found;
}

}  // namespace dosario
