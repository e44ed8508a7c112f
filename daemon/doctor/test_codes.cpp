// SPDX-License-Identifier: Apache-2.0
#include "doctor/test_codes.hpp"

#include "identity/identity.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::string_view kGsNumber = "00299999999994";  // prefix 02: restricted circulation within a region
constexpr std::string_view kEan = "2900000000018";        // prefix 29: likewise; its first 12 digits are no GTIN-12
constexpr std::string_view kEanDigits = "90000000001";    // without the first and the check digit
constexpr std::string_view kGsParts[] = {"010029999999999410DOSARIO", "21PRUEBA", "91GS"};
constexpr std::string_view kGs =
    "010029999999999410DOSARIO\x1D"
    "21PRUEBA\x1D"
    "91GS";
// Signs that no layout of ours types by AltGr or by the key beside the left Shift, but `#`: that tells es from latam.
constexpr std::string_view kText = "DOSARIO.PRUEBA.aZ01-_/&()=?\":;+*'#";

std::string in_upper_case(std::string_view text) {
    std::string upper{text};
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return upper;
}

bool holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

std::string_view test_code_name(TestCode code) {
    switch (code) {
        case TestCode::gs: return "gs";
        case TestCode::text: return "text";
        case TestCode::ean: return "ean";
        case TestCode::adoption: return "adoption";
    }
    return "gs";
}

std::optional<TestCode> parse_test_code(std::string_view name) {
    for (const TestCode code : {TestCode::gs, TestCode::text, TestCode::ean, TestCode::adoption}) {
        if (test_code_name(code) == name) return code;
    }
    return std::nullopt;
}

std::string_view test_code_content(TestCode code) {
    switch (code) {
        case TestCode::gs: return kGs;
        case TestCode::text: return kText;
        case TestCode::ean: return kEan;
        case TestCode::adoption: return command_code(CommandWord::test);
    }
    return kGs;
}

std::string_view test_code_aim(TestCode code) {
    switch (code) {
        case TestCode::gs: return "]d2";
        case TestCode::text: return "]C0";
        case TestCode::ean: return "]E0";
        case TestCode::adoption: return "]d1";
    }
    return "]d2";
}

std::span<const std::string_view> gs_parts() { return kGsParts; }

std::optional<TestCode> recognise_test_code(std::string_view content) {
    const std::string upper = in_upper_case(content);
    const bool ours = holds(upper, "DOSARIO") && holds(upper, "PRUEBA");
    if (ours && holds(upper, kGsNumber)) return TestCode::gs;
    if (ours && holds(upper, "AZ01")) return TestCode::text;
    if (ours) return TestCode::adoption;
    if (holds(upper, kEanDigits)) return TestCode::ean;
    return std::nullopt;
}

}  // namespace dosario
