// SPDX-License-Identifier: Apache-2.0
// The recovery key, from the person who has the sheet: typed without being shown, or on standard input. Never an argument: arguments can be
// seen by every user of the computer.
#pragma once

#include "crypto/age.hpp"

namespace dosario {

/// At a terminal it may be typed in several lines, and three times. invalid: what was typed is no recovery key.
Result<AgeSecretKey> ask_recovery_key();

/// The sheet to be printed: Spanish, then English.
std::string recovery_sheet(const AgeSecretKey& key, const std::string& data_directory);

}  // namespace dosario
