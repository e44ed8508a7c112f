// SPDX-License-Identifier: Apache-2.0
// Bugs to be put in on purpose: the tests show that what claims to catch them does.
#pragma once

#include "support/counter.hpp"

#include <span>

namespace dosario::test {

/// On every connection after it was opened: commits without sync.
inline constexpr const char* kSkipsSyncs = "PRAGMA synchronous = NORMAL";

/// In the place of run_group: people hear the good tone, then the disk is asked.
std::optional<Error> answer_first(Service& service, std::span<const Job> jobs);

struct Column {
    const char* table;
    const char* column;
    const char* row;  ///< which row it is, as the old one says
};
/// On every connection, again and again (a rebuild makes the tables anew): a projection that never changes that column again.
std::string forgets(const Column& what);

/// In the closed file: the table of fractionings takes what does not add up.
void strip_conservation(const std::string& file);
/// A reception, and a fractioning of it into more than it held.
PacksReceived box_to_cut();
PackFractioned cut_too_much(Date on);

}  // namespace dosario::test
