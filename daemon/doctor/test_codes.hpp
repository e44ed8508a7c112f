// SPDX-License-Identifier: Apache-2.0
// The codes of the printed sheet, by which `dosario doctor scanner` learns how a scanner is set. None is of a product: two carry numbers for
// restricted circulation (GS1 General Specifications, 1.4 and 2.1.11), the others are commands of ours. Scanned in daily work they book nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace dosario {

enum class TestCode : std::uint8_t {
    gs,        ///< GS1 DataMatrix with two separators (FNC1) inside
    text,      ///< Code 128: both cases, digits, and the signs that keyboards of other countries have elsewhere
    ean,       ///< EAN-13
    adoption,  ///< Data Matrix: DOSARIO.PRUEBA, for `dosario readers adopt`
};

inline constexpr TestCode kAskedCodes[] = {TestCode::gs, TestCode::text, TestCode::ean};

/// `gs`, `text`, `ean`, `adoption`.
std::string_view test_code_name(TestCode code);
/// Nothing for another word.
std::optional<TestCode> parse_test_code(std::string_view name);

/// What a scanner sends for it that changes nothing, without symbology identifier; the separator is GS (0x1D).
std::string_view test_code_content(TestCode code);
/// The symbology identifier that belongs to it (ISO/IEC 15424).
std::string_view test_code_aim(TestCode code);

/// The parts of the code `gs` between its separators.
std::span<const std::string_view> gs_parts();

/// Which of them this is, however a keyboard's layout, Caps Lock or lost separators have changed it. Nothing for all else, which may be
/// somebody's document.
std::optional<TestCode> recognise_test_code(std::string_view content);

}  // namespace dosario
