// SPDX-License-Identifier: Apache-2.0
#include "backup/restore.hpp"

#include "backup/folder.hpp"
#include "backup/read.hpp"
#include "backup/recovery_key.hpp"
#include "backup/write.hpp"
#include "ledger/damage_mark.hpp"
#include "ledger/file_lock.hpp"
#include "ledger/ledger.hpp"
#include "ledger/meta.hpp"
#include "ledger/schema.hpp"
#include "ledger/verify.hpp"
#include "ledger/files.hpp"

#include <boost/endian/conversion.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

namespace dosario {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStaging = "restoring";

bool is_configuration(const std::string& name) { return name.ends_with(".toml"); }

Error cannot(const std::string& what, const std::error_code& why) {
    const bool full = why == std::errc::no_space_on_device;
    return fail(full ? Failure::full : Failure::io,
                what + " failed (" + why.message() + "); no ledger was put in place: mend it and restore again");
}

Result<void> make_folder(const fs::path& path) {
    std::error_code why;
    if (fs::create_directory(path, why)) {
        fs::permissions(path, fs::perms::owner_all, why);
    } else if (!why && !fs::is_directory(path)) {
        why = std::make_error_code(std::errc::not_a_directory);
    }
    if (why) return cannot("making the folder " + path.string(), why);
    return {};
}

Result<void> refuse_a_ledger(const std::string& directory) {
    for (const char* name : {"ledger.db", "ledger.db-wal", "ledger.db-journal"}) {
        if (!fs::exists(fs::symlink_status(directory + "/" + name))) continue;
        return fail(Failure::refused,
                    directory + "/" + name +
                        " is there: a backup is restored into a directory without a ledger only; nothing was written."
                        " Move the old one away, or name another directory");
    }
    return {};
}

/// `user_version`, in the header of a SQLite file; 0 where there is none.
std::uint32_t schema_of(const std::string& path) {
    std::array<unsigned char, 64> header{};
    std::ifstream file{path, std::ios::binary};
    file.read(reinterpret_cast<char*>(header.data()), header.size());
    return boost::endian::load_big_u32(header.data() + 60);
}

class Restoring {
public:
    explicit Restoring(const RestoreOrder& order) : order_(order), staging_(order.directory + "/" + kStaging) {}

    Result<RestoreReport> run() {
        if (auto made = make_folder(order_.directory); !made) return made.error();
        const auto lock = FileLock::take(order_.directory + "/ledger.lock");
        if (!lock) return lock.error();
        if (auto free = refuse_a_ledger(order_.directory); !free) return free.error();
        remove_staging();
        if (auto made = make_folder(staging_); !made) return made.error();
        auto report = restore();
        remove_staging();
        give_to_owner(order_.directory, order_.directory + "/ledger.lock");
        return report;
    }

private:
    Result<RestoreReport> restore() {
        auto manifest = unpack();
        if (!manifest) return manifest.error();
        report_.manifest = std::move(*manifest);
        if (auto whole = check_ledger(); !whole) return whole.error();
        if (auto placed = place(); !placed) return placed.error();
        return std::move(report_);
    }

    Result<Manifest> unpack() {
        auto file = open_file(order_.file);
        if (!file) return file.error();
        auto age = AgeReader::open(order_.key, [&](std::span<std::byte> out) { return (*file)->read(out); });
        if (!age) return age.error();
        auto folder = open_folder(staging_);
        if (!folder) return folder.error();
        std::unique_ptr<FolderFile> out;
        std::uint64_t all = 0;
        BackupReading reading;
        reading.on_manifest = [&](const Manifest& manifest) -> Result<void> {
            all = all_bytes(manifest);
            const std::uint64_t free = (*folder)->free_bytes();
            if (free > 0 && free < all) {
                return fail(Failure::full, "the backup needs " + std::to_string(all >> 20) + " MiB here, and " +
                                               std::to_string(free >> 20) + " MiB are free; nothing was written");
            }
            return {};
        };
        reading.on_member = [&](const ManifestMember& one) -> Result<ByteSink> {
            if (auto synced = sync(out); !synced) return synced.error();
            auto made = (*folder)->create(one.name);
            if (!made) return made.error();
            out = std::move(*made);
            return ByteSink{[&out](ByteView bytes) { return out->write(bytes); }};
        };
        reading.on_progress = [&](std::uint64_t done) { order_.on_progress("reading", done, all); };
        auto manifest = read_backup(**age, reading);
        if (!manifest) return manifest.error();
        if (auto synced = sync(out); !synced) return synced.error();
        return manifest;
    }

