// SPDX-License-Identifier: Apache-2.0
// Readers without serial number are known by their port (decision 0011). One that was plugged elsewhere is another reader, and the
// person should hear why it is a stranger all at once. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace dosario {

/// The port of a reader that is remembered, is not plugged in, and differs from `id` in the port alone; empty when there is none.
std::string port_it_was_at(std::string_view id, const std::set<std::string>& remembered, const std::set<std::string>& present);

}  // namespace dosario
