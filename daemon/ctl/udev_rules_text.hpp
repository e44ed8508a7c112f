// SPDX-License-Identifier: Apache-2.0
// The file 70-dosario.rules as this version installs it.
#pragma once

#include <string_view>

namespace dosario {

std::string_view udev_rules_text();

}  // namespace dosario
