// SPDX-License-Identifier: Apache-2.0
#include "crypto/sealing.hpp"
#include "persons/person_table.hpp"
#include "support/catch.hpp"
#include "support/manual_clock.hpp"
#include "support/shim_vfs.hpp"
#include "support/temporary_directory.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

using namespace dosario;
using namespace dosario::test;

namespace {

constexpr const char* kJuan = "12.345.678";
constexpr const char* kMaria = "20-26756539-3";

Person person(const char* document) { return std::get<Person>(identify_person(document)); }

Recipient visit(unsigned n) {
    Recipient one{};
    one[0] = static_cast<std::byte>(n);
    one[15] = std::byte{0xee};
    return one;
}

struct Office {
    explicit Office(KeepPersons keep = KeepPersons::sealed, const char* vfs = nullptr) : keep_(keep), vfs_(vfs) { reopen(); }
    void reopen() {
        table.reset();
        table = std::make_unique<PersonTable>(folder.path(), keep_, entropy, vfs_);
    }
    std::string path(const char* name) const { return folder.path() + "/" + name; }
    /// Of the database and its log.
    std::string all_bytes() const {
        std::string all = read_file(path("persons.db"));
        struct stat found {};
        if (stat(path("persons.db-wal").c_str(), &found) == 0) all += read_file(path("persons.db-wal"));
        return all;
    }

    TemporaryDirectory folder;
    SeededEntropy entropy{7};
    KeepPersons keep_;
    const char* vfs_;
    std::unique_ptr<PersonTable> table;
};

}  // namespace

