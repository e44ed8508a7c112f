// SPDX-License-Identifier: Apache-2.0
// What to write on a tag: the part of `dosario encode` that barcodes do not have.
#pragma once

#include "control/tag_decoding.hpp"

namespace dosario {

struct TagWish {
    std::string scheme;              ///< `sgtin-96`, `DSGTIN+`, in either case; or of a URI alone: `sgtin`, `lgtin`, `pgln`
    std::optional<unsigned> filter;  ///< else that of a tag URI, else 0
    std::optional<unsigned> prefix_digits;  ///< else that of a URI
    bool user_memory = false;
};

struct TagMade {
    CodeFault fault;
    std::string epc;   ///< hexadecimal, whole words; empty where only a URI was asked for
    std::string bank;  ///< the same with the PC word in front
    std::string uri;   ///< the tag URI, or the one that was asked for; empty of a `+` scheme
    TagFacts facts;    ///< what the bank says when it is read
};

/// From AIs in brackets, a Digital Link or an EPC URI, by the strict profile.
TagMade make_tag(std::string_view input, const TagWish& wish, Date as_of);

}  // namespace dosario
