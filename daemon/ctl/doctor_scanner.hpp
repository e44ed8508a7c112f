// SPDX-License-Identifier: Apache-2.0
// `doctor scanner`: asks for the printed test codes one after the other, and says which setting of the scanner to change.
#pragma once

#include "ctl/verbs.hpp"

namespace dosario {

/// `language` is an option of `doctor`; empty: the station's.
void add_doctor_scanner_verb(CLI::App& doctor, Session& session, Action& action, std::shared_ptr<std::string> language);

}  // namespace dosario
