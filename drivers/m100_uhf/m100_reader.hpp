// SPDX-License-Identifier: Apache-2.0
// M100, QM100, YRM100 and R200 modules, and the boxes that have one inside.
#pragma once

#include "serial/serial_reader.hpp"

namespace dosario {

namespace m100 {
inline constexpr int kUsualRate = 115'200;  ///< bits per second
}

/// Of `settings`: uhf_country, power_cdbm.
std::unique_ptr<LineProtocol> make_m100_reader(const ReaderSettings& settings);

}  // namespace dosario
