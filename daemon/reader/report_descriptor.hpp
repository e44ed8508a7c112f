// SPDX-License-Identifier: Apache-2.0
// HID report descriptors (HID 1.11, section 6.2.2): which applications an interface serves, how long its reports are, and where their
// fields lie. The bytes come from the device and are not trusted. Output and feature reports are passed over; what usages mean is left
// to the drivers.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace dosario {

/// The longest descriptor Linux hands out (HID_MAX_DESCRIPTOR_SIZE). It bounds what is kept of one, too.
inline constexpr std::size_t kLargestReportDescriptor = 4096;
/// No report is longer, in bytes; scanners send 8 to 64.
inline constexpr std::size_t kLongestReport = 4096;

/// A usage with its page (HID Usage Tables), for example 0x8C/0x02: bar code scanner.
struct HidUsage {
    std::uint16_t page = 0;
    std::uint16_t usage = 0;
    friend bool operator==(const HidUsage&, const HidUsage&) = default;
};

/// HID Point of Sale Usage Tables 1.02, 1: Bar Code Scanner page.
inline constexpr std::uint16_t kBarcodeScannerPage = 0x8C;

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
    const char* broken_rule = nullptr;  ///< the first rule that the descriptor breaks, none if it is sound

    bool serves(HidUsage application) const;
    /// A pointer or a mouse (HID Usage Tables, page 0x01 usages 0x01 and 0x02) at the top.
    bool is_mouse() const;
    bool serves_page(std::uint16_t page) const;
    /// The first variable field with that usage, the run of elements that have it.
    std::optional<HidPlace> find_variable(HidUsage usage) const;
    /// The first array field that can hold that usage.
    std::optional<HidPlace> find_array(HidUsage usage) const;
    /// Bytes of an input report, its id included; nothing when the descriptor declares none with that id.
    std::optional<std::size_t> report_bytes(std::uint8_t id) const;
    /// Bytes of the longest input report, its id included; at most kLongestReport, 0 when there is none.
    std::size_t longest_report() const;
};

/// Total: an item that breaks a rule is passed over, and after a cut one nothing is read. For what must be known of any device, such
/// as whether it is somebody's mouse.
ReportDescriptor read_report_descriptor(ByteView descriptor);

/// The same for those who take fields from it. Errors (invalid): a rule is broken (a cut item, a report longer than kLongestReport, an
/// end without begin, a pop without push, a report id that is 0 or late, a range that runs backwards).
Result<ReportDescriptor> parse_report_descriptor(ByteView descriptor);

/// wDescriptorLength of the report descriptor in a HID descriptor (HID 1.11, 6.2.1); `extra` are the bytes that follow an interface
/// or endpoint descriptor. Nothing if there is none, or it is empty or longer than kLargestReportDescriptor.
std::optional<std::uint16_t> report_descriptor_length(ByteView extra);

}  // namespace dosario
