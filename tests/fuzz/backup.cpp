// SPDX-License-Identifier: Apache-2.0
// What is inside a backup, from somebody who has the public key: any bytes, and a good archive with a few bytes changed. Members have
// plain names and no more bytes than was said; a manifest that is read is written and read again as the same.
#include "backup/archive.hpp"
#include "backup/read.hpp"
#include "base/check.hpp"
#include "crypto/openssl.hpp"
#include "crypto/sha256_stream.hpp"

#include <algorithm>
#include <cstdint>

using namespace dosario;

namespace {

ByteSource source_of(const std::string& bytes) {
    return [&bytes, at = std::size_t{0}](std::span<std::byte> out) mutable -> Result<std::size_t> {
        const std::size_t some = std::min(out.size(), bytes.size() - at);
        std::copy_n(std::as_bytes(std::span{bytes}).begin() + static_cast<std::ptrdiff_t>(at), some, out.begin());
        at += some;
        return some;
    };
}

ByteSink sink_to(std::string& text) {
    return [&text](ByteView bytes) -> Result<void> {
        text += as_text(bytes);
        return {};
    };
}

const AgeSecretKey& key() {
    static const AgeSecretKey made = make_age_key(*make_entropy());
    return made;
}

std::string archive_of(const std::vector<std::pair<std::string, std::string>>& members) {
    std::string bytes;
    auto archive = ArchiveWriter::start(sink_to(bytes));
    DOSARIO_CHECK(archive.has_value());
    for (const auto& [name, text] : members)
        DOSARIO_CHECK((*archive)->begin(name, text.size(), UtcTime{}) && (*archive)->write(as_bytes(text)));
    DOSARIO_CHECK((*archive)->finish().has_value());
    return bytes;
}

std::string good_archive() {
    Manifest manifest;
    manifest.ledger = std::string(32, 'a');
    manifest.branch = std::string(16, 'b');
    manifest.version = "0.1.0";
    const std::string ledger(5000, 'l'), keys = "keys";
    for (const auto& [name, text] : {std::pair{kLedgerName, ledger}, {"site-keys", keys}}) {
        Sha256Stream hash;
        hash.add(as_bytes(text));
        manifest.members.push_back({name, text.size(), hash.finish()});
    }
    return archive_of({{kManifestName, to_json_text(manifest)}, {kLedgerName, ledger}, {"site-keys", keys}});
}

bool read(const std::string& archive) {
    std::string file;
    auto writer = AgeWriter::start(key().recipient(), *make_entropy(), sink_to(file));
    DOSARIO_CHECK(writer && (*writer)->write(as_bytes(archive)) && (*writer)->finish());
    auto age = AgeReader::open(key(), source_of(file));
    DOSARIO_CHECK(age.has_value());
    BackupReading reading;
    reading.on_member = [](const ManifestMember& one) -> Result<ByteSink> {
        DOSARIO_CHECK(is_member_name(one.name));
        return ByteSink{[left = one.bytes](ByteView bytes) mutable -> Result<void> {
            DOSARIO_CHECK(bytes.size() <= left);
            left -= bytes.size();
            return {};
        }};
    };
    return read_backup(**age, reading).has_value();
}

/// Three bytes of the input say where and what to change.
std::string changed(std::string archive, const std::string& by) {
    for (std::size_t i = 0; i + 2 < by.size(); i += 3) {
        const auto at = static_cast<std::size_t>(static_cast<std::uint8_t>(by[i]) << 8 | static_cast<std::uint8_t>(by[i + 1]));
        archive[at % archive.size()] = by[i + 2];
    }
    return archive;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string input{reinterpret_cast<const char*>(bytes), size};
    static const std::string good = good_archive();
    static const bool checked = read(good);
    DOSARIO_CHECK(checked);
    read(input);
    if (!input.empty()) read(changed(good, input));
    if (const auto manifest = parse_manifest(input)) {
        const auto again = parse_manifest(to_json_text(*manifest));
        DOSARIO_CHECK(again && *again == *manifest);
        read(archive_of({{kManifestName, input}}));
    }
    return 0;
}
