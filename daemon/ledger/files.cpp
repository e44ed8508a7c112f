// SPDX-License-Identifier: Apache-2.0
#include "ledger/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace dosario {
namespace {

Error failed(const std::string& path, const char* what) {
    const Failure why = errno == ENOSPC ? Failure::full : Failure::io;
    return fail(why, path + " could not be " + what + " (" + std::strerror(errno) + ")");
}

}  // namespace

bool file_exists(const std::string& path) {
    struct stat found {};
    return stat(path.c_str(), &found) == 0;
}

Result<void> refuse_emptied(const std::string& database) {
    struct stat file {};
    struct stat log {};
    if (stat(database.c_str(), &file) == 0 && file.st_size > 0) return {};
    if (stat((database + "-wal").c_str(), &log) != 0 || log.st_size == 0) return {};
    return fail(Failure::damaged,
                database + " is empty or gone, and the log beside it (" + database +
                    "-wal) is not: nothing was touched. Move both away and keep them, and restore the last backup (`dosario "
                    "restore`); a collector gives back what came after it");
}

Result<void> sync_to_disk(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool synced = descriptor >= 0 && fsync(descriptor) == 0;
    auto result = synced ? Result<void>{} : Result<void>{failed(path, "written to the disk")};
    if (descriptor >= 0) ::close(descriptor);
    return result;
}

void give_to_owner(const std::string& directory, const std::string& path) {
    struct stat owner {};
    if (::geteuid() != 0 || ::stat(directory.c_str(), &owner) != 0 || owner.st_uid == 0) return;
    if (::lchown(path.c_str(), owner.st_uid, owner.st_gid) != 0) {
        // It stays root's; the daemon says that it may not read it.
    }
}

Result<void> copy_file(const std::string& from, const std::string& to) {
    std::ifstream in{from, std::ios::binary};
    std::ofstream out{to, std::ios::binary | std::ios::trunc};
    if (!in || !out) return failed(in ? to : from, "opened");
    if (in.peek() != std::ifstream::traits_type::eof()) out << in.rdbuf();
    out.close();
    if (!out || in.bad()) return failed(to, "copied");
    ::chmod(to.c_str(), 0600);
    return sync_to_disk(to);
}

Result<void> keep_as(const std::string& path, const std::string& name) {
    if (file_exists(name) || !file_exists(path)) return {};
    if (::link(path.c_str(), name.c_str()) == 0) return {};
    const std::string partial = name + ".partial";
    if (auto copied = copy_file(path, partial); !copied) return copied;
    return ::rename(partial.c_str(), name.c_str()) == 0 ? Result<void>{} : Result<void>{failed(name, "named")};
}

}  // namespace dosario
