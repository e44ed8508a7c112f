// SPDX-License-Identifier: Apache-2.0
// What a sweep found, told to whoever held the antenna, in three languages.
#pragma once

#include "dosario/v1/control.pb.h"
#include "control/messages.hpp"

#include <string>

namespace dosario {

/// Several lines, without the last newline: what was read, what was compared and what could not be, each thing that differs, the verdict.
/// `one_product`: it was asked for. The verdict is set.
std::string sweep_text(const v1::SweepReply& reply, bool one_product, Language language);

}  // namespace dosario
