// SPDX-License-Identifier: Apache-2.0
#include "unit/backup/backup_rig.hpp"

using namespace dosario;
using namespace dosario::test;

namespace {

constexpr const char* kLedger = "0011aabb0011aabb0011aabb0011aabb";
constexpr const char* kOther = "ffeeddcc0011aabb0011aabb0011aabb";

UtcTime night(int n) { return UtcTime{day("2026-11-01")} + std::chrono::hours{24 * n + 6}; }
std::string name(int n) { return backup_name(kLedger, night(n)); }

/// A folder full of what is none of our business, and so many of our backups (which hold nothing).
struct Shelf {
    explicit Shelf(int backups) {
        for (const std::string& one : foreign) write_file(place.file(one), "not ours");
        std::filesystem::create_directory(place.file("a folder"));
        for (int i = 0; i < backups; ++i) write_file(place.file(name(i)), "ours");
    }
    std::set<std::string> names() const {
        std::set<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator{place.path()}) found.insert(entry.path().filename());
        return found;
    }
    bool foreign_untouched() const {
        const auto all = names();
        return std::all_of(foreign.begin(), foreign.end(), [&](const auto& one) { return all.contains(one); }) &&
               all.contains("a folder");
    }
    int ours() const { return static_cast<int>(names().size() - foreign.size() - 1); }

    TemporaryDirectory place;
    std::unique_ptr<Folder> folder = must(open_folder(place.path()));
    std::vector<std::string> foreign{"photo.jpg",
                                     "dosario-notes.txt",
                                     name(3) + ".old",
                                     "copy of " + name(4),
                                     "dosario-0011AABB-20261101T060000Z.tar.zst.age",
                                     "dosario-0011aabb-20261301T060000Z.tar.zst.age",
                                     "dosario-0011aabb-20261101T060000.tar.zst.age",
                                     "dosario-0011aabb-20261101T060000Z.tar.zst",
                                     backup_name(kOther, night(1))};
};

}  // namespace

TEST_CASE("a backup's name says whose it is and when it was made, and is read back", "[backup]") {
    CHECK(name(0) == "dosario-0011aabb-20261101T060000Z.tar.zst.age");
    const auto read = parse_backup_name(name(5));
    REQUIRE(read);
    CHECK(read->ledger == "0011aabb");
    CHECK(read->made_at == night(5));
    CHECK_FALSE(parse_backup_name(partial_name(name(0))));
    CHECK_FALSE(parse_backup_name(""));
    CHECK_FALSE(parse_backup_name("dosario-0011aabb_20261101T060000Z.tar.zst.age"));
}

TEST_CASE("the newest backups of this ledger stay, and nothing of others goes", "[backup]") {
    Shelf shelf{10};
    CHECK(rotate(*shelf.folder, kLedger, 4, name(9)) == 6);
    CHECK(shelf.ours() == 4);
    for (int i = 6; i < 10; ++i) CHECK(shelf.names().contains(name(i)));
    CHECK(shelf.foreign_untouched());
    CHECK(rotate(*shelf.folder, kLedger, 4, name(9)) == 0);
}

TEST_CASE("what was just made stays, whatever the clock said when others were", "[backup]") {
    Shelf shelf{5};
    CHECK(rotate(*shelf.folder, kLedger, 1, name(0)) == 4);
    CHECK(shelf.names().contains(name(0)));
    CHECK(rotate(*shelf.folder, kLedger, 0, name(0)) == 0);
    CHECK(shelf.ours() == 1);
}

TEST_CASE("when what was just made is not there nothing goes", "[backup]") {
    Shelf shelf{5};
    CHECK(rotate(*shelf.folder, kLedger, 1, name(7)) == 0);
    CHECK(shelf.ours() == 5);
}

TEST_CASE("half-written files of this ledger go, and only those", "[backup]") {
    Shelf shelf{2};
    write_file(shelf.place.file(partial_name(name(8))), "half");
    write_file(shelf.place.file(partial_name(backup_name(kOther, night(1)))), "of another station");
    write_file(shelf.place.file("film.mp4.partial"), "not ours");
    remove_partials(*shelf.folder, kLedger);
    const auto all = shelf.names();
    CHECK_FALSE(all.contains(partial_name(name(8))));
    CHECK(all.contains(partial_name(backup_name(kOther, night(1)))));
    CHECK(all.contains("film.mp4.partial"));
    CHECK(all.contains(name(1)));
}

TEST_CASE("room is made by the oldest backup, if one stays that looks whole", "[backup]") {
    Shelf shelf{3};
    CHECK_FALSE(make_room(*shelf.folder, kLedger));  // none of them is an age file
    CHECK(shelf.ours() == 3);
    BackupRig rig;
    const std::string good = rig.back_up();
    std::filesystem::copy(rig.stick.file(good), shelf.place.file(name(20)));
    CHECK(make_room(*shelf.folder, kLedger));
    CHECK_FALSE(shelf.names().contains(name(0)));
    CHECK(make_room(*shelf.folder, kLedger));
    CHECK(make_room(*shelf.folder, kLedger));
    CHECK_FALSE(make_room(*shelf.folder, kLedger));
    CHECK(shelf.names().contains(name(20)));
    CHECK(shelf.foreign_untouched());
}

TEST_CASE("a folder on the ledger's own disk is refused unless that is meant; an absent one is told", "[backup]") {
    const TemporaryDirectory place;
    CHECK(must(open_folder(place.path())) != nullptr);
    const Error same = error_of(open_folder(place.path(), place.path()));
    CHECK(same.failure == Failure::refused);
    CHECK(says(same, "same disk"));
    CHECK(must(open_folder("/proc/self", place.path())) != nullptr);
    CHECK(error_of(open_folder(place.file("absent"))).failure == Failure::not_found);
    write_file(place.file("file"), "");
    CHECK(error_of(open_folder(place.file("file"))).failure == Failure::refused);
}
