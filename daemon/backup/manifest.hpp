// SPDX-License-Identifier: Apache-2.0
// What a backup says of itself: the first member, manifest.json.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/seq.hpp"

#include <string>
#include <vector>

namespace dosario {

inline constexpr int kBackupFormat = 1;
inline constexpr const char* kManifestName = "manifest.json";
inline constexpr const char* kLedgerName = "ledger.db";
inline constexpr std::size_t kLargestManifest_bytes = 1024 * 1024;
inline constexpr std::size_t kMostMembers = 64;

struct ManifestMember {
    std::string name;
    std::uint64_t bytes = 0;
    Sha256 sha256{};
    bool operator==(const ManifestMember&) const = default;
};

struct Manifest {
    std::string ledger;  ///< its id, 32 hexadecimal digits
    std::string station;
    std::string site;
    std::string version;  ///< of Dosario
    UtcTime made_at;
    Seq head_seq = 0;
    Sha256 head_hash{};
    std::string branch;                   ///< 16 hexadecimal digits
    std::string last_entry_at;            ///< as the computer's clock said then; empty in an empty ledger
    bool collector = false;               ///< the station sent its entries to one
    std::vector<ManifestMember> members;  ///< in their order in the archive; the ledger first

    const ManifestMember* find(std::string_view name) const;
    bool operator==(const Manifest&) const = default;
};

std::string to_json_text(const Manifest& manifest);

/// damaged: not the manifest of a backup, or one without a ledger; newer: of a format that this program does not know. Keys that it does
/// not know are passed over.
Result<Manifest> parse_manifest(std::string_view json);

}  // namespace dosario
