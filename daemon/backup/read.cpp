// SPDX-License-Identifier: Apache-2.0
#include "backup/read.hpp"

#include "backup/archive.hpp"
#include "crypto/sha256_stream.hpp"

namespace dosario {
namespace {

constexpr std::size_t kBlock = 64 * 1024;

Error not_as_listed(const std::string& name) {
    return fail(Failure::damaged, "the backup is damaged: " + name + " in it is not what its list of contents says");
}

Result<std::string> read_manifest_text(ArchiveReader& archive) {
    auto first = archive.next();
    if (!first) return first.error();
    if (!*first || (*first)->name != kManifestName || (*first)->bytes > kLargestManifest_bytes)
        return fail(Failure::damaged, "what is in this file is no backup of Dosario: it does not begin with a list of contents");
    std::string text;
    Bytes block(kBlock);
    for (;;) {
        const auto got = archive.read(block);
        if (!got) return got.error();
        if (*got == 0) return text;
        text += as_text(ByteView{block}.first(*got));
        if (text.size() > kLargestManifest_bytes) return not_as_listed(kManifestName);
    }
}

class Reading {
public:
    Reading(ArchiveReader& archive, const BackupReading& how) : archive_(archive), how_(how), block_(kBlock) {}

    Result<void> member(const ManifestMember& wanted) {
        auto found = archive_.next();
        if (!found) return found.error();
        if (!*found || (*found)->name != wanted.name || (*found)->bytes != wanted.bytes) return not_as_listed(wanted.name);
        auto sink = how_.on_member(wanted);
        if (!sink) return sink.error();
        std::uint64_t bytes = 0;
        for (;;) {
            if (how_.stop()) return fail(Failure::unavailable, "the reading of the backup was broken off");
            const auto got = archive_.read(block_);
            if (!got) return got.error();
            if (*got == 0) break;
            const ByteView some = ByteView{block_}.first(*got);
            bytes += *got;
            total_ += *got;
            if (bytes > wanted.bytes) return not_as_listed(wanted.name);
            hash_.add(some);
            if (*sink) {
                if (auto taken = (*sink)(some); !taken) return taken;
            }
            how_.on_progress(total_);
        }
        if (bytes != wanted.bytes || hash_.finish() != wanted.sha256) return not_as_listed(wanted.name);
        return {};
    }

private:
    ArchiveReader& archive_;
    const BackupReading& how_;
    Bytes block_;
    Sha256Stream hash_;
    std::uint64_t total_ = 0;
};

}  // namespace

Result<Manifest> read_backup(AgeReader& reader, const BackupReading& how) {
    // Bytes that the archive does not want after its end are under the seal too: their last piece tells whether something was cut off.
    const ByteSource source = [&reader](std::span<std::byte> out) { return reader.read(out); };
    auto archive = ArchiveReader::open(source);
    if (!archive) return archive.error();
    const auto text = read_manifest_text(**archive);
    if (!text) return text.error();
    auto manifest = parse_manifest(*text);
    if (!manifest) return manifest.error();
    if (auto good = how.on_manifest(*manifest); !good) return good.error();
    Reading reading{**archive, how};
    for (const ManifestMember& one : manifest->members) {
        if (auto read = reading.member(one); !read) return read.error();
    }
    const auto more = (*archive)->next();
    if (!more) return more.error();
    if (*more) return fail(Failure::damaged, "the backup holds more than its list of contents says");
    Bytes rest(kBlock);
    for (;;) {
        const auto got = reader.read(rest);
        if (!got) return got.error();
        if (*got == 0) return manifest;
    }
}

}  // namespace dosario
