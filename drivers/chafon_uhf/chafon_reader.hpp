// SPDX-License-Identifier: Apache-2.0
// Chafon's length-first readers: UHFReader18, RU5102, 288M and what is sold under other names with the same protocol.
#pragma once

#include "serial/serial_reader.hpp"

namespace dosario {

namespace chafon {
inline constexpr int kUsualRate = 57'600;  ///< bits per second
}

/// Of `settings`: uhf_country, power_cdbm.
std::unique_ptr<LineProtocol> make_chafon_reader(const ReaderSettings& settings);

}  // namespace dosario
