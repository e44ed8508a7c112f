// SPDX-License-Identifier: Apache-2.0
// Room that is kept for the way out: a file of no content beside the ledger, given back to the disk when the disk is full, so that the
// work that is open can be finished. Made again when there is space.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace dosario {

class Reserve {
public:
    static constexpr std::uint64_t kBytes = 16ULL << 20;
    /// `beside_bytes`: so much has to be free beside it before the file is made.
    Reserve(const std::string& directory, std::uint64_t beside_bytes)
        : path_(directory + "/ledger.reserve"), directory_(directory), beside_bytes_(beside_bytes) {}

    /// Makes the file, with blocks of its own, when it is not there and there is room. True when it stands.
    bool keep();
    /// Gives its room back.
    void release();

private:
    std::string path_;
    std::string directory_;
    std::uint64_t beside_bytes_;
};

/// Space left on the disk of that directory for whoever is not root; nothing when nobody can say.
std::optional<std::uint64_t> bytes_left_at(const std::string& directory);

}  // namespace dosario
