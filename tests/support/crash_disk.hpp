// SPDX-License-Identifier: Apache-2.0
// The files as a disk may hold them after a power cut. What was synced is there. What was not, each 512-byte sector of it, is there
// or not, or torn; a file that was made is there once its directory was synced, one that was removed is gone once it was.
#pragma once

#include "support/shim_vfs.hpp"

#include <map>
#include <random>

namespace dosario::test {

/// How often each fault of a power cut was in an image.
struct CutFaults {
    std::uint64_t sectors_arrived = 0;  ///< of what was not synced
    std::uint64_t sectors_dropped = 0;
    std::uint64_t sectors_torn = 0;  ///< one end of it is new
    std::uint64_t sectors_zeroed = 0;
    std::uint64_t sectors_garbage = 0;
    std::uint64_t truncates_dropped = 0;
    std::uint64_t files_absent = 0;  ///< made, and not there
    std::uint64_t files_back = 0;    ///< removed, and there again
};

class CrashDisk {
public:
    void apply(const DiskOperation& operation);
    /// The files of that directory are on the disk, and nothing else is.
    void begin_with(const std::string& directory);
    /// Writes one possible image into that empty directory. Bytes outside of what was being written never change: SQLite's
    /// "powersafe overwrite", which it takes for granted on Linux (https://www.sqlite.org/psow.html).
    void write_image(const std::string& directory, std::mt19937_64& random);
    const CutFaults& faults() const { return faults_; }

private:
    /// What happens to what was not synced.
    enum class Style : std::uint8_t { all_arrive, none_arrive, first_arrive, some_arrive, some_damaged };
    struct File {
        std::string durable;
        std::vector<DiskOperation> pending;
    };
    struct Link {
        std::string name;
        int file;  ///< kNone: removed
    };
    static constexpr int kNone = -1;

    std::map<std::string, int> names_in(Style style, std::mt19937_64& random);
    std::string content_in(const File& file, Style style, std::mt19937_64& random);
    void cut_write(std::string& content, const DiskOperation& write, Style style, std::mt19937_64& random);
    void damage(std::string& content, std::size_t place, std::string_view bytes, std::mt19937_64& random);

    std::vector<File> files_;
    std::map<std::string, int> names_;  ///< as the program sees them
    std::map<std::string, int> durable_names_;
    std::vector<Link> pending_names_;
    CutFaults faults_;
};

}  // namespace dosario::test
