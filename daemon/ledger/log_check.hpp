// SPDX-License-Identifier: Apache-2.0
// Does the write-ahead log end where it was written to, or was it damaged before? SQLite reads it up to the first frame whose checksum
// does not fit and takes what follows for a write that the power cut: answered scans would be gone, and the shorter chain is sound.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace dosario {

struct LogDamage {
    std::uint64_t frame = 0;           ///< the first that SQLite will not read, from 1; 0 = the log's header
    std::uint64_t commits_behind = 0;  ///< whole transactions that stand behind it
    struct Bit {
        std::uint64_t byte = 0;  ///< of the file
        unsigned bit = 0;
    };
    /// The only one that is wrong, where it is one; not where two can stand for each other (the highest of each word in SQLite's checksum).
    std::optional<Bit> bit;

    std::string words() const;
};

/// Looks at a log that no connection has open; nothing when it is sound, ends in a write that was cut off, or is not there. A group that
/// was never synced may be anything. So damage is what one bit mends, and what has two commits behind it: each of them was written after
/// the sync of the one before. More than one bit in the last group cannot be told from a cut.
std::optional<LogDamage> find_log_damage(const std::string& path);

/// Turns that bit back.
Result<void> mend_log(const std::string& path, const LogDamage::Bit& bit);

}  // namespace dosario
