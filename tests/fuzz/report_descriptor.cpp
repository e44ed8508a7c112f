// SPDX-License-Identifier: Apache-2.0
// Any bytes as a report descriptor: read or refused, and what the decoders take from it lies inside its report.
#include "base/check.hpp"
#include "hid_scanner/hid_pos.hpp"
#include "hid_scanner/keyboard.hpp"

using namespace dosario;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const ByteView given = std::as_bytes(std::span{bytes, size});
    report_descriptor_length(given);
    const ReportDescriptor read = read_report_descriptor(given);
    DOSARIO_CHECK(read.longest_report() <= kLongestReport);
    const auto descriptor = parse_report_descriptor(given);
    DOSARIO_CHECK(descriptor.has_error() == (read.broken_rule != nullptr));
    if (descriptor.has_error()) return 0;
    if (const auto layout = hid_pos_layout(*descriptor)) {
        DOSARIO_CHECK(layout->code_at + layout->code_bytes <= layout->size);
        DOSARIO_CHECK(layout->length_at < layout->size);
        DOSARIO_CHECK(layout->continued_mask == 0 || layout->continued_at < layout->size);
        if (layout->aim_at) DOSARIO_CHECK((*layout->aim_at)[2] < layout->size);
    }
    if (const auto report = keyboard_report(*descriptor)) {
        DOSARIO_CHECK(report->modifiers_at < report->size);
        DOSARIO_CHECK(report->keys_at + report->key_slots <= report->size);
    }
    return 0;
}
