// SPDX-License-Identifier: Apache-2.0
// Puts a backup into a data directory without a ledger. Everything is read, checked and verified beside its place first; the ledger gets
// its name last, so that a restore that was cut off left no ledger and can be repeated.
#pragma once

#include "backup/manifest.hpp"
#include "crypto/age.hpp"

#include <functional>

namespace dosario {

/// What a backup has that belongs elsewhere (the configuration), or that was there already, is put into this folder of the data directory.
inline constexpr const char* kRestoredFolder = "restored";

struct RestoreOrder {
    std::string file;       ///< the backup
    std::string directory;  ///< made if it is not there; its parent must be
    const AgeSecretKey& key;
    const Digest& digest;
    Entropy& entropy;
    UtcTime now;
    std::function<void(std::string_view phase, std::uint64_t done, std::uint64_t all)> on_progress = [](auto...) {};
};

struct RestoreReport {
    Manifest manifest;
    std::vector<std::string> in_place;  ///< names in the data directory
    std::vector<std::string> aside;     ///< names in `restored/`
};

/// refused: a ledger is there already, or the key is of another sheet; damaged; newer; full; not_found; unavailable: a daemon runs there.
/// After a failure the directory holds no ledger.
Result<RestoreReport> restore_backup(const RestoreOrder& order);

}  // namespace dosario
