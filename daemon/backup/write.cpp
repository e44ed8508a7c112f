// SPDX-License-Identifier: Apache-2.0
#include "backup/write.hpp"

#include "backup/names.hpp"
#include "backup/read.hpp"
#include "crypto/sha256_stream.hpp"

#include <algorithm>

namespace dosario {
namespace {

constexpr std::size_t kBlock = 64 * 1024;

/// What is needed to read again what was written.
struct Sealed {
    AgeFileKey key;
    std::string header;
    std::uint64_t bytes = 0;
};

class Writing {
public:
    Writing(Folder& folder, const BackupOrder& order, std::string name)
        : folder_(folder), order_(order), partial_(partial_name(name)) {}

    Result<Sealed> write() {
        auto file = folder_.create(partial_);
        if (!file) return file.error();
        Sealed sealed;
        auto age = AgeWriter::start(order_.recipient, order_.entropy, [&](ByteView bytes) {
            sealed.bytes += bytes.size();
            return (*file)->write(bytes);
        });
        if (!age) return age.error();
        auto archive = ArchiveWriter::start([&](ByteView bytes) { return (*age)->write(bytes); });
        if (!archive) return archive.error();
        if (auto written = members(**archive); !written) return written.error();
        if (auto written = (*archive)->finish(); !written) return written.error();
        if (auto written = (*age)->finish(); !written) return written.error();
        if (auto synced = (*file)->sync(); !synced) return synced.error();
        sealed.key = (*age)->file_key();
        sealed.header = (*age)->header();
        return sealed;
    }

    /// From the medium, by the file's own key: what will be restored is what was meant to be kept.
    Result<void> read_back(const Sealed& sealed) {
        auto file = folder_.open(partial_);
        if (!file) return file.error();
        auto age = AgeReader::open_again(sealed.key, sealed.header, [&](std::span<std::byte> out) { return (*file)->read(out); });
        if (!age) return age.error();
        BackupReading reading;
        const std::uint64_t written = all_bytes(order_.contents.manifest);
        reading.on_progress = [&](std::uint64_t bytes) { order_.on_progress(written + bytes); };
        reading.stop = order_.stop;
        const auto found = read_backup(**age, reading);
        if (!found) return found.error();
        if (*found != order_.contents.manifest) return fail(Failure::damaged, "its list of contents is not what was written");
        return {};
    }

private:
    Result<void> members(ArchiveWriter& archive) {
        const Manifest& manifest = order_.contents.manifest;
        const std::string list = to_json_text(manifest);
        if (auto written = archive.begin(kManifestName, list.size(), manifest.made_at); !written) return written;
        if (auto written = archive.write(as_bytes(list)); !written) return written;
        for (const ManifestMember& one : manifest.members) {
            if (auto written = archive.begin(one.name, one.bytes, manifest.made_at); !written) return written;
            if (auto written = one.name == kLedgerName ? ledger(archive, one) : small(archive, one); !written) return written;
        }
        return {};
    }

    Result<void> small(ArchiveWriter& archive, const ManifestMember& one) {
        const std::string& text = order_.contents.small.at(one.name);
        if (auto written = archive.write(as_bytes(text)); !written) return written;
        order_.on_progress(done_ += text.size());
        return {};
    }

    Result<void> ledger(ArchiveWriter& archive, const ManifestMember& one) {
        auto file = open_file(order_.contents.ledger_file);
        if (!file) return file.error();
        Bytes block(kBlock);
        Sha256Stream hash;
        for (std::uint64_t left = one.bytes; left > 0;) {
            if (order_.stop()) return fail(Failure::unavailable, "the backup was broken off because the daemon stops");
            const auto got =
                (*file)->read(std::span{block}.first(static_cast<std::size_t>(std::min<std::uint64_t>(left, kBlock))));
            if (!got) return got.error();
            if (*got == 0) break;
            hash.add(ByteView{block}.first(*got));
            if (auto written = archive.write(ByteView{block}.first(*got)); !written) return written;
            left -= *got;
            order_.on_progress(done_ += *got);
        }
        if (hash.finish() != one.sha256)
            return fail(Failure::damaged, "the copy of the ledger changed while it was written: is this computer's disk sound?");
        return {};
    }

    Folder& folder_;
    const BackupOrder& order_;
    std::string partial_;
    std::uint64_t done_ = 0;
};

Result<WrittenBackup> attempt(Folder& folder, const BackupOrder& order, const std::string& name) {
    Writing writing{folder, order, name};
    const auto clean_up = [&](Error error) {
        (void)folder.remove(partial_name(name));
        return error;
    };
    const auto sealed = writing.write();
    if (!sealed) return clean_up(sealed.error());
    if (auto same = writing.read_back(*sealed); !same) {
        if (same.error().failure != Failure::damaged) return clean_up(same.error());
        return clean_up(
            fail(Failure::damaged,
                 "what was read back from the medium is not what was written, so that it was not kept: use another stick; " +
                     same.error().message));
    }
    if (auto named = folder.rename(partial_name(name), name); !named) return clean_up(named.error());
    return WrittenBackup{name, sealed->bytes, 0};
}

/// Names tell the order: a second backup within the same second, or after the clock went back a little, is the next second's.
std::string new_name(const std::vector<FolderEntry>& before, const Manifest& manifest) {
    constexpr auto kLittle = std::chrono::minutes{1};
    UtcTime at = std::chrono::floor<std::chrono::seconds>(manifest.made_at);
    if (!before.empty()) {
        const UtcTime newest = parse_backup_name(before.front().name)->made_at;
        if (newest >= at && newest - at < kLittle) at = newest + std::chrono::seconds{1};
    }
    const auto taken = [&](const std::string& name) {
        return std::any_of(before.begin(), before.end(), [&](const FolderEntry& one) { return one.name == name; });
    };
    while (taken(backup_name(manifest.ledger, at))) at += std::chrono::seconds{1};
    return backup_name(manifest.ledger, at);
}

}  // namespace

std::uint64_t all_bytes(const Manifest& manifest) {
    std::uint64_t bytes = 0;
    for (const ManifestMember& one : manifest.members) bytes += one.bytes;
    return bytes;
}

Result<WrittenBackup> write_backup(Folder& folder, const BackupOrder& order) {
    const std::string& ledger = order.contents.manifest.ledger;
    remove_partials(folder, ledger);
    const auto before = backups_in(folder, ledger);
    if (!before) return before.error();
    const std::string name = new_name(*before, order.contents.manifest);
    // The last one's size foretells this one's: room is made before, not after everything was written in vain.
    const std::uint64_t likely = before->empty() ? 0 : before->front().bytes;
    const auto short_of_room = [&] {
        const std::uint64_t free = folder.free_bytes();
        return free > 0 && free < likely + likely / 8;
    };
    while (short_of_room() && make_room(folder, ledger)) {
    }
    for (;;) {
        auto written = attempt(folder, order, name);
        if (!written && written.error().failure == Failure::full && make_room(folder, ledger)) continue;
        if (!written) return written;
        written->rotated = rotate(folder, ledger, order.keep, name);
        return written;
    }
}

}  // namespace dosario
