// SPDX-License-Identifier: Apache-2.0
// What drivers of readers give as a reason, in the languages of the counter. Drivers say it in English, as it is logged.
#pragma once

#include "control/messages.hpp"

#include <string>
#include <string_view>

namespace dosario {

/// What is not known here stays as it is; so do names and numbers.
std::string reader_reason(std::string_view english, Language language);

}  // namespace dosario
