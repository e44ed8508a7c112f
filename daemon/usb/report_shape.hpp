// SPDX-License-Identifier: Apache-2.0
// The two facts the shell needs from a HID report descriptor (HID 1.11, 6.2.2): what the device is, and how long a report may be.
// Fields and their meaning are the drivers' affair.
#pragma once

#include "base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace dosario {

/// Longer report descriptors are not read, and no report is longer than this.
inline constexpr std::size_t kLongestReport = 4096;

struct ReportShape {
    std::vector<std::uint32_t> top_usages;  ///< usage page << 16 | usage of each top-level collection
    std::size_t longest_input = 0;          ///< bytes, the report id included; at most kLongestReport
};

/// Total: a damaged descriptor gives what was understood before the damage.
ReportShape report_shape(ByteView report_descriptor);

/// Generic Desktop pointer or mouse (HID Usage Tables, page 0x01 usages 0x01 and 0x02) at the top.
bool is_mouse(const ReportShape& shape);

/// wDescriptorLength of the report descriptor in a HID descriptor (HID 1.11, 6.2.1); `extra` are the bytes that follow an interface
/// or endpoint descriptor. Nothing if there is none, or it is empty or longer than kLongestReport.
std::optional<std::uint16_t> report_descriptor_length(ByteView extra);

}  // namespace dosario
