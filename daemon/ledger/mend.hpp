// SPDX-License-Identifier: Apache-2.0
// After a damaged page. The good entries, from the first on, become a new file: the same ledger, with its runs, branches and kept replies.
// The damaged files are kept under another name, and every list is made again. When entries are lost the next own entry begins a branch;
// until then the collector, if there is one, gives back what it has.
//
//   1. the mark `damaged` is there, and names the directory damaged-N/ that holds ledger.db and ledger.db-wal as they were found
//   2. ledger.db.mended is made of them, synced, and verified in full
//   3. ledger.db-wal goes, ledger.db.mended becomes ledger.db
//   4. the mark goes
//
// When the power goes in between, the mark is still there: nothing is written, and the next mend begins at 1 with the files of damaged-N/.
#pragma once

#include "base/clock.hpp"
#include "ledger/salvage.hpp"
#include "ledger/verify.hpp"

namespace dosario {

struct MendOf {
    std::string directory;
    const Digest* digest = nullptr;
    TellProgress progress;  ///< null: nobody looks
};

struct Mended {
    enum class What : std::uint8_t {
        nothing,  ///< it was whole; a mark was taken away
        lists,    ///< all entries are there; lists, indexes or free pages were damaged and are made again
        entries,  ///< entries are lost here
    } what = What::nothing;
    Salvaged salvaged;
    std::string kept_in;              ///< where the damaged files are, empty when nothing was done
    std::vector<std::string> faults;  ///< what was found, as verify says it, the first of it
};

/// unavailable: a daemon has the ledger; not_found: there is none; damaged: too much is lost, and nothing was changed; full, io: nothing
/// was changed either.
Result<Mended> mend(const MendOf& what);

}  // namespace dosario
