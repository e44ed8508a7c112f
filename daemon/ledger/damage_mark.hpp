// SPDX-License-Identifier: Apache-2.0
// The file `damaged` in the data directory: something of the ledger is not what was written. While it is there the ledger is opened to be
// read only, so that a daemon that met damage and was started again does not meet it again and again. `dosario ledger mend` takes it away.
//
//   line 1    what was found, one sentence
//   line 2    if a mend has begun: the directory, within the data directory, that holds the damaged files
#pragma once

#include "base/result.hpp"

#include <optional>
#include <string>

namespace dosario {

struct DamageMark {
    std::string what;
    std::string kept_in;  ///< empty: no mend has begun
};

/// Nothing when there is none. A mark that cannot be read is one.
std::optional<DamageMark> read_damage_mark(const std::string& directory);

/// Durable when it returns well. One that is there stays, unless `replace`: what was found first counts.
Result<void> write_damage_mark(const std::string& directory, const DamageMark& mark, bool replace = false);

Result<void> remove_damage_mark(const std::string& directory);

}  // namespace dosario
