// SPDX-License-Identifier: Apache-2.0
// Events as lines, for tools and tests: one JSON object in ASCII, or one sentence for a person. Neither ends in a line end.
#pragma once

#include "reader/events.hpp"

namespace dosario {

/// Bytes are lower-case hexadecimal, PC words four digits. Keys in this order, null where there is no value:
///   {"event":"barcode","aim":"]d2","hex":"3031"}      aim is "" when the reader gave none
///   {"event":"tag","epc":"30..","pc":"3000","tid":null,"antenna":1,"rssi_cdbm":-5230}
///   {"event":"answer","command":"menu","status":"text","pc":null,"epc":null,"data":"4f4b"}
///   {"event":"fault","error":"checksum"}              or "length", "framing"
///   {"event":"ready"}, {"event":"round_ended"}
std::string event_json(const ReaderEvent& event);

/// The same for people: content with `\xHH` for what cannot be printed, faults with the broken rule.
std::string event_text(const ReaderEvent& event);

}  // namespace dosario
