// SPDX-License-Identifier: Apache-2.0
#include "backup/folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace dosario {
namespace {

/// What errno says, in words that say what to do.
Error trouble(const std::string& path) {
    const int why = errno;
    const std::string words = path + ": " + std::strerror(why);
    if (why == ENOSPC || why == EDQUOT || why == EFBIG)
        return fail(Failure::full, words + "; there is not enough room: remove something, or use a larger stick");
    if (why == ENOENT || why == ENOTDIR || why == ENODEV || why == ENXIO)
        return fail(Failure::not_found, words + "; is the stick or disk plugged in and mounted?");
    if (why == EACCES || why == EPERM || why == EROFS)
        return fail(Failure::refused, words + "; this user may not write there (install.md, \"The walls of the units\")");
    return fail(Failure::io, words + "; is the stick or disk still plugged in, and sound?");
}

class RealFile final : public FolderFile {
public:
    RealFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
    ~RealFile() override { ::close(descriptor_); }

    Result<void> write(ByteView bytes) override {
        while (!bytes.empty()) {
            const ssize_t wrote = ::write(descriptor_, bytes.data(), bytes.size());
            if (wrote < 0 && errno == EINTR) continue;
            if (wrote <= 0) return trouble(path_);
            bytes = bytes.subspan(static_cast<std::size_t>(wrote));
        }
        return {};
    }

    Result<std::size_t> read(std::span<std::byte> out) override {
        for (;;) {
            const ssize_t got = ::read(descriptor_, out.data(), out.size());
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return trouble(path_);
            return static_cast<std::size_t>(got);
        }
    }

    Result<void> sync() override {
        if (::fsync(descriptor_) != 0) return trouble(path_);
        ::posix_fadvise(descriptor_, 0, 0, POSIX_FADV_DONTNEED);
        return {};
    }

private:
    int descriptor_;
    std::string path_;
};

Result<std::unique_ptr<FolderFile>> opened(const std::string& path, int flags) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) return trouble(path);
    return std::unique_ptr<FolderFile>{std::make_unique<RealFile>(descriptor, path)};
}

class RealFolder final : public Folder {
public:
    explicit RealFolder(std::string path) : path_(std::move(path)) {}

    Result<std::vector<FolderEntry>> list() override {
        DIR* const folder = ::opendir(path_.c_str());
        if (folder == nullptr) return trouble(path_);
        std::vector<FolderEntry> entries;
        errno = 0;
        for (const dirent* one = ::readdir(folder); one != nullptr; one = ::readdir(folder)) {
            struct stat found {};
            if (::lstat(whole(one->d_name).c_str(), &found) == 0 && S_ISREG(found.st_mode))
                entries.push_back({one->d_name, static_cast<std::uint64_t>(found.st_size)});
            errno = 0;
        }
        const bool read = errno == 0;
        const Error error = trouble(path_);
        ::closedir(folder);
        if (!read) return error;
        return entries;
    }

    Result<std::unique_ptr<FolderFile>> create(const std::string& name) override {
        ::unlink(whole(name).c_str());
        return opened(whole(name), O_WRONLY | O_CREAT | O_EXCL);
    }
    Result<std::unique_ptr<FolderFile>> open(const std::string& name) override { return opened(whole(name), O_RDONLY); }

    Result<void> rename(const std::string& from, const std::string& to) override {
        if (std::rename(whole(from).c_str(), whole(to).c_str()) != 0) return trouble(whole(to));
        return sync_path(path_);
    }
    Result<void> remove(const std::string& name) override {
        if (::unlink(whole(name).c_str()) != 0) return trouble(whole(name));
        return {};
    }
    std::uint64_t free_bytes() override { return free_bytes_at(path_); }

private:
    std::string whole(const std::string& name) const { return path_ + "/" + name; }
    std::string path_;
};

}  // namespace

Result<std::unique_ptr<Folder>> open_folder(const std::string& path, const std::string& not_on) {
    struct stat here {};
    struct stat there {};
    if (::stat(path.c_str(), &here) != 0) return trouble(path);
    if (!S_ISDIR(here.st_mode)) return fail(Failure::refused, path + " is no folder: name the folder that backups are to lie in");
    if (!not_on.empty() && ::stat(not_on.c_str(), &there) == 0 && here.st_dev == there.st_dev) {
        return fail(Failure::refused,
                    path +
                        " lies on the same disk as the ledger, and would be lost with it: is the stick plugged in and"
                        " mounted? (`same_disk = true` in [backup] allows it)");
    }
    return std::unique_ptr<Folder>{std::make_unique<RealFolder>(path)};
}

Result<std::unique_ptr<FolderFile>> open_file(const std::string& path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) return trouble(path);
    if (!S_ISREG(found.st_mode)) return fail(Failure::invalid, path + " is no plain file: name the backup itself");
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return trouble(path);
    return std::unique_ptr<FolderFile>{std::make_unique<RealFile>(descriptor, path)};
}

Result<void> sync_path(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    // EINVAL: a file system that does not sync folders (some on sticks) has done what it can.
    const bool synced = descriptor >= 0 && (::fsync(descriptor) == 0 || errno == EINVAL);
    const Error error = trouble(path);
    if (descriptor >= 0) ::close(descriptor);
    if (!synced) return error;
    return {};
}

std::uint64_t free_bytes_at(const std::string& path) {
    struct statvfs space {};
    return ::statvfs(path.c_str(), &space) == 0 ? std::uint64_t{space.f_bavail} * space.f_frsize : 0;
}

std::uint64_t size_of_file(const std::string& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
}

}  // namespace dosario
