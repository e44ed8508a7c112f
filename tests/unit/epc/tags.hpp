// SPDX-License-Identifier: Apache-2.0
// What the tests of tags write short: memory in hexadecimal, AIs in brackets.
#pragma once

#include "epc/bank.hpp"
#include "epc/uri.hpp"
#include "support/catch.hpp"

#include <string>

namespace dosario::test {

inline const Date kToday = *parse_date("2026-11-21");

/// Memory from hexadecimal digits, half a byte at the end included; readings of it stay good as long as it does.
struct Tag {
    explicit Tag(std::string_view hex) : bits(4 * hex.size()) {
        const std::string even = std::string{hex} + (hex.size() % 2 == 0 ? "" : "0");
        bytes = from_hex(even).value();
    }
    EpcReading read() { return read_epc(bytes, bits, kToday, buffer); }

    Bytes bytes;
    std::size_t bits;
    CodeBuffer buffer;
};

/// AIs in brackets, of what must decode.
inline std::string ais_of(std::string_view hex) {
    Tag tag{hex};
    const EpcReading reading = tag.read();
    INFO(hex << ": " << code_error_name(reading.fault().error) << " at " << reading.fault().offset);
    CHECK(reading.ok());
    return bracketed(reading.elements());
}

inline CodeFault fault_of(std::string_view hex) {
    Tag tag{hex};
    return tag.read().fault();
}

/// The EPC of AIs in brackets, hexadecimal in capitals and whole words; the class of the error where it cannot be.
inline std::string written(std::string_view scheme, std::string_view ais, std::uint8_t prefix_digits = 0,
                           std::uint8_t filter = 0) {
    CodeBuffer buffer;
    const Gs1Message message = parse_bracketed(ais, kToday, buffer, Gs1Profile::lenient);
    INFO(ais);
    REQUIRE(message.ok());
    const EpcScheme* const row = epc_scheme(scheme);
    REQUIRE(row != nullptr);
    const EpcMade made = write_epc(*row, message.elements(), {filter, prefix_digits});
    if (!made.ok()) return std::string{code_error_name(made.error)};
    std::string hex = to_hex(made.words());
    for (char& c : hex) c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
    return hex;
}

}  // namespace dosario::test
