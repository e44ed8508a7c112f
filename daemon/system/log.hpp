// SPDX-License-Identifier: Apache-2.0
// One line for each thing worth knowing, `level event key="value" …`, on standard error, where journald picks it up. Only shells log;
// never a scanned content, never a person.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace dosario {

enum class Level { info, warning, error };

void log(Level level, std::string_view event, std::initializer_list<std::pair<std::string_view, std::string>> fields = {});

}  // namespace dosario
