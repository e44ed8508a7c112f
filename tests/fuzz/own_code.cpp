// SPDX-License-Identifier: Apache-2.0
// Fuzz target: codes of our own, behind `DOSARIO.` and as the label of a dose made from the input.
#include "base/check.hpp"
#include "identity/identity.hpp"

#include <cstdint>
#include <cstring>

using namespace dosario;

namespace {

constexpr Date kToday = std::chrono::year{2026} / 11 / 21;

void check_code(std::string_view tail) {
    const std::string content = "DOSARIO." + std::string{tail};
    CodeBuffer buffer;
    const Identity identity = identify("", content, kToday, buffer);
    if (const auto* dose = std::get_if<DoseLabel>(&identity)) DOSARIO_CHECK(dose_code(dose->dose) == content);
    if (const auto* pack = std::get_if<PackLabel>(&identity)) DOSARIO_CHECK(pack_code(pack->pack) == content);
    if (const auto thing = parse_thing(tail)) {
        DOSARIO_CHECK(thing_text(*thing) == tail || dose_code(*thing) == tail || pack_code(*thing) == tail);
    }
}

/// A label is always the dose that it was made for, whatever lot was typed.
void check_label(const std::uint8_t* bytes, std::size_t size) {
    if (size < 16) return;
    DoseContent content;
    std::memcpy(&content.dose.number, bytes, 8);
    content.dose.number &= (std::uint64_t{1} << 60) - 1;
    if (!content.dose) return;
    std::uint64_t digits = 0;
    std::memcpy(&digits, bytes + 8, 6);
    std::string gtin = std::to_string(digits % 1'000'000'000'000);
    gtin.insert(0, 13 - gtin.size(), '0');
    content.gtin = *parse_gtin(gtin + gs1_check_digit(gtin));
    content.piece = bytes[14] % 101U;
    content.total = bytes[15] % 120U;
    content.lot = {reinterpret_cast<const char*>(bytes) + 16, size - 16};
    if (bytes[0] % 2 == 0) content.use_by = kToday + std::chrono::days{bytes[1]};
    const std::string label = dose_label(content);
    CodeBuffer buffer;
    const Identity identity = identify("", label, kToday, buffer);
    DOSARIO_CHECK(std::get<DoseLabel>(identity).dose == content.dose);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    check_code({reinterpret_cast<const char*>(bytes), size});
    check_label(bytes, size);
    return 0;
}
