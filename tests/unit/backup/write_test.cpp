// SPDX-License-Identifier: Apache-2.0
#include "unit/backup/backup_rig.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

bool no_partials(const std::vector<std::string>& names) {
    return std::none_of(names.begin(), names.end(), [](const std::string& one) { return one.ends_with(".partial"); });
}

}  // namespace

TEST_CASE("a backup holds ledger, configuration, certificates and site keys, and never the persons", "[backup]") {
    BackupRig rig;
    const Manifest manifest = must(rig.check(rig.back_up()));
    std::vector<std::string> names;
    for (const ManifestMember& one : manifest.members) names.push_back(one.name);
    CHECK(names == std::vector<std::string>{"ledger.db", "dosario.toml", "station.pem", "ca.pem", "site-keys", "site-keys.2"});
    CHECK(manifest.head_seq == rig.counter.ledger().head_seq());
    CHECK(manifest.site == "Farmacia \"El Ñandú\"");
    CHECK(no_partials(rig.on_stick()));
}

TEST_CASE("every call to the stick failing, once or for ever, leaves whole backups only", "[backup]") {
    BackupRig rig;
    const std::string old = rig.back_up();
    rig.counter.clock.pass(std::chrono::hours{24});
    const BackupContents what = rig.contents();
    int good = 0, refused = 0;
    for (const bool for_ever : {false, true}) {
        for (int call = 0;; ++call) {
            FolderFaults faults;
            faults.fail_at = call;
            faults.for_ever = for_ever;
            FaultyFolder folder{rig.stick.path(), faults};
            const auto written = write_backup(folder, rig.order(what));
            const auto names = rig.on_stick();
            INFO("call " << call << (for_ever ? " and all after it" : ""));
            if (!(std::find(names.begin(), names.end(), old) != names.end())) FAIL("the old backup is gone");
            if (written) {
                ++good;
                if (auto read = rig.check(written->name); !read) FAIL(read.error().message);
                std::filesystem::remove(rig.stick.file(written->name));
            } else {
                ++refused;
                // The folder's sync after the rename may have failed: then the file is there, and whole.
                for (const std::string& one : names) {
                    if (one == old || one.ends_with(".partial")) continue;
                    if (auto read = rig.check(one); !read) FAIL(one << ": " << read.error().message);
                    std::filesystem::remove(rig.stick.file(one));
                }
                if (!for_ever && call > 0 && !no_partials(names)) FAIL("a half-written file stays");
            }
            if (faults.calls <= call) break;  // it was never reached
        }
    }
    CHECK(good > 2);
    CHECK(refused > 20);
    CHECK(must(rig.check(old)).head_seq == what.manifest.head_seq);
}

TEST_CASE("a bit that the medium gives back otherwise is found before the file gets its name", "[backup]") {
    BackupRig rig;
    const std::string old = rig.back_up();
    rig.counter.clock.pass(std::chrono::hours{24});
    const BackupContents what = rig.contents();
    const std::uint64_t size = size_of_file(rig.stick.file(old));
    for (std::uint64_t at = 0; at < size; at += at < 300 ? 7 : 211) {
        FolderFaults faults;
        faults.flip_at = at;
        FaultyFolder folder{rig.stick.path(), faults};
        const auto written = write_backup(folder, rig.order(what));
        if (!written.has_error()) FAIL("byte " << at << " was changed and it was kept");
        if (written.error().failure != Failure::damaged) FAIL(written.error().message);
        if (rig.on_stick() != std::vector<std::string>{old}) FAIL("something stays after byte " << at);
    }
}

TEST_CASE("a full stick gives up its oldest backup, and never its last", "[backup]") {
    BackupRig rig;
    const std::string first = rig.back_up(), second = rig.back_up(), third = rig.back_up();
    rig.counter.clock.pass(std::chrono::hours{24});
    const BackupContents what = rig.contents();
    const std::uint64_t size = size_of_file(rig.stick.file(third));
    FolderFaults faults;
    faults.room = 3 * size + size / 2;
    FaultyFolder folder{rig.stick.path(), faults};
    const WrittenBackup fourth = must(write_backup(folder, rig.order(what)));
    CHECK(rig.on_stick() == std::vector<std::string>{second, third, fourth.name});

    faults.room = size + size / 2;  // a smaller stick: room for one only
    const Error full = error_of(write_backup(folder, rig.order(what)));
    CHECK(full.failure == Failure::full);
    CHECK(rig.on_stick() == std::vector<std::string>{fourth.name});
    must(rig.check(fourth.name));
}

TEST_CASE("a stick that is full at the first backup has no half one afterwards", "[backup]") {
    BackupRig rig;
    const BackupContents what = rig.contents();
    FolderFaults faults;
    faults.room = 3000;
    FaultyFolder folder{rig.stick.path(), faults};
    CHECK(error_of(write_backup(folder, rig.order(what))).failure == Failure::full);
    CHECK(rig.on_stick().empty());
}

TEST_CASE("what a power cut left between writing and naming goes with the next backup", "[backup]") {
    BackupRig rig;
    const std::string old = rig.back_up();
    const std::string half = partial_name(backup_name(to_hex(rig.counter.ledger().id()), rig.counter.clock.wall()));
    std::filesystem::copy(rig.stick.file(old), rig.stick.file(half));
    CHECK(must(backups_in(*must(open_folder(rig.stick.path())), "")).size() == 1);
    const std::string next = rig.back_up();
    CHECK(rig.on_stick() == std::vector<std::string>{old, next});
}

TEST_CASE("two backups of one second are two", "[backup]") {
    BackupRig rig;
    const BackupContents what = rig.contents();
    auto folder = must(open_folder(rig.stick.path()));
    const std::string one = must(write_backup(*folder, rig.order(what))).name,
                      other = must(write_backup(*folder, rig.order(what))).name;
    CHECK(one != other);
    CHECK(rig.on_stick().size() == 2);
    CHECK(must(write_backup(*folder, rig.order(what, 2))).rotated == 1);
}

TEST_CASE("a copy of the ledger that changes while it is written is no backup", "[backup]") {
    BackupRig rig;
    const BackupContents what = rig.contents();
    std::string bytes = read_file(what.ledger_file);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] + 1);
    write_file(what.ledger_file, bytes);
    auto folder = must(open_folder(rig.stick.path()));
    CHECK(error_of(write_backup(*folder, rig.order(what))).failure == Failure::damaged);
    CHECK(rig.on_stick().empty());
}

TEST_CASE("a backup that is told to stop leaves nothing", "[backup]") {
    BackupRig rig;
    const BackupContents what = rig.contents();
    auto folder = must(open_folder(rig.stick.path()));
    for (int asked : {0, 1, 3}) {
        BackupOrder order = rig.order(what);
        order.stop = [&asked] { return asked-- <= 0; };
        CHECK(error_of(write_backup(*folder, order)).failure == Failure::unavailable);
        CHECK(rig.on_stick().empty());
    }
}
