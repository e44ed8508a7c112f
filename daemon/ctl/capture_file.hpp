// SPDX-License-Identifier: Apache-2.0
// Captures from files.
#pragma once

#include "reader/capture.hpp"

#include <string>

namespace dosario {

/// invalid: cannot be read, or is no capture (with the line).
Result<Capture> read_capture(const std::string& path);

}  // namespace dosario
