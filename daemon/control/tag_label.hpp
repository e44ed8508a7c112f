// SPDX-License-Identifier: Apache-2.0
// From what is printed on a thing to what its tag is to hold: so that a tag and the label of one thing are one thing.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "control/messages.hpp"

#include <string>
#include <string_view>

namespace dosario {

struct TagLabel {
    std::string scheme;  ///< `DSGTIN+`, ...
    Bytes bank;          ///< the EPC bank from bit 10h on: PC word and EPC, whole words
    ByteView epc() const { return ByteView{bank}.subspan(2); }
};

/// `code` is what a scanner sends for the label, with or without its symbology identifier, or AIs in brackets, a Digital Link, an EPC URI.
/// An empty `scheme` is the one that says all of it: DSGTIN+ of a pack with an expiry, SGTIN+ of one without, SSCC+ of a crate, ITIP+ of a
/// dose. Of a dose's label, which has no serial number, the tag says piece and dose_serial(): the register knows the rest. Errors (invalid):
/// for a person, in his language.
/// `prefix_digits` of the GS1 Company Prefix: schemes without `+` part the key there, and AIs do not tell it; 0: not said.
Result<TagLabel> make_tag_label(std::string_view code, std::string_view scheme, Date as_of, Language language,
                                unsigned prefix_digits = 0);

}  // namespace dosario
