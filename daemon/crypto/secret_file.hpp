// SPDX-License-Identifier: Apache-2.0
// Files that hold a secret: tokens and private keys. Written whole or not at all, and readable by their owner only.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace dosario {

/// The largest file that read_secret takes.
inline constexpr std::size_t kLargestSecret_bytes = 64 * 1024;

/// Replaces `path` by a file of mode 0600 with this text. It is on the disk, name included, when this returns; after a failure
/// the whole old file is there, or the whole new one. The folder must exist. Errors: io, and full for a disk without space; the
/// text is in none of them.
Result<void> write_secret(const std::string& path, std::string_view text);

/// The whole file. Refused when users other than the owner may read it, unless it is root's and only its group may (as systemd
/// and Debian give keys away). Errors: not_found, refused (says which chmod mends it), invalid (too large, or no plain file), io.
Result<std::string> read_secret(const std::string& path);

/// Overwrites the text with zeros before it is forgotten, which a plain string does not.
void wipe(std::string& secret);

}  // namespace dosario
