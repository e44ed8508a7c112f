// SPDX-License-Identifier: Apache-2.0
// A new ledger file out of what can be read of a damaged one. Both are open on one connection: `main` is the new one, `old` the damaged
// one, which is never written. Internal to the layer: mend.hpp is the way in.
#pragma once

#include "base/clock.hpp"
#include "ledger/entries.hpp"
#include "ledger/sqlite.hpp"
#include "wire/chain.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace dosario {

/// What was carried over.
struct Salvaged {
    Seq kept = 0;  ///< the last good entry, the chain whole up to it
    Sha256 head{};
    std::string why;                 ///< why it ends there; empty: it is the last one of the old file
    Seq end = 0;                     ///< the last entry that the old file shows in any way
    std::vector<Entry> loose;        ///< entries behind `kept` that can still be read, one by one; at most kMostLoose
    std::vector<std::string> notes;  ///< what else was lost: replies, hints, runs
    static constexpr std::size_t kMostLoose = 10'000;
};

class Salvage {
public:
    /// The digest outlives this. Opens `old_path` to be read and makes an empty ledger at `new_path`. damaged: the old file's header or its table of tables cannot be
    /// read; newer: it is of another version.
    static Result<std::unique_ptr<Salvage>> start(const std::string& old_path, const std::string& new_path, const Digest& digest);

    /// What is there is not all that was written, though nothing of it shows: the log was damaged.
    void lost_end(std::string why) { lost_end_ = std::move(why); }

    /// damaged: the identity or the branches are lost, and with them every place where a good entry could belong.
    Result<Salvaged> carry_over();

    /// The new file, now plain and closed for writing by this; the old one is let go.
    Result<void> let_go();
    Database& database() { return *db_; }

private:
    Salvage(std::unique_ptr<Database> db, const Digest& digest, bool has_log)
        : db_(std::move(db)), digest_(digest), has_log_(has_log) {}
    Result<void> carry_identity();
    Result<void> seal_identity();
    Result<void> carry_boots();
    Result<void> carry_entries();
    Result<std::string> carry_slice(class Projection& projection, const std::vector<Entry>& entries);
    Result<std::string> carry_each(Projection& projection, const std::vector<Entry>& entries);
    Result<void> carry_branches();
    void carry_hints();
    void carry_replies();
    void look_behind();

    std::unique_ptr<Database> db_;
    const Digest& digest_;
    bool has_log_;  ///< a write-ahead log stands beside the old file
    LedgerId id_{};
    std::string lost_end_;
    Salvaged found_;
};

/// Puts the first page of a ledger of this version before what `path` holds: for a file whose own first page is gone. Tables of history
/// stand where a ledger of this version makes them; whether that is so there, the chain shows.
Result<void> give_first_page(const std::string& path, const std::string& scratch_path);

/// What every new ledger file of this version begins with.
Result<void> make_empty_ledger(Database& db);

}  // namespace dosario
