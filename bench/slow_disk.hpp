// SPDX-License-Identifier: Apache-2.0
// The system's SQLite VFS, in which every sync takes longer: an SD card or a cheap SSD on a fast disk.
#pragma once

#include <chrono>

namespace dosario::bench {

/// Registers the VFS "slow_disk" (once) and sets what each sync takes longer. For ledgers that are not being written to meanwhile.
const char* slow_disk(std::chrono::microseconds longer);

}  // namespace dosario::bench
