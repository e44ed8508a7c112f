// SPDX-License-Identifier: Apache-2.0
// HID report descriptors (HID 1.11, section 6.2.2): which applications an interface serves, and where its input fields lie.
// The bytes come from the device and are not trusted. Output and feature reports are passed over.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace dosario {

/// The longest descriptor Linux hands out (HID_MAX_DESCRIPTOR_SIZE).
inline constexpr std::size_t kLargestReportDescriptor = 4096;
/// A report longer than this is refused: scanners send 8 to 64 bytes.
inline constexpr std::uint32_t kLargestReportBits = 8 * 1024;

/// A usage with its page (HID Usage Tables), for example 0x8C/0x02: bar code scanner.
struct HidUsage {
    std::uint16_t page = 0;
    std::uint16_t usage = 0;
    friend bool operator==(const HidUsage&, const HidUsage&) = default;
};

/// One or more usages that follow each other on one page.
struct HidUsageRange {
    std::uint16_t page = 0;
    std::uint16_t first = 0;
    std::uint16_t last = 0;
    bool holds(HidUsage one) const { return page == one.page && first <= one.usage && one.usage <= last; }
};

/// One Input item. Offsets count from the first bit of the report as it is received, a report id included.
struct HidField {
    std::uint8_t report_id = 0;  ///< 0 = the interface has no report ids
    std::uint32_t bit_offset = 0;
    std::uint32_t bit_size = 0;  ///< of one element
    std::uint32_t count = 0;     ///< elements
    bool variable = false;       ///< element n is usage n; otherwise each element holds the number of a usage
    bool constant = false;       ///< padding
    std::vector<HidUsageRange> usages;
};

/// Where one usage lies: `count` elements of `bit_size` bits from `bit_offset` on.
struct HidPlace {
    std::uint8_t report_id = 0;
    std::uint32_t bit_offset = 0;
    std::uint32_t bit_size = 0;
    std::uint32_t count = 0;
    bool is_bytes() const { return bit_size == 8 && bit_offset % 8 == 0; }
    std::size_t byte_offset() const { return bit_offset / 8; }
};

struct ReportDescriptor {
    /// The length of one input report.
    struct InputReport {
        std::uint8_t id = 0;
        std::uint32_t bits = 0;  ///< the report id byte included
    };

    std::vector<HidUsage> applications;  ///< of the top-level application collections, in order
    std::vector<HidField> inputs;
    std::vector<InputReport> reports;
    bool has_report_ids = false;

    bool serves(HidUsage application) const;
    bool serves_page(std::uint16_t page) const;
    /// The first variable field with that usage, the run of elements that have it.
    std::optional<HidPlace> find_variable(HidUsage usage) const;
    /// The first array field that can hold that usage.
    std::optional<HidPlace> find_array(HidUsage usage) const;
    /// Bytes of an input report, its id included; nothing when the descriptor declares none with that id.
    std::optional<std::size_t> report_bytes(std::uint8_t id) const;
};

/// Errors (invalid): cut item, more of anything than the bounds above and in the source, end without begin, report id 0.
Result<ReportDescriptor> parse_report_descriptor(ByteView descriptor);

}  // namespace dosario
