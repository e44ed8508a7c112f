// SPDX-License-Identifier: Apache-2.0
// One entry for each thing worth knowing: an event's name and fields. Into the journal, where standard error leads there, with the names
// of docs/journal.md; otherwise one line on standard error, `level event key="value" …`. Only shells log; never a scanned content,
// never a person.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace dosario {

enum class Level { info, warning, error };

using LogFields = std::initializer_list<std::pair<std::string_view, std::string>>;

/// `event` and the fields' names are words in snake_case that stay: people search the journal for them.
void log(Level level, std::string_view event, LogFields fields = {});

}  // namespace dosario
