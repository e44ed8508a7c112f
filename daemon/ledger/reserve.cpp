// SPDX-License-Identifier: Apache-2.0
#include "ledger/reserve.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace dosario {

std::optional<std::uint64_t> bytes_left_at(const std::string& directory) {
    struct statvfs space {};
    if (statvfs(directory.c_str(), &space) != 0) return std::nullopt;
    return std::uint64_t{space.f_bavail} * space.f_frsize;
}

bool Reserve::keep() {
    struct stat found {};
    if (stat(path_.c_str(), &found) == 0 && static_cast<std::uint64_t>(found.st_size) >= kBytes) return true;
    const auto left = bytes_left_at(directory_);
    if (!left || *left < beside_bytes_ + kBytes) return false;
    const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return false;
    const bool kept = posix_fallocate(file, 0, static_cast<off_t>(kBytes)) == 0;
    ::close(file);
    if (!kept) release();
    return kept;
}

void Reserve::release() { ::unlink(path_.c_str()); }

}  // namespace dosario
