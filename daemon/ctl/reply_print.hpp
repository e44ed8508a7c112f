// SPDX-License-Identifier: Apache-2.0
// How a terminal shows what the counter answered.
#pragma once

#include <boost/json/value.hpp>

namespace dosario {

/// A ScanReply, several lines on standard output.
void print_reply(const boost::json::value& reply);

}  // namespace dosario
