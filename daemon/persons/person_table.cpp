// SPDX-License-Identifier: Apache-2.0
#include "persons/person_table.hpp"

#include "crypto/openssl.hpp"
#include "crypto/sealing.hpp"
#include "ledger/columns.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace dosario {
namespace {

constexpr std::int64_t kVersion = 1;

// What is deleted is overwritten (secure_delete), and sorting leaves no files (temp_store).
constexpr const char* kSettings =
    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;"
    "PRAGMA secure_delete = ON;";
constexpr const char* kSmall = "PRAGMA cache_size = -256; PRAGMA wal_autocheckpoint = 64;";

constexpr const char* kSchema = R"sql(BEGIN IMMEDIATE;
CREATE TABLE person (
  recipient BLOB PRIMARY KEY CHECK (length(recipient) = 16),
  pseudonym TEXT NOT NULL CHECK (pseudonym GLOB 'k[1-9]*:*'),
  kept_on INT NOT NULL,
  sealed BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX person_by_pseudonym ON person (pseudonym, kept_on);
CREATE INDEX person_by_day ON person (kept_on);
PRAGMA user_version = 1;
COMMIT;)sql";

bool is_there(const std::string& path) {
    struct stat found {};
    return stat(path.c_str(), &found) == 0;
}

/// Of `k3:...`; 0 for anything else.
unsigned key_number(std::string_view pseudonym) {
    unsigned number = 0;
    if (pseudonym.starts_with('k')) std::from_chars(pseudonym.data() + 1, pseudonym.data() + pseudonym.size(), number);
    return number;
}

/// SQLite's messages speak of the ledger.
Error of_this_table(const Error& error) {
    switch (error.failure) {
        case Failure::damaged:
            return fail(
                Failure::damaged,
                "the table of persons (persons.db) is damaged: the ledger and the stock are not touched by it. Work on without "
                "documents; stop the daemon and move the file away to begin an empty one, which names nobody of before");
        case Failure::full:
            return fail(Failure::full,
                        "there is no room on the disk to keep who a person was; nothing of it was saved: free some space");
        case Failure::io:
        case Failure::unavailable:
            return fail(error.failure, "the table of persons (persons.db) cannot be used: " + error.message);
        case Failure::invalid:
        case Failure::refused:
        case Failure::not_found:
        case Failure::newer: break;
    }
    return error;
}

}  // namespace

PersonTable::PersonTable(std::string directory, KeepPersons keep, Entropy& entropy, const char* vfs)
    : directory_(std::move(directory)), keep_(keep), entropy_(entropy), vfs_(vfs) {}

PersonTable::~PersonTable() = default;

template <class T>
Result<T> PersonTable::noted(Result<T> result) {
    if (db_ != nullptr) (void)db_->take_failure();
    if (result || result.error().failure == Failure::not_found) {
        problem_.reset();
        return result;
    }
    problem_ = of_this_table(result.error());
    // What failed once may be half done in SQLite's memory: the next call begins with the file.
    if (db_ != nullptr && !db_->autocommit()) (void)db_->execute("ROLLBACK");
    db_.reset();
    return *problem_;
}

Result<bool> PersonTable::ready(Need need) {
    if (db_ != nullptr) return true;
    if (need == Need::what_is_there && !is_there(directory_ + "/persons.db")) return false;
    if (auto opened = open_file(); !opened) return opened.error();
    return true;
}

Result<void> PersonTable::open_file() {
    auto db = Database::open(directory_ + "/persons.db", OpenMode::create, vfs_);
    if (!db) return db.error();
    if (auto set = (*db)->execute(kSettings); !set) return set;
    const auto version = (*db)->number("PRAGMA user_version");
    if (!version) return version.error();
    if (*version > kVersion)
        return fail(
            Failure::newer,
            "the table of persons (persons.db) was written by a newer version: it was not touched; install the newer version again");
    if (auto kept = (*db)->keep_every_commit(); !kept) return kept;
    if (auto small = (*db)->execute(kSmall); !small) return small;
    if (*version == 0) {
        if (auto made = (*db)->execute(kSchema); !made) return made;
    }
    db_ = std::move(*db);
    return {};
}

Result<void> PersonTable::open_keys(bool make) {
    if (!keys_.empty()) return {};
    const std::string path = directory_ + "/site-keys";
    auto keys = read_site_keys(path);
    if (!keys && keys.error().failure == Failure::not_found && make) {
        // Its number is none that a kept pseudonym has: the keys of those may be lost.
        const auto largest = largest_number();
        if (!largest) return largest.error();
        keys = make_site_keys(path, *largest + 1, entropy_);
    }
    if (!keys) return keys.error();
    keys_ = std::move(*keys);
    digests_.clear();
    for (const SiteKey& key : keys_) digests_.push_back(make_digest(key.number, key.pseudonym.span()));
    return {};
}

Result<unsigned> PersonTable::largest_number() {
    unsigned largest = 0;
    auto query = db_->query("SELECT DISTINCT substr(pseudonym, 1, instr(pseudonym, ':')) FROM person");
    while (query.row()) largest = std::max(largest, key_number(query.text(0)));
    if (query.failed()) return query.error();
    return largest;
}

