// SPDX-License-Identifier: Apache-2.0
// The simulated readers and the cards that the tests of contactless readers lay on them.
#pragma once

#include "support/hex.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace dosario::test {

using Story = std::vector<std::string>;

inline constexpr const char* kModels[] = {"ccid:model=acr122u",
                                          "ccid:model=touchatag",
                                          "ccid:model=acr1252u",
                                          "ccid:model=acr1552u",
                                          "ccid:model=acr1552u,piece=1",
                                          "ccid:model=acr1552u,piece=2",
                                          "ccid",
                                          "ccid:model=poll"};
/// Those of them that read ISO 15693.
inline constexpr const char* kVicinityModels[] = {"ccid:model=acr1552u", "ccid:model=acr1552u,piece=1",
                                                  "ccid:model=acr1552u,piece=2", "ccid", "ccid:model=poll"};

/// What is laid down, and how it is told.
inline constexpr const char* kUri = "https://id.gs1.org/01/07501234567890/10/5A/21/S1";
inline const Bytes kUid = hex("04a2b3c4d5e680");
inline const std::string kTag = std::string{"04a2b3c4d5e680 uri="} + kUri;
inline const std::string kTold = std::string{"04a2b3c4d5e680 iso14443a "} + kUri;
inline const std::string kOther = "04ffeeddccbbaa kind=ultralight text=Hello";
inline const std::string kOtherTold = "04ffeeddccbbaa iso14443a Hello";

inline bool has(const Story& story, std::string_view what) { return std::ranges::find(story, what) != story.end(); }

}  // namespace dosario::test
