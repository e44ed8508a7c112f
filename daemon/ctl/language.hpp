// SPDX-License-Identifier: Apache-2.0
// In which language the tool speaks.
#pragma once

#include "control/messages.hpp"

#include <string>

namespace dosario {

/// `es`, `en`, `pt`; empty: what LC_ALL, LC_MESSAGES or LANG begin with, else English.
Language language_of(const std::string& wanted);

}  // namespace dosario
