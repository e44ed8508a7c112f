// SPDX-License-Identifier: Apache-2.0
#include "ledger/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace dosario {
namespace {

std::string holder(int descriptor) {
    char text[32] = {};
    const auto length = pread(descriptor, text, sizeof text - 1, 0);
    std::string found;
    for (const char* c = text; length > 0 && *c >= '0' && *c <= '9'; ++c) found += *c;
    return found.empty() ? "another process" : "process " + found;
}

}  // namespace

Result<std::unique_ptr<FileLock>> FileLock::take(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        const std::string why = std::strerror(errno);
        return fail(Failure::io, "cannot write in the data directory (" + path + ": " + why +
                                     "): check that it exists, belongs to this user and is not read-only");
    }
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        const std::string who = holder(descriptor);
        ::close(descriptor);
        return fail(Failure::unavailable,
                    "this data directory is in use by " + who + " (" + path + "): stop that one first, or use another directory");
    }
    const std::string mine = std::to_string(getpid()) + "\n";
    if (ftruncate(descriptor, 0) != 0 || pwrite(descriptor, mine.data(), mine.size(), 0) < 0) {
        // The lock holds all the same; only its note is missing (a full disk).
    }
    return std::unique_ptr<FileLock>{new FileLock{descriptor}};
}

FileLock::~FileLock() { ::close(descriptor_); }

}  // namespace dosario
