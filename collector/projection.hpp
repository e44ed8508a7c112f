// SPDX-License-Identifier: Apache-2.0
// Folds stored entries into the collector's tables of stock and doses, in the order they came. An entry that does not fold is set
// aside (quarantine) with the reason, and the next one goes on; an upgrade folds all of them again.
#pragma once

#include "ledger/sqlite.hpp"
#include "workflow/fact.hpp"

namespace dosario {

class StoreProjection {
public:
    explicit StoreProjection(Database& database) : db_(database) {}

    /// Folds up to `limit` entries after the cursor inside the caller's transaction; true when there are more.
    Result<bool> step(std::size_t limit);

private:
    /// Where an entry stands.
    struct At {
        std::int64_t n;       ///< in the order of arrival
        std::int64_t ledger;  ///< row of the ledger
        std::int64_t branch;  ///< row of the branch
        Date decided_on{};
        std::int64_t sign = 1;  ///< -1: taken back
    };
    struct StockDelta {
        std::int64_t packs_received = 0;
        std::int64_t packs_out = 0;
        std::int64_t packs = 0;
        std::int64_t opened_packs = 0;
        std::int64_t opened_units = 0;
        std::int64_t doses_to_verify = 0;
        std::int64_t doses_ready = 0;
        std::int64_t doses_out = 0;
        std::int64_t dose_units = 0;
        std::int64_t held_packs = 0;  ///< this and the next two: returned, in quarantine
        std::int64_t held_doses = 0;
        std::int64_t held_units = 0;
    };

    /// An entry that another one of the same branch speaks of.
    struct Earlier {
        std::int64_t n;  ///< in the order of arrival, 0 when it is in quarantine
        SignedFact fact;
    };
    Result<Earlier> earlier(const At& at, Seq seq);
    Result<void> fold_entry(At at, ByteView event_id, ByteView body);
    Result<void> fold(const At& at, const ProductLearned& fact);
    Result<void> fold(const At& at, const PacksReceived& fact);
    Result<void> fold(const At& at, const PackFractioned& fact);
    Result<void> fold(const At& at, const DosesVerified& fact);
    Result<void> fold(const At& at, const DoseDispensed& fact);
    Result<void> fold(const At& at, const PacksDispensed& fact);
    Result<void> fold(const At& at, const Reversed& fact);
    Result<void> fold(const At& at, const DoseReturned& fact);
    Result<void> fold(const At& at, const PacksReturned& fact);
    Result<void> fold(const At& at, const DoseReleased& fact);
    Result<void> fold(const At& at, const PacksReleased& fact);
    Result<void> fold(const At&, const DeliveryNoteNamed&) { return {}; }
    Result<void> fold(const At&, const LotRecalled&) { return {}; }
    Result<void> fold(const At&, const RecallLifted&) { return {}; }
    Result<void> fold(const At&, const RecipientAccessed&) { return {}; }
    Result<void> fold(const At&, const OperatorChanged&) { return {}; }
    Result<void> fold(const At&, const WorkOpened&) { return {}; }
    Result<void> fold(const At&, const WorkClosed&) { return {}; }
    Result<void> fold(const At&, const ReaderAdopted&) { return {}; }

    Result<void> open_pack(const At& at, const PackFractioned& fact);
    Result<void> close_pack(const At& at, const PackFractioned& fact);
    Result<void> move_pack(const At& at, ThingId pack, int from, int to, const char* what);
    Result<void> move_dose(const At& at, ThingId dose, int from, int to);
    Result<void> change_stock(const At& at, Gtin gtin, std::string_view lot, const StockDelta& delta);
    Result<void> quarantine(std::int64_t n, std::string_view why);

    Database& db_;
};

}  // namespace dosario
