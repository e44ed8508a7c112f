// SPDX-License-Identifier: Apache-2.0
// Who a recipient was: persons.db, beside the ledger and no part of it. An entry of the ledger has a random recipient, new for each visit;
// this table alone leads from it to a keyed pseudonym and, if the site asks for it, to the sealed document. No entry, message, snapshot,
// backup or collector ever gets a row of it, and rebuild does not need it: to forget a person is to delete rows.
#pragma once

#include "identity/person.hpp"
#include "ledger/sqlite.hpp"
#include "persons/site_keys.hpp"
#include "workflow/fact.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dosario {

enum class KeepPersons : std::uint8_t {
    none,
    pseudonym,
    sealed,  ///< pseudonym and document
};

/// The text of a document, wiped when it goes.
class DocumentText {
public:
    DocumentText() = default;
    explicit DocumentText(Bytes text) : text_(std::move(text)) {}
    ~DocumentText() { cleanse(text_); }
    DocumentText(DocumentText&&) noexcept = default;
    DocumentText& operator=(DocumentText&&) noexcept = default;
    DocumentText(const DocumentText&) = delete;
    DocumentText& operator=(const DocumentText&) = delete;

    /// `country|id_kind|number`, as Person has them.
    std::string_view view() const { return as_text(text_); }

private:
    Bytes text_;
};

struct KeptPerson {
    Recipient recipient{};
    std::string pseudonym;
    Date kept_on{};
    std::optional<DocumentText> document;  ///< nothing: it was not sealed
};

/// For one thread. Its file is opened when it is needed first; whatever fails is tried again at the next call.
class PersonTable {
public:
    /// persons.db and site-keys lie in `directory`. `entropy` outlives this; `vfs` as Database::open has it.
    PersonTable(std::string directory, KeepPersons keep, Entropy& entropy, const char* vfs = nullptr);
    ~PersonTable();

    KeepPersons mode() const { return keep_; }

    /// Durable when it returns. The same recipient again is the person who was scanned last. Nothing where `none` is kept.
    Result<void> keep(const Recipient& recipient, const Person& person, Date today);

    /// Errors: not_found; invalid when the keys that sealed it are not there.
    Result<KeptPerson> find(const Recipient& recipient);

    /// The visits of a person with this document, the latest first, at most `most`.
    Result<std::vector<Recipient>> visits_of(const Person& person, std::size_t most);

    /// What is not there is forgotten already. The bytes are overwritten in the file, and the log is emptied.
    Result<void> forget(std::span<const Recipient> recipients);

    /// All who were kept before that day; how many.
    Result<std::int64_t> forget_before(Date day);

    /// What failed last, until something goes well; for the status.
    const std::optional<Error>& problem() const { return problem_; }

private:
    enum class Need : std::uint8_t { what_is_there, all };
    Result<bool> ready(Need need);
    Result<void> open_file();
    Result<void> open_keys(bool make);
    Result<unsigned> largest_number();
    Result<void> clear_log();
    template <class T>
    Result<T> noted(Result<T> result);

    std::string directory_;
    KeepPersons keep_;
    Entropy& entropy_;
    const char* vfs_;
    std::unique_ptr<Database> db_;
    std::vector<SiteKey> keys_;
    std::vector<std::unique_ptr<Digest>> digests_;  ///< by the pseudonym keys, in the same order
    std::optional<Error> problem_;
};

}  // namespace dosario
