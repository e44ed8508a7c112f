// SPDX-License-Identifier: Apache-2.0
// What is said to whoever writes tags, in three languages.
#pragma once

#include "control/messages.hpp"

#include <map>
#include <string>
#include <string_view>

namespace dosario {

/// The sentence of that key with each `{name}` replaced. Empty for a key that is none.
std::string tag_words(std::string_view key, Language language,
                      const std::map<std::string, std::string, std::less<>>& values = {});

}  // namespace dosario
