// SPDX-License-Identifier: Apache-2.0
// Readers of tags that speak something else, told by a whole frame of theirs, and the questions that make them speak. Some are driven by
// another driver; the others are only named.
#pragma once

#include "base/bytes.hpp"

#include <span>

namespace dosario {

struct OtherFamily {
    const char* driver;    ///< the driver that takes it; null: none does
    const char* is_there;  ///< for the log: who sent this
};

struct ForeignFrame {
    const OtherFamily* family = nullptr;  ///< null: the bytes begin with no frame of any family known
    std::size_t size = 0;                 ///< of the frame
};

/// What the bytes begin with. A frame that has not come whole is none.
ForeignFrame foreign_frame(ByteView bytes);

/// Asks a family who it is. None of them writes or transmits.
struct FamilyProbe {
    const char* driver;  ///< who would ask this anyway
    ByteView frame;
};
std::span<const FamilyProbe> family_probes();

}  // namespace dosario
