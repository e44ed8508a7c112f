// SPDX-License-Identifier: Apache-2.0
// A scanner on a serial line: bytes to scans. It does not know what carries the line.
#pragma once

#include "serial/serial_reader.hpp"

namespace dosario {

/// Of `settings`: terminators (nothing = CR and LF; empty = none, silence ends a scan), gs_substitutes, code_ids, idle_ms, is_replayed.
std::unique_ptr<LineProtocol> make_line_scanner(const ReaderSettings& settings);

}  // namespace dosario
