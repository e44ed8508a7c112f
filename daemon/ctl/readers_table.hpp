// SPDX-License-Identifier: Apache-2.0
// Readers as a table for people.
#pragma once

#include <boost/json/array.hpp>

namespace dosario {

/// The `readers` of a ReadersReply: those that are used first, then those that could be, then the rest; under each what is to be said
/// of it.
void print_readers(const boost::json::array& readers);

}  // namespace dosario
