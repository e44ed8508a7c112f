// SPDX-License-Identifier: Apache-2.0
// Which AIs may and must be together (General Specifications 4.13, 4.14). Internal to the layer.
#pragma once

#include "identity/gs1.hpp"

namespace dosario {

/// Looks at a message whose values hold; writes the first broken rule into `message.fault`, its offset from `content`. In this order:
/// AIs that exclude each other, AIs that lack company (strict only), one AI with two values.
void gs1_check_company(Gs1Message& message, std::string_view content, Gs1Profile profile, bool item_elsewhere);

}  // namespace dosario
