// SPDX-License-Identifier: Apache-2.0
// The folder that backups lie in: a second disk or a stick, which may be full, be pulled out, or not be there. Files get their name when
// they are whole. Tests put a failing one in its place.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <memory>
#include <string>
#include <vector>

namespace dosario {

class FolderFile {
public:
    virtual ~FolderFile() = default;
    virtual Result<void> write(ByteView bytes) = 0;
    /// Fills some or all; 0 at the end.
    virtual Result<std::size_t> read(std::span<std::byte> out) = 0;
    /// All of it is on the medium when this returns well, and is read from there the next time: not from memory.
    virtual Result<void> sync() = 0;
};

struct FolderEntry {
    std::string name;
    std::uint64_t bytes = 0;
};

class Folder {
public:
    virtual ~Folder() = default;
    /// Plain files.
    virtual Result<std::vector<FolderEntry>> list() = 0;
    /// A new file of mode 0600; one that is there is replaced.
    virtual Result<std::unique_ptr<FolderFile>> create(const std::string& name) = 0;
    virtual Result<std::unique_ptr<FolderFile>> open(const std::string& name) = 0;
    /// Durable when it returns well.
    virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
    virtual Result<void> remove(const std::string& name) = 0;
    /// What this user may still write; 0 when that is not known.
    virtual std::uint64_t free_bytes() = 0;
};

/// not_found: it is not there (the stick is not plugged in); refused: it lies on the disk of `not_on`, a file or folder. An empty `not_on`
/// allows any disk.
Result<std::unique_ptr<Folder>> open_folder(const std::string& path, const std::string& not_on = "");

/// One file by its path, for reading.
Result<std::unique_ptr<FolderFile>> open_file(const std::string& path);

/// The file is on the disk.
Result<void> sync_path(const std::string& path);
/// Free bytes of the disk that holds this path; 0 when that is not known.
std::uint64_t free_bytes_at(const std::string& path);
/// 0 when there is none.
std::uint64_t size_of_file(const std::string& path);

}  // namespace dosario