TEST_CASE("a visit leads to a pseudonym, and where it is asked for to the document", "[persons]") {
    Office office;
    REQUIRE(office.table->keep(visit(1), person(kJuan), day("2026-11-21")).has_value());
    REQUIRE(office.table->keep(visit(2), person(kMaria), day("2026-11-22")).has_value());
    REQUIRE(office.table->keep(visit(3), person(kJuan), day("2026-11-23")).has_value());
    for (int again = 0; again < 2; ++again) {
        const auto first = office.table->find(visit(1));
        const auto third = office.table->find(visit(3));
        REQUIRE(first.has_value());
        REQUIRE(third.has_value());
        CHECK(first->document->view() == "AR|DNI|12345678");
        CHECK(first->pseudonym == third->pseudonym);
        CHECK(first->pseudonym.starts_with("k1:"));
        CHECK(first->kept_on == day("2026-11-21"));
        CHECK(office.table->find(visit(2))->document->view() == "AR|CUIT|20267565393");
        CHECK(office.table->find(visit(2))->pseudonym != first->pseudonym);
        CHECK(*office.table->visits_of(person("12345678"), 10) == std::vector{visit(3), visit(1)});
        CHECK(*office.table->visits_of(person("12345678"), 1) == std::vector{visit(3)});
        CHECK(office.table->visits_of(person("11111111"), 10)->empty());
        CHECK(office.table->find(visit(9)).error().failure == Failure::not_found);
        office.reopen();
    }
    // What lies on the disk names nobody, and only its owner reads it.
    CHECK(office.all_bytes().find("12345678") == std::string::npos);
    CHECK(office.all_bytes().find("26756539") == std::string::npos);
    struct stat found {};
    REQUIRE(stat(office.path("site-keys").c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
}

TEST_CASE("without sealing there is no document to open, and without keeping there is nothing at all", "[persons]") {
    Office office{KeepPersons::pseudonym};
    REQUIRE(office.table->keep(visit(1), person(kJuan), day("2026-11-21")).has_value());
    CHECK(office.table->find(visit(1))->pseudonym.size() == 3 + 20);
    CHECK_FALSE(office.table->find(visit(1))->document.has_value());
    Office none{KeepPersons::none};
    REQUIRE(none.table->keep(visit(1), person(kJuan), day("2026-11-21")).has_value());
    CHECK(none.table->find(visit(1)).error().failure == Failure::not_found);
    CHECK(none.table->visits_of(person(kJuan), 10)->empty());
    CHECK(*none.table->forget_before(day("2030-01-01")) == 0);
    struct stat found {};
    CHECK(stat(none.path("persons.db").c_str(), &found) != 0);
    CHECK(stat(none.path("site-keys").c_str(), &found) != 0);
}

TEST_CASE("who is forgotten is in no byte of the files", "[persons]") {
    Office office{KeepPersons::sealed};
    for (unsigned n = 1; n <= 60; ++n)
        REQUIRE(office.table->keep(visit(n), person(n % 2 == 0 ? kJuan : kMaria), day("2026-11-21")).has_value());
    const std::string pseudonym = office.table->find(visit(2))->pseudonym;
    const std::string other = office.table->find(visit(1))->pseudonym;
    CHECK(office.all_bytes().find(pseudonym) != std::string::npos);
    const auto visits = office.table->visits_of(person(kJuan), 100);
    REQUIRE(visits->size() == 30);
    REQUIRE(office.table->forget(*visits).has_value());
    CHECK(office.all_bytes().find(pseudonym) == std::string::npos);
    CHECK(office.all_bytes().find(pseudonym.substr(5)) == std::string::npos);
    for (const Recipient& gone : *visits) {
        CHECK(office.all_bytes().find(std::string{as_text(gone)}) == std::string::npos);
        CHECK(office.table->find(gone).error().failure == Failure::not_found);
    }
    CHECK(office.all_bytes().find(other) != std::string::npos);
    CHECK(office.table->find(visit(1))->document.has_value());
    REQUIRE(office.table->forget(*visits).has_value());  // again: they are forgotten already
    REQUIRE(office.table->keep(visit(99), person(kJuan), day("2026-12-24")).has_value());
    CHECK(*office.table->forget_before(day("2026-12-24")) == 30);
    CHECK(office.table->find(visit(99)).has_value());
    CHECK(office.all_bytes().find(other) == std::string::npos);
    REQUIRE(office.table->keep(visit(98), person(kJuan), day("2026-12-24")).has_value());
    CHECK_FALSE(read_file(office.path("persons.db-wal")).empty());
    CHECK(*office.table->forget_before(day("2026-12-24")) == 0);  // a log that could not be emptied last time is now
    CHECK(read_file(office.path("persons.db-wal")).empty());
}

TEST_CASE("a sealed document opens for its own visit only", "[persons]") {
    Office office;
    REQUIRE(office.table->keep(visit(1), person(kJuan), day("2026-11-21")).has_value());
    REQUIRE(office.table->keep(visit(2), person(kMaria), day("2026-11-21")).has_value());
    office.table.reset();
    {
        auto db = Database::open(office.path("persons.db"), OpenMode::existing);
        REQUIRE(db.has_value());
        REQUIRE((*db)
                    ->execute("UPDATE person SET sealed = (SELECT sealed FROM person WHERE substr(hex(recipient), 1, 2) = '01')")
                    .has_value());
    }
    office.reopen();
    CHECK(office.table->find(visit(1)).has_value());
    const auto moved = office.table->find(visit(2));
    REQUIRE_FALSE(moved.has_value());
    CHECK(moved.error().failure == Failure::invalid);
    CHECK(moved.error().message.find("12345678") == std::string::npos);
}

TEST_CASE("sealing holds every bit, its place and its key", "[persons]") {
    SeededEntropy entropy{3};
    SecretBytes<32> key, other;
    entropy.fill(key.span());
    entropy.fill(other.span());
    const Bytes sealed = seal_for(key, as_bytes("here"), as_bytes("AR|DNI|1"), entropy);
    CHECK(as_text(*open_sealed(key, as_bytes("here"), sealed)) == "AR|DNI|1");
    CHECK_FALSE(open_sealed(key, as_bytes("there"), sealed).has_value());
    CHECK_FALSE(open_sealed(other, as_bytes("here"), sealed).has_value());
    CHECK_FALSE(open_sealed(key, as_bytes("here"), ByteView{sealed}.first(27)).has_value());
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        Bytes flipped = sealed;
        flipped[bit / 8] ^= std::byte{1} << (bit % 8);
        CHECK_FALSE(open_sealed(key, as_bytes("here"), flipped).has_value());
    }
    CHECK(sealed != seal_for(key, as_bytes("here"), as_bytes("AR|DNI|1"), entropy));
}

TEST_CASE("keys that are lost are never given the number of others", "[persons]") {
    Office office;
    REQUIRE(office.table->keep(visit(1), person(kJuan), day("2026-11-21")).has_value());
    const std::string keys = read_file(office.path("site-keys"));
    office.table.reset();
    REQUIRE(::unlink(office.path("site-keys").c_str()) == 0);
    office.reopen();
    CHECK(office.table->visits_of(person(kJuan), 9).error().failure == Failure::invalid);
    REQUIRE(office.table->problem().has_value());
    REQUIRE(office.table->keep(visit(2), person(kJuan), day("2026-11-22")).has_value());
    CHECK_FALSE(office.table->problem().has_value());
    CHECK(office.table->find(visit(2))->pseudonym.starts_with("k2:"));
    CHECK(office.table->find(visit(1)).error().failure == Failure::invalid);
    // The backup's file is put back beside the new key.
    const std::string added = read_file(office.path("site-keys"));
    write_file(office.path("site-keys"), keys + added);
    office.reopen();
    CHECK(office.table->find(visit(1))->document->view() == "AR|DNI|12345678");
    CHECK(office.table->visits_of(person(kJuan), 9)->size() == 2);
    REQUIRE(office.table->keep(visit(3), person(kJuan), day("2026-11-22")).has_value());
    CHECK(office.table->find(visit(3))->pseudonym.starts_with("k2:"));
}

TEST_CASE("a file of keys that is none is not written over", "[persons]") {
    for (const char* text :
         {"", "pseudonym 1 00\n",
          "pseudonym 0 "
          "0000000000000000000000000000000000000000000000000000000000000000\n",
          "pseudonym 1 0000000000000000000000000000000000000000000000000000000000000000\n", "seal x y\n", "\n\n",
          "seal 1 0000000000000000000000000000000000000000000000000000000000000000\n"
          "seal 1 0000000000000000000000000000000000000000000000000000000000000000\n"}) {
        Office office;
        write_file(office.path("site-keys"), text);
        ::chmod(office.path("site-keys").c_str(), 0600);
        const auto kept = office.table->keep(visit(1), person(kJuan), day("2026-11-21"));
        REQUIRE_FALSE(kept.has_value());
        CHECK(kept.error().failure == Failure::invalid);
        CHECK(read_file(office.path("site-keys")) == text);
    }
    Office office;
    REQUIRE(office.table->keep(visit(1), person(kJuan), day("2026-11-21")).has_value());
    ::chmod(office.path("site-keys").c_str(), 0644);
    office.reopen();
    CHECK(office.table->keep(visit(2), person(kJuan), day("2026-11-21")).error().failure == Failure::refused);
}

TEST_CASE("a damaged, a foreign and a newer table are said, and left as they are", "[persons]") {
    Office office;
    const std::string noise(8192, 'x');
    write_file(office.path("persons.db"), noise);
    CHECK(office.table->keep(visit(1), person(kJuan), day("2026-11-21")).error().failure == Failure::damaged);
    CHECK(office.table->find(visit(1)).error().failure == Failure::damaged);
    CHECK(office.table->problem()->message.find("persons.db") != std::string::npos);
    CHECK(read_file(office.path("persons.db")) == noise);
    REQUIRE(::unlink(office.path("persons.db").c_str()) == 0);
    REQUIRE(office.table->keep(visit(1), person(kJuan), day("2026-11-21")).has_value());  // without a new start
    CHECK_FALSE(office.table->problem().has_value());
    office.table.reset();
    {
        auto db = Database::open(office.path("persons.db"), OpenMode::existing);
        REQUIRE((*db)->execute("PRAGMA user_version = 2").has_value());
    }
    office.reopen();
    CHECK(office.table->find(visit(1)).error().failure == Failure::newer);
}

TEST_CASE("a disk that fails anywhere keeps whoever was said to be kept", "[persons]") {
    ShimVfs disk{"persons"};
    int failed = 0;
    for (int nth = 1; nth < 60; ++nth) {
        Office office{KeepPersons::sealed, "persons"};
        disk.fail_writes(nth, nth % 2 == 0 ? SQLITE_FULL : SQLITE_IOERR_WRITE);
        std::set<unsigned> kept;
        for (unsigned n = 1; n <= 6; ++n) {
            if (office.table->keep(visit(n), person(kJuan), day("2026-11-21"))) kept.insert(n);
        }
        const auto forgotten = kept.contains(6) ? office.table->forget(std::vector{visit(6)}) : Result<void>{};
        failed += kept.size() < 6 || !forgotten ? 1 : 0;
        disk.heal();
        office.reopen();
        for (unsigned n = 1; n <= 5; ++n) {
            INFO("write " << nth << " visit " << n);
            CHECK((!kept.contains(n) || office.table->find(visit(n)).has_value()));
        }
        if (kept.contains(6) && forgotten) CHECK(office.table->find(visit(6)).error().failure == Failure::not_found);
        REQUIRE(office.table->keep(visit(7), person(kMaria), day("2026-11-21")).has_value());
    }
    CHECK(failed > 10);
}
