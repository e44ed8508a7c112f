// SPDX-License-Identifier: Apache-2.0
// Which bytes of a SQLite database file mean something: read from the file format (https://www.sqlite.org/fileformat2.html), without
// SQLite, so that "unused" is not what SQLite failed to notice.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace dosario::test {

enum class ByteUse : std::uint8_t {
    unknown,  ///< on no page that anything leads to
    used,
    counter,  ///< a counter or a hint of the file's header
    /// The row number that parts two pages of a table, where that row was deleted: then it may be the number of any row that was between
    /// the largest on its left and the smallest on its right. One that is still the largest on its left is `used`.
    separator,
    unused,  ///< reserved bytes of the header, gaps, free blocks, fragments, pages of the free list, ends of overflow pages
};

/// B-trees by name, with their first pages: of sqlite_schema too (page 1).
using Roots = std::map<std::string, std::uint32_t>;

struct PageMap {
    std::vector<ByteUse> uses;        ///< one for each byte of the file
    std::vector<std::string> owners;  ///< one for each page: the b-tree, or "free list"
    std::string broken;               ///< where the format is not kept; empty for a sound file

    std::size_t count(ByteUse use) const;
};

PageMap map_pages(std::string_view file, const Roots& roots);

}  // namespace dosario::test
