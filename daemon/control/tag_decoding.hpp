// SPDX-License-Identifier: Apache-2.0
// What a tag's memory says, for a person or a program that asks: the part of `dosario decode` that barcodes do not have.
#pragma once

#include "base/time.hpp"
#include "identity/symbol.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dosario {

/// The PC word of an EPC bank and what follows from it.
struct BankFacts {
    std::string crc16;  ///< four hexadecimal digits; empty where words are missing
    unsigned words = 0;
    bool user_memory = false;
    bool extended = false;
    bool toggle = false;
    std::string attributes;  ///< two hexadecimal digits; with the toggle bit the AFI
    std::string raw_uri;     ///< of a bank that holds no EPC
};

struct TidFacts {
    std::string maker;  ///< empty where its number is not in our list
    std::string model;  ///< the same
    unsigned maker_number = 0;
    std::string model_number;  ///< three hexadecimal digits
    bool extended = false;
    std::string serial;  ///< hexadecimal, empty where there is none
};

struct TagFacts {
    std::string
        scheme;  ///< `SGTIN-96`, of URIs without binary scheme `sgtin`, `lgtin`, `raw`; also after a fault, where it is known
    std::optional<unsigned> filter;
    unsigned prefix_digits = 0;  ///< 0: the scheme does not tell
    std::string pure_uri;        ///< empty: there is none
    std::string tag_uri;         ///< empty: there is none
    bool breaks_rule = false;    ///< the tag decodes, and a barcode with these AIs would be refused
    std::optional<BankFacts> bank;
    std::optional<TidFacts> tid;
};

/// `reading` gets the AIs or the fault, whose offset counts characters of the input. Views are into the buffer.
TagFacts decode_epc(std::string_view hex, Date as_of, CodeBuffer& buffer, SymbolReading& reading);
TagFacts decode_bank(std::string_view hex, Date as_of, CodeBuffer& buffer, SymbolReading& reading);
TagFacts decode_epc_uri(std::string_view uri, Date as_of, CodeBuffer& buffer, SymbolReading& reading);
TagFacts decode_tid(std::string_view hex, SymbolReading& reading);

}  // namespace dosario
