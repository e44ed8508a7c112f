// SPDX-License-Identifier: Apache-2.0
// Who is at the other end of a Unix socket, and whether that person may use the API.
#pragma once

#include <string>

namespace dosario {

/// The group's number, or -1 if the system has no such group.
long group_number(const std::string& group);

/// True for root, for the user this process runs as, and for members of that group. `descriptor` is a connected Unix socket.
bool peer_may_enter(int descriptor, const std::string& group);

}  // namespace dosario
