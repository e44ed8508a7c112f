// SPDX-License-Identifier: Apache-2.0
// What every workflow is: a pure function from one scanned thing and what is known to a Review. The table says which words open which.
#pragma once

#include "workflow/review.hpp"

#include <span>
#include <string>

namespace dosario {

/// A scanned pack, product or label, whatever code it came from. Values, not views: it may wait for the answer to a question.
struct Item {
    Gtin gtin;
    std::string serial;
    std::string lot;
    std::optional<Date> expires_on;
    ThingId pack;  ///< a label of ours on an opened pack
    ThingId dose;  ///< a label of ours on a dose
    bool suspect_missing_fnc1 = false;
    std::string label = {};    ///< a wholesaler's label on it, as a serial number; alone (no GTIN) until its product is known
    std::string as_read = {};  ///< the code, where it has a serial number, no lot and no GS: the lot may be in the serial number
    std::string unclear = {};  ///< a code that can be read in several ways, until somebody said how; then all above is empty
};

/// All that one decision may use.
struct Bench {
    const Stock& stock;
    Mint& mint;
    const Rules& rules;
    Now now;
    Typed typed;  ///< with the answer to a question filled in
    std::string operator_badge;
    std::string witness_badge;
    OpenWork work;
    bool life_accepted = false;  ///< a person said yes to a short life

    /// A fact signed by who works, for this work and day.
    SignedFact sign(Fact fact) const { return {std::move(fact), work.id, operator_badge, witness_badge, now.today}; }
};

/// One row of the table of workflows.
struct Workflow {
    WorkKind kind;
    CommandWord opened_by;
    std::string_view mode;  ///< name in requests: `receive`
    Review (*see)(const Item&, const Bench&);
};
std::span<const Workflow> workflows();
const Workflow& workflow_of(WorkKind kind);

Review see_reception(const Item& item, const Bench& bench);
Review see_fractioning(const Item& item, const Bench& bench);
Review see_verification(const Item& item, const Bench& bench);
Review see_dispensing(const Item& item, const Bench& bench);
Review see_returning(const Item& item, const Bench& bench);
Review see_releasing(const Item& item, const Bench& bench);

/// Takes back the entry `typed.undo_seq`, or the last one that can be.
Review review_undo(const Bench& bench);

/// A stop: nothing is written.
Review stop(What what, Particulars about = {});
/// Already so: nothing is written, and that is well.
Review repeated(What what, Particulars about = {});
/// Written.
Review recorded(What what, SignedFact fact, Particulars about = {});

/// The stop of goods whose lot or expiry differ from what they are held against (`other_lot`, `other_on`: at least one is there).
Review wrong_lot(Particulars about);

/// That stop where the code or what was typed says another lot or expiry than is known: none of them wins. Nothing where they agree.
std::optional<Review> contradiction(const Item& item, const Typed& typed, std::string_view lot, Date expires_on,
                                    Particulars about);

/// The stop of goods whose lot is recalled; nothing for others.
std::optional<Review> recalled(Gtin gtin, std::string_view lot, const Bench& bench, Particulars about);

/// Asks which of these lots on the shelf it is.
Review ask_which_lot(const std::vector<LotAtPlace>& lots, Particulars about);

/// Why a pack is not in stock whose serial number is not known, as a key of the catalogue: packs of its lot were received as a count, and it
/// may be one of them; or some were, and others by their serial numbers. Empty: no other reason.
std::string unknown_serial(const Item& item, const Bench& bench);

/// Product, GTIN, lot and expiry of an item, for the words of a message.
Particulars describe(const Item& item, const Bench& bench);

}  // namespace dosario