    static Result<void> sync(const std::unique_ptr<FolderFile>& file) { return file == nullptr ? Result<void>{} : file->sync(); }

    Result<void> check_ledger() {
        const Manifest& manifest = report_.manifest;
        order_.on_progress("verifying", 0, 0);
        LedgerOpening opening;
        opening.directory = staging_;
        opening.create = false;
        opening.append = schema_of(staging_ + "/" + kLedgerName) < kSchemaVersion;  // an older one is brought up to date first
        opening.digest = &order_.digest;
        opening.entropy = &order_.entropy;
        opening.now = {order_.now, {}, false};
        opening.build = DOSARIO_VERSION;
        auto ledger = Ledger::open(opening);
        if (!ledger) return ledger.error();
        (*ledger)->database().leave_log(false);  // one file goes to its place
        const auto verified = verify({(*ledger)->database(), order_.digest, manifest.head_seq, manifest.head_hash});
        if (!verified) return verified.error();
        if (!verified->ok())
            return fail(Failure::damaged, "the ledger in this backup is damaged: " + verified->faults.front().what);
        if (to_hex((*ledger)->id()) != manifest.ledger)
            return fail(Failure::damaged, "the ledger in this backup is not the one that its list of contents names");
        return owe_branch(**ledger);
    }

    Result<void> owe_branch(Ledger& ledger) {
        const std::string why = "restored from the backup of " + format_utc(report_.manifest.made_at).substr(0, 19) + "Z";
        if (auto begun = ledger.begin(); !begun) return begun;
        const auto mark = [&]() -> Result<void> {
            // The copy was made of a ledger that was open: it is whole without a log.
            if (auto closed = erase_meta(ledger.database(), kMetaInUse); !closed) return closed;
            return ledger.owe_branch(why);
        };
        if (auto marked = mark(); !marked) {
            ledger.rollback();
            return marked;
        }
        return ledger.commit();
    }

    /// The ledger last: from then on a daemon may start.
    Result<void> place() {
        for (const ManifestMember& one : report_.manifest.members) {
            if (one.name == kLedgerName) continue;
            if (auto placed = place_small(one.name); !placed) return placed;
        }
        if (auto synced = sync_path(staging_ + "/" + kLedgerName); !synced) return synced;
        if (fs::exists(staging_ + "/ledger.db-wal"))
            return fail(Failure::io, "the restored ledger could not be closed; no ledger was put in place: restore again");
        // It speaks of the ledger that was there before; `mend` would take that one again.
        if (auto removed = remove_damage_mark(order_.directory); !removed) return removed;
        if (auto moved = move(kLedgerName, order_.directory + "/" + kLedgerName); !moved) return moved;
        report_.in_place.insert(report_.in_place.begin(), kLedgerName);
        return sync_path(order_.directory);
    }

    Result<void> place_small(const std::string& name) {
        const std::string place = order_.directory + "/" + name;
        if (!is_configuration(name) && !fs::exists(fs::symlink_status(place))) {
            report_.in_place.push_back(name);
            return move(name, place);
        }
        const std::string folder = order_.directory + "/" + kRestoredFolder;
        if (auto made = make_folder(folder); !made) return made;
        give_to_owner(order_.directory, folder);
        report_.aside.push_back(name);
        if (auto moved = move(name, folder + "/" + name); !moved) return moved;
        return sync_path(folder);
    }

    Result<void> move(const std::string& name, const std::string& to) {
        std::error_code why;
        fs::rename(staging_ + "/" + name, to, why);
        if (why) return cannot("giving " + to + " its place", why);
        give_to_owner(order_.directory, to);
        return {};
    }

    void remove_staging() {
        std::error_code ignored;
        fs::remove_all(staging_, ignored);
    }

    const RestoreOrder& order_;
    std::string staging_;
    RestoreReport report_;
};

}  // namespace

Result<RestoreReport> restore_backup(const RestoreOrder& order) { return Restoring{order}.run(); }

}  // namespace dosario
