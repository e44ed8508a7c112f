// SPDX-License-Identifier: Apache-2.0
// What is said about a plugged device: why it is not used, how it does, and what to do. In the three languages of the counter.
#pragma once

#include "control/messages.hpp"

#include <map>
#include <string>
#include <string_view>

namespace dosario {

/// The sentence of a key, with `{name}` replaced by its value; empty for a key that there is not. Keys: `candidate`, `protected`,
/// `last_keyboard`, `refused` ({why}), `not_plugged` ({name}), `blocked`, `asleep`, `poor`, `silent`, `moved` ({from}, {to}), `no_zone`, `failed/` with the word of an error, and
/// `not_driven/` with a name of usb/unsupported.hpp.
std::string reader_words(std::string_view key, Language language, const std::map<std::string, std::string>& values = {});

}  // namespace dosario
