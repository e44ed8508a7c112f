// SPDX-License-Identifier: Apache-2.0
#include "backup/contents.hpp"

#include "backup/folder.hpp"
#include "crypto/secret_file.hpp"
#include "crypto/sha256_stream.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::size_t kHashedBlock = 256 * 1024;

Error broken_off() { return fail(Failure::unavailable, "the backup was broken off because the daemon stops"); }

Result<ManifestMember> hash_of_file(const std::string& name, const std::string& path, const std::function<bool()>& stop) {
    auto file = open_file(path);
    if (!file) return file.error();
    ManifestMember member{name, 0, {}};
    Sha256Stream hash;
    Bytes block(kHashedBlock);
    for (;;) {
        if (stop()) return broken_off();
        const auto got = (*file)->read(block);
        if (!got) return got.error();
        if (*got == 0) break;
        hash.add(ByteView{block}.first(*got));
        member.bytes += *got;
    }
    member.sha256 = hash.finish();
    return member;
}

/// Nothing when there is no such file.
Result<std::optional<std::string>> whole_file(const std::string& path) {
    auto file = open_file(path);
    if (!file && file.error().failure == Failure::not_found) return std::optional<std::string>{};
    if (!file) return file.error();
    if (size_of_file(path) > kLargestSmallMember_bytes)
        return fail(Failure::invalid, path + " is too large to be a part of the configuration: name the right file");
    std::string text;
    text.reserve(size_of_file(path));  // a secret leaves no shorter copies of itself
    Bytes block(kHashedBlock);
    for (;;) {
        const auto got = (*file)->read(block);
        if (!got) return got.error();
        if (*got == 0) break;
        text += as_text(ByteView{block}.first(*got));
        cleanse(block);
        if (text.size() > kLargestSmallMember_bytes) return fail(Failure::io, path + " grows while it is read");
    }
    return std::optional{std::move(text)};
}

}  // namespace

BackupContents::~BackupContents() {
    for (auto& [name, text] : small) wipe(text);
}

std::vector<SmallFile> small_files_of(const std::string& data_directory) {
    std::vector<SmallFile> files;
    for (const char* name : {"station.pem", "ca.pem", "recovery.pub"}) files.push_back({name, data_directory + "/" + name});
    if (auto folder = open_folder(data_directory)) {
        if (auto entries = (*folder)->list()) {
            for (const FolderEntry& one : *entries) {
                if (one.name.starts_with("site-keys") && is_member_name(one.name) && !one.name.ends_with(".new"))
                    files.push_back({one.name, data_directory + "/" + one.name});
            }
        }
    }
    std::sort(files.begin() + 3, files.end(), [](const SmallFile& one, const SmallFile& other) { return one.name < other.name; });
    return files;
}

Result<BackupContents> gather(Manifest manifest, const std::string& ledger_file, const std::vector<SmallFile>& small,
                              const std::function<bool()>& stop) {
    BackupContents contents;
    contents.manifest = std::move(manifest);
    contents.ledger_file = ledger_file;
    auto& members = contents.manifest.members;
    members.clear();
    auto ledger = hash_of_file(kLedgerName, ledger_file, stop);
    if (!ledger) return ledger.error();
    members.push_back(std::move(*ledger));
    for (const SmallFile& one : small) {
        auto text = whole_file(one.path);
        if (!text) return text.error();
        if (!*text || contents.small.contains(one.name)) continue;
        Sha256Stream hash;
        hash.add(as_bytes(**text));
        members.push_back({one.name, (*text)->size(), hash.finish()});
        contents.small.emplace(one.name, std::move(**text));
    }
    if (members.size() > kMostMembers)
        return fail(Failure::invalid, "there are more than 64 files to back up: are there old site-keys?");
    return contents;
}

}  // namespace dosario
