// SPDX-License-Identifier: Apache-2.0
// Folds facts into the projection tables, in the same transaction as their entry. The hard rules live here and in the tables'
// constraints, and hold even if a workflow is wrong.
#pragma once

#include "ledger/sqlite.hpp"
#include "workflow/stock.hpp"

#include <functional>

namespace dosario {

class Projection {
public:
    /// Looks up an earlier fact, for reversals.
    using Earlier = std::function<Result<SignedFact>(Seq)>;

    Projection(Database& database, Earlier earlier) : db_(database), earlier_(std::move(earlier)) {}

    /// Refused when a rule forbids the fact; the caller rolls its savepoint back.
    Result<void> apply(Seq seq, const SignedFact& signed_fact);

private:
    struct At {
        Seq seq;
        const SignedFact& fact;
    };
    Result<void> fold(const At& at, const ProductLearned& fact);
    Result<void> fold(const At& at, const OperatorChanged& fact);
    Result<void> fold(const At& at, const WorkOpened& fact);
    Result<void> fold(const At& at, const WorkClosed& fact);
    Result<void> fold(const At& at, const PacksReceived& fact);
    Result<void> fold(const At& at, const PackFractioned& fact);
    Result<void> fold(const At& at, const DosesVerified& fact);
    Result<void> fold(const At& at, const DoseDispensed& fact);
    Result<void> fold(const At& at, const PacksDispensed& fact);
    Result<void> fold(const At& at, const Reversed& fact);
    Result<void> fold(const At& at, const ReaderAdopted& fact);
    Result<void> fold(const At& at, const DeliveryNoteNamed& fact);
    Result<void> fold(const At& at, const LotRecalled& fact);
    Result<void> fold(const At& at, const RecallLifted& fact);
    Result<void> fold(const At& at, const DoseReturned& fact);
    Result<void> fold(const At& at, const PacksReturned& fact);
    Result<void> fold(const At& at, const DoseReleased& fact);
    Result<void> fold(const At& at, const PacksReleased& fact);
    Result<void> fold(const At& at, const RecipientAccessed& fact);

    Result<void> reverse(const At& at, const SignedFact& original, Seq original_seq);
    Result<void> unfold(const At& at, const SignedFact& original, const PacksReceived& fact);
    Result<void> unfold(const At& at, const PackFractioned& fact, Seq original_seq);
    Result<void> unfold(const At& at, const DosesVerified& fact);
    Result<void> unfold(const At& at, const DoseDispensed& fact);
    Result<void> unfold(const At& at, const PacksDispensed& fact);
    Result<void> unfold(const At& at, const DoseReturned& fact);
    Result<void> unfold(const At& at, const PacksReturned& fact);
    Result<void> unfold(const At& at, const DoseReleased& fact);
    Result<void> unfold(const At& at, const PacksReleased& fact);

    /// One entry is folded at a time: the table `folding` says which, and the triggers read it.
    Result<void> begin_fold(const At& at);
    Result<void> end_fold();

    Result<void> receive_serial(const At& at, const PacksReceived& fact);
    Result<void> forget_recipe(Gtin gtin, Seq original_seq);
    Result<void> open_pack(const At& at, const PackFractioned& fact);
    /// One pack with serial, or a count without, goes from one place to another.
    Result<void> move_packs(const At& at, Gtin gtin, std::string_view lot, ThingId pack, std::uint32_t packs, Place from,
                            Place to);
    Result<std::pair<Seq, Date>> left_before(Seq returned);
    Result<void> waste(const At& at, const PackFractioned& fact, std::int64_t sign);
    Result<void> make_doses(const At& at, const PackFractioned& fact);
    Result<void> subject(std::uint64_t subject, Seq seq);
    Result<void> lot_subject(Gtin gtin, std::string_view lot, Seq seq);

    Database& db_;
    Earlier earlier_;
};

}  // namespace dosario
