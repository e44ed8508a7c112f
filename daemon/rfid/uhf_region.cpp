// SPDX-License-Identifier: Apache-2.0
#include "rfid/uhf_region.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr FrequencySpan kWhole[] = {{902'000, 928'000}};
constexpr FrequencySpan kBrazil[] = {{902'000, 907'500}, {915'000, 928'000}};
constexpr FrequencySpan kUpper[] = {{915'000, 928'000}};

/// 1 W conducted. In Chile 500 mW are radiated at most, so less is conducted: the gain of the antenna comes off (docs: uhf-readers.md).
constexpr int kOneWatt = 3000;
constexpr int kHalfAWatt = 2700;

constexpr UhfRegion kRegions[] = {
    {"AR", kWhole, kOneWatt}, {"BR", kBrazil, kOneWatt}, {"CL", kUpper, kHalfAWatt}, {"CO", kUpper, kOneWatt},
    {"CR", kWhole, kOneWatt}, {"DO", kWhole, kOneWatt},  {"MX", kWhole, kOneWatt},   {"PA", kWhole, kOneWatt},
    {"PE", kUpper, kOneWatt}, {"UY", kWhole, kOneWatt},
};

}  // namespace

bool UhfRegion::allows(int centre_khz, int half_width_khz) const {
    return std::any_of(spans.begin(), spans.end(), [&](const FrequencySpan& one) {
        return centre_khz - half_width_khz >= one.low_khz && centre_khz + half_width_khz <= one.high_khz;
    });
}

const UhfRegion* find_uhf_region(std::string_view country) {
    const auto found = std::find_if(std::begin(kRegions), std::end(kRegions),
                                    [country](const UhfRegion& one) { return one.country == country; });
    return found == std::end(kRegions) ? nullptr : found;
}

std::span<const UhfRegion> uhf_regions() { return kRegions; }

}  // namespace dosario
