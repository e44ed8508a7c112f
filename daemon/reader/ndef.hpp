// SPDX-License-Identifier: Apache-2.0
// NDEF messages, as they lie in HF tags (NFC Forum NDEF 1.0): records, and the text that somebody put there to be read. Pure. How a
// message lies in a tag's memory is for the drivers, what the text means for identity/.
#pragma once

#include "base/result.hpp"
#include "reader/events.hpp"

#include <string>
#include <vector>

namespace dosario {

inline constexpr std::size_t kMostNdefRecords = 32;
/// A Type 2 tag with one byte for its size has at most 2,040 bytes. A GS1 Digital Link takes some hundred.
inline constexpr std::size_t kLongestNdef = 2048;

/// Type Name Format (NDEF 1.0, 3.2.6).
enum class NdefTypeName : std::uint8_t { empty, well_known, media, absolute_uri, external, unknown };

struct NdefRecord {
    NdefTypeName type_name = NdefTypeName::empty;
    std::string type;  ///< `U`, `T`, `Sp`, ...
    Bytes payload;
};

/// All records of one whole message: the first begins it, the last ends it, and nothing follows. Errors (invalid): what is wrong, and
/// where; also chunked records, which no tag for goods needs.
Result<std::vector<NdefRecord>> parse_ndef(ByteView message);

/// The address of a URI record (URI RTD 1.0: `U` with its table of prefixes; a record that is a URI; the one inside a Smart Poster).
/// Nothing for any other record, and for one that is malformed.
std::optional<std::string> ndef_uri(const NdefRecord& record);

/// Content of a Text record (Text RTD 1.0) as UTF-8, without its language. Nothing for any other record, and for one that is malformed.
std::optional<std::string> ndef_text(const NdefRecord& record);

/// What the person who wrote the tag meant to be read: its first URI, else its first text. identify() takes it as it takes what a
/// scanner sends without symbology identifier; a GS1 Digital Link is one. Nothing where the tag says neither, or its message is malformed.
std::optional<std::string> card_text(const CardRead& card);

}  // namespace dosario
