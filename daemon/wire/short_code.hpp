// SPDX-License-Identifier: Apache-2.0
// The head of a ledger short enough to be written by hand at the close of the day:
//
//   1842 7KQM-3F9A-22XB-C     number of the entry, then 12 characters of Crockford's base 32 (the first 60 bits of its hash), then
//                             one check character over number and code
//
// The check character is a Reed-Solomon symbol over GF(32) (x^5 + x^2 + 1), in the same alphabet: unlike that of ISO/IEC 7064
// MOD 37,36 it may be read with O for 0 and I or L for 1 and still finds every single wrong character and every swapped pair.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/seq.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dosario {

/// An entry with the first 60 bits of its hash.
struct ShortCode {
    Seq seq = 0;
    std::uint64_t bits = 0;
    friend bool operator==(const ShortCode&, const ShortCode&) = default;
};

/// Of the entry with that number and hash.
ShortCode short_code(Seq seq, const Sha256& hash);

/// `7KQM-3F9A-22XB-C`.
std::string code_text(const ShortCode& code);
/// `1842 7KQM-3F9A-22XB-C`.
std::string head_text(const ShortCode& code);

/// Blanks, hyphens, points and # are passed over, letters may be small, O is 0, I and L are 1. invalid: mistyped, in words.
Result<ShortCode> parse_head(std::string_view text);

}  // namespace dosario
