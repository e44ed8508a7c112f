// SPDX-License-Identifier: Apache-2.0
// A counter with something booked, a key, and a folder for backups that fails on demand.
#pragma once

#include "backup/folder.hpp"
#include "backup/names.hpp"
#include "backup/read.hpp"
#include "backup/restore.hpp"
#include "backup/write.hpp"
#include "crypto/openssl.hpp"
#include "ledger/snapshot.hpp"
#include "support/catch.hpp"
#include "support/counter.hpp"
#include "support/result.hpp"

namespace dosario::test {

/// What goes wrong in a folder.
struct FolderFaults {
    std::uint64_t room = UINT64_MAX;     ///< bytes that its files may have together
    int fail_at = -1;                    ///< the call of that number, from 0
    bool for_ever = false;               ///< and every one after it: the stick was pulled out
    std::uint64_t flip_at = UINT64_MAX;  ///< the medium gives another bit in this byte
    int calls = 0;
};

class FaultyFolder final : public Folder {
public:
    FaultyFolder(std::string path, FolderFaults& faults) : path_(path), real_(must(open_folder(path))), faults_(faults) {}

    Result<std::vector<FolderEntry>> list() override {
        if (broken()) return pulled_out();
        return real_->list();
    }
    Result<std::unique_ptr<FolderFile>> create(const std::string& name) override {
        if (broken()) return pulled_out();
        return wrapped(real_->create(name));
    }
    Result<std::unique_ptr<FolderFile>> open(const std::string& name) override {
        if (broken()) return pulled_out();
        return wrapped(real_->open(name));
    }
    Result<void> rename(const std::string& from, const std::string& to) override {
        if (broken()) return pulled_out();
        return real_->rename(from, to);
    }
    Result<void> remove(const std::string& name) override {
        if (broken()) return pulled_out();
        return real_->remove(name);
    }
    std::uint64_t free_bytes() override { return faults_.room == UINT64_MAX ? 0 : free(); }

private:
    class File final : public FolderFile {
    public:
        File(FaultyFolder& folder, std::unique_ptr<FolderFile> real) : folder_(folder), real_(std::move(real)) {}
        Result<void> write(ByteView bytes) override {
            if (folder_.broken()) return pulled_out();
            if (folder_.faults_.room != UINT64_MAX && folder_.free() < bytes.size()) return fail(Failure::full, "no room");
            return real_->write(bytes);
        }
        Result<std::size_t> read(std::span<std::byte> out) override {
            if (folder_.broken()) return pulled_out();
            const auto got = real_->read(out);
            const std::uint64_t flip = folder_.faults_.flip_at;
            if (got && flip >= at_ && flip - at_ < *got) out[static_cast<std::size_t>(flip - at_)] ^= std::byte{1};
            at_ += got ? *got : 0;
            return got;
        }
        Result<void> sync() override {
            if (folder_.broken()) return pulled_out();
            return real_->sync();
        }

    private:
        FaultyFolder& folder_;
        std::unique_ptr<FolderFile> real_;
        std::uint64_t at_ = 0;
    };

    static Error pulled_out() { return fail(Failure::io, "input/output error"); }
    bool broken() {
        const int call = faults_.calls++;
        return faults_.fail_at >= 0 && (faults_.for_ever ? call >= faults_.fail_at : call == faults_.fail_at);
    }
    Result<std::unique_ptr<FolderFile>> wrapped(Result<std::unique_ptr<FolderFile>> file) {
        if (!file) return file;
        return std::unique_ptr<FolderFile>{std::make_unique<File>(*this, std::move(*file))};
    }
    std::uint64_t free() {
        std::uint64_t used = 0;
        for (const FolderEntry& one : must(real_->list())) used += one.bytes;
        return used > faults_.room ? 0 : faults_.room - used;
    }

    std::string path_;
    std::unique_ptr<Folder> real_;
    FolderFaults& faults_;
};

/// A station with some entries, its files, and a folder for backups.
class BackupRig {
public:
    BackupRig() {
        REQUIRE(counter.scan(Scan{Box{.serial = "S1"}.code()}.mode("receive")).what() == "received");
        write_file(data.file("station.pem"), "certificate and key\n");
        write_file(data.file("ca.pem"), "authority\n");
        write_file(data.file("site-keys.2"), "second\n");
        write_file(data.file("site-keys"), "first\n");
        write_file(data.file("persons.db"), "somebody\n");
        write_file(data.file("dosario.toml"), "[station]\n");
    }

    /// As the station is now.
    BackupContents contents() {
        const std::string copy = data.file("copy-" + std::to_string(++copies_));
        auto snapshot = must(Snapshot::start(counter.ledger(), copy));
        while (must(snapshot->step(1000))) {
        }
        Manifest manifest;
        manifest.ledger = to_hex(counter.ledger().id());
        manifest.station = "prueba";
        manifest.site = "Farmacia \"El Ñandú\"";
        manifest.version = "0.1.0";
        manifest.made_at = counter.clock.wall();
        manifest.head_seq = counter.ledger().head_seq();
        manifest.head_hash = counter.ledger().head_hash();
        manifest.branch = counter.ledger().branch();
        manifest.collector = true;
        std::vector<SmallFile> small{{"dosario.toml", data.file("dosario.toml")},
                                     {"catalogue.toml", data.file("catalogue.toml")}};
        for (const SmallFile& one : small_files_of(data.path())) small.push_back(one);
        return must(gather(std::move(manifest), copy, small, [] { return false; }));
    }

    BackupOrder order(const BackupContents& what, std::size_t keep = 14) { return {what, recipient, entropy, keep}; }

    /// A good one, a day later.
    std::string back_up(std::size_t keep = 14) {
        counter.clock.pass(std::chrono::hours{24});
        const BackupContents what = contents();
        auto folder = must(open_folder(stick.path()));
        return must(write_backup(*folder, order(what, keep))).name;
    }

    Result<Manifest> check(const std::string& name) {
        auto file = must(open_file(stick.file(name)));
        auto age = AgeReader::open(key, [&](std::span<std::byte> out) { return file->read(out); });
        if (!age) return age.error();
        return read_backup(**age);
    }

    Result<RestoreReport> restore(const std::string& file, const std::string& directory) { return restore(file, directory, key); }
    Result<RestoreReport> restore(const std::string& file, const std::string& directory, const AgeSecretKey& with) {
        return restore_backup({file, directory, with, *digest, entropy, counter.clock.wall()});
    }

    std::vector<std::string> on_stick() {
        std::vector<std::string> names;
        for (const FolderEntry& one : must(must(open_folder(stick.path()))->list())) names.push_back(one.name);
        std::sort(names.begin(), names.end());
        return names;
    }

    Counter counter;
    TemporaryDirectory data;
    TemporaryDirectory stick;
    SeededEntropy entropy{7};
    AgeSecretKey key = make_age_key(entropy);
    AgeRecipient recipient = key.recipient();
    std::unique_ptr<Digest> digest = make_digest();

private:
    int copies_ = 0;
};

}  // namespace dosario::test
