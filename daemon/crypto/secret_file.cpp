// SPDX-License-Identifier: Apache-2.0
#include "crypto/secret_file.hpp"

#include <openssl/crypto.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace dosario {
namespace {

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int number() const { return number_; }
    bool close() { return ::close(std::exchange(number_, -1)) == 0; }

private:
    int number_;
};

bool write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t wrote = ::write(descriptor, text.data(), text.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return true;
}

bool write_new(const std::string& path, std::string_view text) {
    Descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    return file.number() >= 0 && write_all(file.number(), text) && ::fsync(file.number()) == 0 && file.close();
}

bool sync_folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    const Descriptor opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    return opened.number() >= 0 && ::fsync(opened.number()) == 0;
}

/// A file of root's may be given to a group to read; anybody else's is for its owner alone.
bool private_enough(const struct stat& file) {
    const mode_t forbidden = file.st_uid == 0 ? (S_IWGRP | S_IXGRP | S_IRWXO) : (S_IRWXG | S_IRWXO);
    return (file.st_mode & forbidden) == 0;
}

}  // namespace

Result<void> write_secret(const std::string& path, std::string_view text) {
    const std::string fresh = path + ".new";
    ::unlink(fresh.c_str());
    if (write_new(fresh, text) && std::rename(fresh.c_str(), path.c_str()) == 0 && sync_folder_of(path)) return {};
    const int why = errno;
    ::unlink(fresh.c_str());
    return fail(
        why == ENOSPC || why == EDQUOT ? Failure::full : Failure::io,
        "cannot write " + path + " (" + std::strerror(why) + "): check that its folder exists, is writable and has space");
}

Result<std::string> read_secret(const std::string& path) {
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    struct stat found {};
    if (file.number() < 0 || ::fstat(file.number(), &found) != 0) {
        const int why = errno;
        return fail(why == ENOENT ? Failure::not_found : Failure::io,
                    "cannot read " + path + " (" + std::strerror(why) + "): check the path and the rights of its folder");
    }
    if (!S_ISREG(found.st_mode)) return fail(Failure::invalid, path + " is no plain file: name the file itself");
    if (!private_enough(found))
        return fail(Failure::refused,
                    path + " can be read by other users, so its secret may be known: make it private with chmod 600 " + path +
                        ", and replace the secret if strangers use this computer");
    if (found.st_size > static_cast<off_t>(kLargestSecret_bytes))
        return fail(Failure::invalid, path + " is too large for a key or a token: is it the right file?");
    std::string text(static_cast<std::size_t>(found.st_size), '\0');
    std::size_t have = 0;
    while (have < text.size()) {
        const ssize_t got = ::read(file.number(), text.data() + have, text.size() - have);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(Failure::io, "cannot read " + path + " (" + std::strerror(errno) + "): the disk may be failing");
        if (got == 0) break;
        have += static_cast<std::size_t>(got);
    }
    text.resize(have);
    return text;
}

void wipe(std::string& secret) {
    OPENSSL_cleanse(secret.data(), secret.size());
    secret.clear();
}

}  // namespace dosario
