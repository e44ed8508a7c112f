// SPDX-License-Identifier: Apache-2.0
// The archive inside a backup: tar (POSIX 1003.1-2001 pax), compressed by zstd, by libarchive. `tar --zstd -x` opens it too. What is read
// may come from anybody: only plain files with plain names are taken, one after the other, and nothing is ever written by libarchive.
#pragma once

#include "base/time.hpp"
#include "crypto/age.hpp"

#include <optional>

namespace dosario {

/// 1 to 64 characters of a-z 0-9 . _ -, the first one a letter or digit.
bool is_member_name(std::string_view name);

class ArchiveWriter {
public:
    static Result<std::unique_ptr<ArchiveWriter>> start(ByteSink sink);
    virtual ~ArchiveWriter() = default;
    /// The member of that name follows, with exactly so many bytes.
    virtual Result<void> begin(const std::string& name, std::uint64_t bytes, UtcTime made_at) = 0;
    virtual Result<void> write(ByteView bytes) = 0;
    virtual Result<void> finish() = 0;
};

struct ArchiveMember {
    std::string name;
    std::uint64_t bytes = 0;
};

class ArchiveReader {
public:
    static Result<std::unique_ptr<ArchiveReader>> open(ByteSource source);
    virtual ~ArchiveReader() = default;
    /// The next member; nothing at the end. damaged: no archive, or not one of ours.
    virtual Result<std::optional<ArchiveMember>> next() = 0;
    /// Of this member, 0 at its end.
    virtual Result<std::size_t> read(std::span<std::byte> out) = 0;
};

}  // namespace dosario
