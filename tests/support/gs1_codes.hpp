// SPDX-License-Identifier: Apache-2.0
// Codes as a scanner sends them: boxes of products that nobody makes, with what a test wants on them.
#pragma once

#include "identity/gs1.hpp"
#include "identity/identity.hpp"
#include "support/manual_clock.hpp"

#include <cstdio>
#include <string>

namespace dosario::test {

/// In a pack of theirs.
inline constexpr std::uint32_t kTablets = 30;

/// The GTIN of the n-th invented product, n below 10000.
inline std::string gtin_text(unsigned n) {
    char digits[14];
    std::snprintf(digits, sizeof digits, "077912345%04u", n % 10000);
    return std::string{digits} + gs1_check_digit(digits);
}

inline Gtin gtin(unsigned n) { return parse_gtin(gtin_text(n)).value(); }

/// What is printed on a box; empty fields are not.
struct Box {
    unsigned product = 1;
    std::string lot = "L1";
    std::string expires = "2028-06-30";
    std::string serial = "";

    /// GS1 DataMatrix.
    std::string code() const {
        std::string text = "]d201" + gtin_text(product);
        if (!expires.empty()) {
            const std::string& d = expires;
            text += "17" + d.substr(2, 2) + d.substr(5, 2) + d.substr(8, 2);
        }
        if (!lot.empty()) text += "10" + lot + (serial.empty() ? "" : "\x1d");
        if (!serial.empty()) text += "21" + serial;
        return text;
    }
};

inline const std::string kSerialBox = Box{.serial = "S1"}.code();

/// EAN-13: the product and nothing else.
inline std::string linear(unsigned product) { return "]E0" + gtin_text(product).substr(1); }

inline constexpr const char* kReceive = "DOSARIO.RECIBIR";
inline constexpr const char* kFraction = "DOSARIO.FRACCIONAR";
inline constexpr const char* kVerify = "DOSARIO.VERIFICAR";
inline constexpr const char* kDispense = "DOSARIO.ENTREGAR";
inline constexpr const char* kUndo = "DOSARIO.DESHACER";
inline constexpr const char* kDone = "DOSARIO.LISTO";
inline constexpr const char* kYes = "DOSARIO.SI";
inline constexpr const char* kNo = "DOSARIO.NO";

/// Badges: Ana works, Eva is the second person.
inline constexpr const char* kAna = "DOSARIO.B.ANA00001";
inline constexpr const char* kEva = "DOSARIO.B.EVA00002";

/// Invented documents in the form of the Argentine DNI.
inline constexpr const char* kPerson = "]L200123456789@PEREZ@JUAN CARLOS@M@12345678@A@01/02/1980@01/01/2010";
inline constexpr const char* kOtherPerson = "]L200123456780@GOMEZ@ANA@F@87654321@A@01/02/1981@01/01/2011";

}  // namespace dosario::test
