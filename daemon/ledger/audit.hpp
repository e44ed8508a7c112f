// SPDX-License-Identifier: Apache-2.0
// What must be in the house, counted again from the facts by other code than that which makes the lists. Rebuilding compares the lists
// with themselves: what Projection forgets it forgets both times. The audit shares neither its code nor its SQL, and reckons otherwise:
//
//   - an entry that was taken back is passed over, where Projection undoes it;
//   - only single things are followed (this pack is open, that dose is out), and stock is counted from them at the end, where Projection
//     moves sums about.
//
// It keeps its things in a scratch database of its own, in a temporary file: memory stays the same for 10^7 entries.
#pragma once

#include "ledger/sqlite.hpp"
#include "ledger/verify_tables.hpp"
#include "workflow/stock.hpp"

#include <memory>

namespace dosario {

class Audit {
public:
    /// io, full: there is no room for the scratch database.
    static Result<std::unique_ptr<Audit>> start();

    /// Looks for entries that were taken back: all of them go by here first, in order.
    void hear(const SignedFact& fact);
    /// Then all go by here, in order.
    void see(Seq seq, const SignedFact& fact);

    /// What was seen against the tables lot, stock, pack, dose and recall, and stock against the rows of pack and dose.
    Result<void> compare(Database& kept, const FaultFinder& find);

    /// For transactions around many entries, and for on_progress().
    Database& scratch() { return *db_; }

private:
    explicit Audit(std::unique_ptr<Database> db) : db_(std::move(db)) {}

    void count(Gtin gtin, std::string_view lot, Place place, std::int64_t packs, std::int64_t wasted = 0);

    // Each fact that moves goods; all others are nothing to it.
    void on(Seq seq, const SignedFact& all, const PacksReceived& fact);
    void on(Seq seq, const SignedFact& all, const PackFractioned& fact);
    void on(Seq seq, const SignedFact& all, const DosesVerified& fact);
    void on(Seq seq, const SignedFact& all, const DoseDispensed& fact);
    void on(Seq seq, const SignedFact& all, const PacksDispensed& fact);
    void on(Seq seq, const SignedFact& all, const DoseReturned& fact);
    void on(Seq seq, const SignedFact& all, const PacksReturned& fact);
    void on(Seq seq, const SignedFact& all, const DoseReleased& fact);
    void on(Seq seq, const SignedFact& all, const PacksReleased& fact);
    void on(Seq seq, const SignedFact& all, const LotRecalled& fact);
    void on(Seq seq, const SignedFact& all, const RecallLifted& fact);
    template <class Other>
    void on(Seq, const SignedFact&, const Other&) {}

    std::unique_ptr<Database> db_;
};

}  // namespace dosario
