// SPDX-License-Identifier: Apache-2.0
// Is the file as SQLite writes it, in what SQLite itself does not read again? Its integrity check walks the b-trees but looks at no
// record of a table whose only column is the row's number, and takes several values of the file's header as they come. A bit that turned
// over there changes no answer today; it shows that the disk changes what it was given.
#pragma once

#include "ledger/verify_tables.hpp"

namespace dosario {

/// Reads every page of a database that has a file (one without name is in memory as much as on a disk, and is left out). What is still in
/// the write-ahead log is moved into the file first; when that cannot be done nothing is looked at.
void check_pages(Database& kept, const FaultFinder& find, const std::function<bool()>& stop = {});

}  // namespace dosario
