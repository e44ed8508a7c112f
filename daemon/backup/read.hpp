// SPDX-License-Identifier: Apache-2.0
// Reads a backup from its first to its last byte. It may come from anybody, and be damaged anywhere: every member is held against the
// manifest, which was under the same seal.
#pragma once

#include "backup/manifest.hpp"
#include "crypto/age.hpp"

#include <functional>

namespace dosario {

struct BackupReading {
    /// Asked once, before any member: an Error ends the reading.
    std::function<Result<void>(const Manifest&)> on_manifest = [](const Manifest&) { return Result<void>{}; };
    /// Where the bytes of a member go; an empty sink takes none. What came is not to be trusted before the reading has ended well.
    std::function<Result<ByteSink>(const ManifestMember&)> on_member = [](const ManifestMember&) {
        return Result<ByteSink>{ByteSink{}};
    };
    std::function<void(std::uint64_t bytes)> on_progress = [](std::uint64_t) {};
    std::function<bool()> stop = [] { return false; };
};

/// What is inside, when all of it is as its maker wrote it. damaged, newer, and what `reader` and `reading` say.
Result<Manifest> read_backup(AgeReader& reader, const BackupReading& reading = {});

}  // namespace dosario
