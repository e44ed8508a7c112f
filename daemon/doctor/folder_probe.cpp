// SPDX-License-Identifier: Apache-2.0
#include "doctor/folder_probe.hpp"

#include "backup/names.hpp"
#include "crypto/certificates.hpp"
#include "crypto/secret_file.hpp"
#include "doctor/small_files.hpp"
#include "ledger/reserve.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace dosario {
namespace {

/// statfs(2), f_type. ext2, ext3 and ext4 have one number.
struct FilesystemName {
    std::uint32_t type;
    const char* name;
};
constexpr FilesystemName kFilesystems[] = {
    {0xEF53, "ext4"},         {0x58465342, "xfs"},       {0x9123683E, "btrfs"},    {0xF2F52010, "f2fs"},  {0x2FC12FC1, "zfs"},
    {0xCA451A4E, "bcachefs"}, {0x4D44, "vfat"},          {0x2011BAB0, "exfat"},    {0x7366746E, "ntfs3"}, {0x01021994, "tmpfs"},
    {0x858458F6, "ramfs"},    {0x6969, "nfs"},           {0xFF534D42, "cifs"},     {0xFE534D42, "smb2"},  {0x01021997, "9p"},
    {0x65735546, "fuse"},     {0x794C7630, "overlayfs"}, {0x73717368, "squashfs"}, {0x00C36400, "ceph"},  {0x5346414F, "afs"},
};

std::string filesystem_of(const std::string& path) {
    struct statfs found {};
    if (statfs(path.c_str(), &found) != 0) return "?";
    const auto type = static_cast<std::uint32_t>(found.f_type);
    for (const FilesystemName& one : kFilesystems) {
        if (one.type == type) return one.name;
    }
    std::array<char, 16> number{};
    std::snprintf(number.data(), number.size(), "0x%x", type);
    return number.data();
}

std::uint64_t size_of(const std::string& path) {
    struct stat found {};
    return stat(path.c_str(), &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
}

/// A file of certificates, perhaps with a key: no buffer of a library keeps it. Empty, and errno, when it cannot be read.
std::string pem_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return {};
    std::string text(kLargestPem_bytes, '\0');
    std::size_t used = 0;
    for (ssize_t got = 1; got > 0 && used < text.size(); used += static_cast<std::size_t>(std::max<ssize_t>(got, 0)))
        got = ::read(file, text.data() + used, text.size() - used);
    ::close(file);
    text.resize(used);
    return text;
}

/// Group or others have a right on it.
bool open_to_others(const std::string& path) {
    struct stat found {};
    return stat(path.c_str(), &found) == 0 && (found.st_mode & 0077) != 0;
}

}  // namespace

FolderFacts see_folder(const std::string& path, std::uint64_t least_free_bytes) {
    FolderFacts folder;
    folder.path = path;
    folder.least_free_bytes = least_free_bytes;
    struct stat found {};
    folder.there = stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
    if (!folder.there) return folder;
    folder.filesystem = filesystem_of(path);
    folder.free_bytes = bytes_left_at(path).value_or(0);
    folder.writable = access(path.c_str(), W_OK | X_OK) == 0;
    if (!folder.writable) folder.problem = std::strerror(errno);
    folder.ledger_bytes = size_of(path + "/ledger.db");
    folder.log_bytes = size_of(path + "/ledger.db-wal");
    return folder;
}

SyncTrial::SyncTrial(const std::string& directory) : path_(directory + "/doctor.trial") {
    ::unlink(path_.c_str());  // of a process that was ended in the middle
    file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file_ < 0) error_ = errno;
}

SyncTrial::~SyncTrial() {
    if (file_ < 0) return;
    ::close(file_);
    ::unlink(path_.c_str());
}

Result<std::uint64_t> SyncTrial::once_us() {
    if (file_ < 0) return fail(Failure::io, std::strerror(error_));
    static constexpr std::array<char, 4096> kPage{};
    const auto begun = std::chrono::steady_clock::now();
    const ssize_t written = ::write(file_, kPage.data(), kPage.size());
    if (written != static_cast<ssize_t>(kPage.size())) return fail(Failure::io, std::strerror(written < 0 ? errno : ENOSPC));
    if (::fsync(file_) != 0) return fail(Failure::io, std::strerror(errno));
    const auto took = std::chrono::steady_clock::now() - begun;
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
}

void measure_sync(FolderFacts& folder) {
    SyncTrial trial{folder.path};
    for (std::size_t i = 0; i < kSyncTrials; ++i) {
        const auto took = trial.once_us();
        if (!took) {
            folder.sync_us.clear();
            folder.problem = took.error().message;
            return;
        }
        folder.sync_us.push_back(*took);
    }
}

CertificateFacts see_certificate(const std::string& path, CertificateUse use) {
    CertificateFacts seen;
    seen.path = path;
    seen.holds_key = use == CertificateUse::own;
    errno = 0;
    std::string text = pem_file(path);
    if (text.empty()) {
        seen.problem = std::strerror(errno != 0 ? errno : ENODATA);
        return seen;
    }
    seen.key_open = seen.holds_key && open_to_others(path);
    const bool has_key = text.find("PRIVATE KEY-----") != std::string::npos;
    const auto keep = [&](const auto& ends) {
        if (ends) {
            seen.ends_at = *ends;
        } else {
            seen.problem = ends.error().message;
        }
    };
    if (use == CertificateUse::authority) {
        keep(authority_ends_at(text));
    } else if (!has_key) {
        seen.problem = "there is no private key in it";
    } else {
        const auto certificate = read_certificate(text);
        keep(certificate ? Result<UtcTime>{certificate->not_after} : Result<UtcTime>{certificate.error()});
    }
    wipe(text);
    return seen;
}

PersonFacts see_persons(const std::string& directory, bool kept) {
    PersonFacts seen;
    seen.kept = kept;
    seen.table_there = is_there(directory + "/persons.db");
    seen.key_there = is_there(directory + "/site-keys");
    seen.key_open = seen.key_there && open_to_others(directory + "/site-keys");
    return seen;
}

BackupFacts::Target see_backups(const std::string& directory) {
    BackupFacts::Target seen;
    seen.directory = directory;
    const auto names = names_in(directory);
    seen.there = names.has_value();
    for (const std::string& name : names.value_or(std::vector<std::string>{})) {
        const auto backup = parse_backup_name(name);
        if (backup && (!seen.last_good_at || *seen.last_good_at < backup->made_at)) seen.last_good_at = backup->made_at;
    }
    return seen;
}

}  // namespace dosario