Result<void> PersonTable::keep(const Recipient& recipient, const Person& person, Date today) {
    if (keep_ == KeepPersons::none) return {};
    return noted([&]() -> Result<void> {
        if (auto open = ready(Need::all); !open) return open.error();
        if (auto keys = open_keys(true); !keys) return keys;
        Bytes document;
        if (keep_ == KeepPersons::sealed)
            document = sealed(person, [&](ByteView text) { return seal_for(keys_.back().seal, recipient, text, entropy_); });
        auto query =
            db_->query("INSERT OR REPLACE INTO person (recipient, pseudonym, kept_on, sealed) VALUES (?, ?, ?, nullif(?, x''))");
        query.bind(ByteView{recipient}).bind(pseudonym(person, *digests_.back())).bind(sql(today)).bind(ByteView{document});
        return query.run();
    }());
}

Result<KeptPerson> PersonTable::find(const Recipient& recipient) {
    return noted([&]() -> Result<KeptPerson> {
        const auto unknown =
            fail(Failure::not_found, "nobody is kept for this visit: no document was scanned then, or it was forgotten since");
        const auto open = ready(Need::what_is_there);
        if (!open) return open.error();
        if (!*open) return unknown;
        auto query = db_->query("SELECT pseudonym, kept_on, sealed FROM person WHERE recipient = ?");
        query.bind(ByteView{recipient});
        if (!query.row()) {
            if (query.failed()) return query.error();
            return unknown;
        }
        KeptPerson kept{recipient, query.text(0), Date{std::chrono::days{query.number(1)}}, std::nullopt};
        const Bytes closed = query.blob(2);
        if (closed.empty()) return kept;
        if (auto keys = open_keys(false); !keys) return keys.error();
        const auto key = std::find_if(keys_.begin(), keys_.end(),
                                      [&](const SiteKey& one) { return one.number == key_number(kept.pseudonym); });
        auto document = key == keys_.end() ? std::nullopt : open_sealed(key->seal, recipient, closed);
        if (!document)
            return fail(
                Failure::invalid,
                "the document was sealed with a key that is not in site-keys, or the row was changed: it cannot be opened; the "
                "file of the last backup may have the key");
        kept.document = DocumentText{std::move(*document)};
        return kept;
    }());
}

Result<std::vector<Recipient>> PersonTable::visits_of(const Person& person, std::size_t most) {
    return noted([&]() -> Result<std::vector<Recipient>> {
        std::vector<Recipient> visits;
        const auto open = ready(Need::what_is_there);
        if (!open) return open.error();
        if (!*open) return visits;
        if (auto keys = open_keys(false); !keys) {
            if (keys.error().failure != Failure::not_found) return keys.error();
            return fail(Failure::invalid,
                        "the file site-keys is not there: without it nobody can be found by a document; the last backup has it");
        }
        for (const auto& digest : digests_) {
            auto query = db_->query("SELECT recipient FROM person WHERE pseudonym = ? ORDER BY kept_on DESC LIMIT ?");
            query.bind(pseudonym(person, *digest)).bind(static_cast<std::int64_t>(most - visits.size()));
            while (query.row()) {
                Recipient recipient;
                const ByteView bytes = query.blob_view(0);
                std::copy_n(bytes.begin(), std::min(bytes.size(), recipient.size()), recipient.begin());
                visits.push_back(recipient);
            }
            if (query.failed()) return query.error();
        }
        return visits;
    }());
}

/// The log still holds pages as they were.
Result<void> PersonTable::clear_log() {
    auto query = db_->query("PRAGMA wal_checkpoint(TRUNCATE)");
    if (query.row() && query.number(0) != 0) return fail(Failure::io, "the log of persons.db could not be emptied");
    if (query.failed()) return query.error();
    return {};
}

Result<void> PersonTable::forget(std::span<const Recipient> recipients) {
    return noted([&]() -> Result<void> {
        const auto open = ready(Need::what_is_there);
        if (!open) return open.error();
        if (!*open) return {};
        if (auto begun = db_->execute("BEGIN IMMEDIATE"); !begun) return begun;
        for (const Recipient& recipient : recipients) {
            auto query = db_->query("DELETE FROM person WHERE recipient = ?");
            query.bind(ByteView{recipient});
            if (auto done = query.run(); !done) return done;
        }
        if (auto done = db_->execute("COMMIT"); !done) return done;
        return clear_log();
    }());
}

Result<std::int64_t> PersonTable::forget_before(Date day) {
    return noted([&]() -> Result<std::int64_t> {
        const auto open = ready(Need::what_is_there);
        if (!open) return open.error();
        if (!*open) return std::int64_t{0};
        std::int64_t forgotten = 0;
        {
            auto query = db_->query("DELETE FROM person WHERE kept_on < ?");
            query.bind(sql(day));
            if (auto done = query.run(); !done) return done.error();
            forgotten = db_->changes();
        }
        // Nobody now: one whose log could not be emptied last time may still stand there.
        if (auto cleared = clear_log(); !cleared) return cleared.error();
        return forgotten;
    }());
}

}  // namespace dosario
