// SPDX-License-Identifier: Apache-2.0
// Where UHF may be transmitted, by country. From the RAIN Alliance's overview of UHF regulations (2024); the law of the country decides.
#pragma once

#include <span>
#include <string_view>

namespace dosario {

struct FrequencySpan {
    int low_khz = 0;
    int high_khz = 0;
};

struct UhfRegion {
    std::string_view country;  ///< ISO 3166-1 alpha-2
    std::span<const FrequencySpan> spans;
    int most_cdbm = 0;  ///< what no reader may be set to, conducted, in hundredths of a dBm

    /// A channel lies wholly inside a span.
    bool allows(int centre_khz, int half_width_khz) const;
};

/// Null for a country whose band is not known here.
const UhfRegion* find_uhf_region(std::string_view country);

/// `AR BR CL ...`, for people.
std::span<const UhfRegion> uhf_regions();

}  // namespace dosario
