// SPDX-License-Identifier: Apache-2.0
#include "unit/backup/backup_rig.hpp"

#include <sys/stat.h>

using namespace dosario;
using namespace dosario::test;

namespace {

mode_t mode_of(const std::string& path) {
    struct stat found {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    return found.st_mode & 07777;
}

bool no_ledger(const std::string& directory) {
    return !std::filesystem::exists(directory + "/ledger.db") && !std::filesystem::exists(directory + "/restoring");
}

}  // namespace

TEST_CASE("a restored ledger is the one that was backed up, and its next own entry begins a branch", "[backup]") {
    BackupRig rig;
    const std::string file = rig.stick.file(rig.back_up());
    const Seq head = rig.counter.ledger().head_seq();
    const Sha256 hash = rig.counter.ledger().head_hash();
    const std::string branch = rig.counter.ledger().branch();
    const TemporaryDirectory home;
    const std::string data = home.file("data");
    const RestoreReport report = must(rig.restore(file, data));
    CHECK(report.in_place == std::vector<std::string>{"ledger.db", "station.pem", "ca.pem", "site-keys", "site-keys.2"});
    CHECK(report.aside == std::vector<std::string>{"dosario.toml"});
    CHECK(read_file(data + "/station.pem") == "certificate and key\n");
    CHECK(read_file(data + "/restored/dosario.toml") == "[station]\n");
    for (const char* name : {"/ledger.db", "/station.pem", "/site-keys", "/restored/dosario.toml"})
        CHECK(mode_of(data + name) == 0600);
    CHECK(mode_of(data) == 0700);
    CHECK_FALSE(std::filesystem::exists(data + "/restoring"));
    CHECK_FALSE(std::filesystem::exists(data + "/persons.db"));

    CounterOptions options;
    options.directory = data;
    options.products = false;
    options.seed = 99;
    Counter restored{options};
    CHECK_FALSE(restored.ledger().lost_log());
    CHECK(restored.ledger().head_seq() == head);
    CHECK(restored.ledger().head_hash() == hash);
    CHECK(restored.ledger().branch() == branch);
    CHECK(first_fault(restored.verify()).empty());
    REQUIRE(restored.scan(Scan{Box{.serial = "S2"}.code()}.mode("receive")).what() == "received");
    CHECK(restored.ledger().branch() != branch);
    CHECK(restored.rows("SELECT count(*), max(starts_after) FROM branch") == "2|" + std::to_string(head));
    CHECK(restored.rows("SELECT why FROM branch WHERE n = 2").starts_with("restored from the backup of 2026-11-22"));
    CHECK(first_fault(restored.verify()).empty());
    must(restored.reopen());
    REQUIRE(restored.scan(Scan{Box{.serial = "S3"}.code()}.mode("receive")).what() == "received");
    CHECK(restored.rows("SELECT count(*) FROM branch") == "2");
    CHECK(first_fault(restored.verify()).empty());
}

TEST_CASE("a branch that is owed is begun only when the entry is kept", "[backup]") {
    Counter counter;
    const std::string branch = counter.ledger().branch();
    must(counter.ledger().begin());
    must(counter.ledger().owe_branch("restored"));
    must(counter.ledger().commit());
    must(counter.ledger().begin());
    must(counter.ledger().savepoint());
    CHECK(counter.ledger().append({ReaderAdopted{"x"}, 0, "", "", counter.today()}, counter.stamp()).has_value());
    CHECK(counter.ledger().branch() != branch);
    must(counter.ledger().undo());
    must(counter.ledger().commit());
    CHECK(counter.ledger().branch() == branch);
    CHECK(counter.rows("SELECT count(*) FROM branch") == "1");
    must(counter.append(ReaderAdopted{"x"}));
    CHECK(counter.rows("SELECT count(*) FROM branch") == "2");
    CHECK(counter.rows("SELECT count(*) FROM meta WHERE k = 'branch_due'") == "0");
    CHECK(first_fault(counter.verify()).empty());
}

TEST_CASE("a directory with a ledger is left as it is", "[backup]") {
    BackupRig rig;
    const std::string file = rig.stick.file(rig.back_up());
    for (const char* name : {"ledger.db", "ledger.db-wal", "ledger.db-journal"}) {
        const TemporaryDirectory data;
        write_file(data.file(name), "old");
        CHECK(error_of(rig.restore(file, data.path())).failure == Failure::refused);
        CHECK(read_file(data.file(name)) == "old");
        CHECK_FALSE(std::filesystem::exists(data.file("station.pem")));
    }
}

TEST_CASE("files that are there already stay, and the backup's lie aside", "[backup]") {
    BackupRig rig;
    const std::string file = rig.stick.file(rig.back_up());
    const TemporaryDirectory data;
    write_file(data.file("station.pem"), "newer\n");
    std::filesystem::create_directory(data.file("restoring"));
    write_file(data.file("restoring/ledger.db"), "of a restore that was cut off");
    const RestoreReport report = must(rig.restore(file, data.path()));
    CHECK(read_file(data.file("station.pem")) == "newer\n");
    CHECK(read_file(data.file("restored/station.pem")) == "certificate and key\n");
    CHECK(report.aside == std::vector<std::string>{"dosario.toml", "station.pem"});
}

TEST_CASE("another key, another file and a missing one are told, and leave no ledger", "[backup]") {
    BackupRig rig;
    const std::string file = rig.stick.file(rig.back_up());
    const TemporaryDirectory data;
    const Error key = error_of(rig.restore(file, data.path(), make_age_key(rig.entropy)));
    CHECK(key.failure == Failure::refused);
    CHECK(says(key, "another sheet"));
    write_file(data.file("photo.jpg"), "not a backup");
    CHECK(error_of(rig.restore(data.file("photo.jpg"), data.path())).failure == Failure::damaged);
    CHECK(error_of(rig.restore(data.file("absent"), data.path())).failure == Failure::not_found);
    CHECK(error_of(rig.restore(data.path(), data.path())).failure == Failure::invalid);
    CHECK(error_of(rig.restore(file, data.file("no/such"))).failure == Failure::io);
    CHECK(no_ledger(data.path()));
}

TEST_CASE("a backup that was damaged or cut anywhere is not restored", "[backup]") {
    BackupRig rig;
    const std::string good = read_file(rig.stick.file(rig.back_up()));
    const TemporaryDirectory data;
    const std::string bad = data.file("bad.age");
    for (std::size_t at = 0; at < good.size(); at += at < 300 ? 13 : 397) {
        std::string changed = good;
        changed[at] = static_cast<char>(changed[at] ^ 0x10);
        write_file(bad, changed);
        if (rig.restore(bad, data.path())) FAIL("with byte " << at << " changed it was restored");
        write_file(bad, good.substr(0, at));
        if (rig.restore(bad, data.path())) FAIL("cut to " << at << " bytes it was restored");
        if (!no_ledger(data.path())) FAIL("something is left");
    }
    write_file(bad, good);
    must(rig.restore(bad, data.path()));
}

namespace {

/// An archive of somebody who has the public key.
std::string forged(BackupRig& rig, const std::vector<std::pair<std::string, std::string>>& members) {
    const std::string path = rig.stick.file("forged.age");
    auto folder = must(open_folder(rig.stick.path()));
    auto file = must(folder->create("forged.age"));
    auto age = must(AgeWriter::start(rig.recipient, rig.entropy, [&](ByteView bytes) { return file->write(bytes); }));
    auto archive = must(ArchiveWriter::start([&](ByteView bytes) { return age->write(bytes); }));
    for (const auto& [name, text] : members) {
        must(archive->begin(name, text.size(), rig.counter.clock.wall()));
        must(archive->write(as_bytes(text)));
    }
    must(archive->finish());
    must(age->finish());
    return path;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("an archive that lies about itself is refused, and writes nowhere else", "[backup]") {
    BackupRig rig;
    const BackupContents what = rig.contents();
    const std::string list = to_json_text(what.manifest);
    const std::string ledger = read_file(what.ledger_file);
    std::vector<std::pair<std::string, std::string>> honest{{"manifest.json", list}, {"ledger.db", ledger}};
    for (const ManifestMember& one : what.manifest.members) {
        if (one.name != "ledger.db") honest.emplace_back(one.name, what.small.at(one.name));
    }
    const TemporaryDirectory home;
    const std::string data = home.file("data");
    const auto refused = [&](const std::vector<std::pair<std::string, std::string>>& members, Failure why) {
        const Error error = error_of(rig.restore(forged(rig, members), data));
        CHECK(error.failure == why);
        CHECK(no_ledger(data));
        return error;
    };
    for (const char* name : {"../evil", "/tmp/evil", "a/b", ".hidden", "LEDGER.DB", "persons db"}) {
        auto members = honest;
        members.emplace_back(name, "x");
        refused(members, Failure::damaged);
        CHECK_FALSE(std::filesystem::exists(home.file("evil")));
    }
    auto members = honest;
    members.emplace_back("extra", "x");
    refused(members, Failure::damaged);
    members = honest;
    members.pop_back();
    refused(members, Failure::damaged);
    members = honest;
    std::swap(members[2], members[3]);
    refused(members, Failure::damaged);
    members = honest;
    members[2].second += "x";
    refused(members, Failure::damaged);
    members = honest;
    members.erase(members.begin());
    refused(members, Failure::damaged);
    members = honest;
    members[0].second = replaced(list, "\"dosario_backup\":1", "\"dosario_backup\":2");
    CHECK(says(refused(members, Failure::newer), "newer version"));
    // A ledger that is not the one of the list: right hashes, another id, another head.
    members = honest;
    members[0].second = replaced(list, what.manifest.ledger, std::string(32, 'a'));
    refused(members, Failure::damaged);
    members = honest;
    members[0].second = replaced(list, to_hex(what.manifest.head_hash), std::string(64, 'a'));
    refused(members, Failure::damaged);
    must(rig.restore(forged(rig, honest), data));
}

TEST_CASE("a backup of an older version is brought up to date, and verified so", "[backup]") {
    BackupRig rig;
    const std::string ledger = read_file(std::string{DOSARIO_SOURCE_DIR} + "/tests/golden/ledger/schema1.db");
    const TemporaryDirectory home;
    write_file(home.file("old.db"), ledger);
    auto old = must(Database::open(home.file("old.db"), OpenMode::existing));
    auto last =
        old->query("SELECT seq, hash, (SELECT hex(v) FROM meta WHERE k = 'ledger_id') FROM event ORDER BY seq DESC LIMIT 1");
    REQUIRE(last.row());
    Manifest manifest = rig.contents().manifest;
    manifest.ledger = last.text(2);
    for (char& c : manifest.ledger) c = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    manifest.head_seq = static_cast<Seq>(last.number(0));
    std::copy_n(last.blob_view(1).begin(), manifest.head_hash.size(), manifest.head_hash.begin());
    const std::array<ByteView, 1> bytes{as_bytes(ledger)};
    manifest.members = {{kLedgerName, ledger.size(), rig.digest->sha256(bytes)}};
    const std::string file = forged(rig, {{kManifestName, to_json_text(manifest)}, {kLedgerName, ledger}});
    must(rig.restore(file, home.file("data")));
    CounterOptions options;
    options.directory = home.file("data");
    options.products = false;
    Counter restored{options};
    CHECK(restored.ledger().head_seq() == manifest.head_seq);
    CHECK(first_fault(restored.verify()).empty());
    CHECK(restored.rows("SELECT v FROM meta WHERE k = 'branch_due'").starts_with("restored from the backup"));
}

TEST_CASE("a manifest is read back as it was, and hostile ones are refused", "[backup]") {
    BackupRig rig;
    const Manifest manifest = rig.contents().manifest;
    const std::string text = to_json_text(manifest);
    CHECK(must(parse_manifest(text)) == manifest);
    CHECK(must(parse_manifest(replaced(text, "{", "{\"of_a_later_version\":[1,2],"))) == manifest);
    for (std::size_t size = 0; size + 2 < text.size(); ++size) {
        if (parse_manifest(text.substr(0, size))) FAIL("cut to " << size << " bytes it was read");
    }
    for (const auto& [from, to] : {std::pair{"\"ledger.db\"", "\"../ledger.db\""},
                                   {"\"ledger.db\"", "\"manifest.json\""},
                                   {"\"ca.pem\"", "\"station.pem\""},
                                   {"\"ledger.db\"", "\"other.db\""},
                                   {"\"head_seq\":", "\"head_seq\":-"},
                                   {"\"collector\":true", "\"collector\":1"},
                                   {"\"dosario_backup\":1", "\"dosario_backup\":0"},
                                   {"\"made_at_us\":", "\"made_at_us\":99"}})
        CHECK(error_of(parse_manifest(replaced(text, from, to))).failure == Failure::damaged);
}

TEST_CASE("a restored ledger is not judged by the mark of the damaged one that was there before", "[backup]") {
    BackupRig rig;
    const std::string file = rig.stick.file(rig.back_up());
    const TemporaryDirectory home;
    const std::string data = home.file("data");
    std::filesystem::create_directories(data + "/damaged-1");
    write_file(data + "/damaged", "a page could not be read\ndamaged-1\n");
    must(rig.restore(file, data));
    CHECK_FALSE(std::filesystem::exists(data + "/damaged"));
    CHECK(std::filesystem::exists(data + "/damaged-1"));
}
