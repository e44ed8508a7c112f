// SPDX-License-Identifier: Apache-2.0
// All facts the ledger keeps. A new one here makes the compiler list what is missing: its codec (wire/) and its projection (ledger/).
#pragma once

#include "base/seq.hpp"
#include "identity/identity.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace dosario {

/// The sequence number of the WorkOpened entry; 0 = none.
using WorkId = std::uint64_t;

enum class WorkKind : std::uint8_t {
    reception = 1,
    fractioning = 2,
    verification = 3,
    dispensing = 4,
    returning = 5,
    releasing = 6
};

/// Stands for whom a visit was for: random, new for each visit, never derived from a person.
using Recipient = std::array<std::byte, 16>;

/// A product's master record, replaced whole by the next one.
struct ProductLearned {
    Gtin gtin;
    std::string name;
    std::string unit;                   ///< the base unit, for people
    std::uint32_t units_per_pack = 0;   ///< at least 1
    std::uint32_t beyond_use_days = 0;  ///< the product's own limit after opening, 0 = none
    std::uint32_t units_per_dose = 0;   ///< proposed recipe, 0 = none
};

struct OperatorChanged {
    std::string badge;
};

struct WorkOpened {
    WorkKind kind = WorkKind::reception;
    Recipient recipient{};  ///< of a dispensing only
};

struct WorkClosed {};

/// Packs came in: one with serial, or a count without.
struct PacksReceived {
    Gtin gtin;
    std::string serial;
    std::string lot;
    Date expires_on{};
    std::uint32_t packs = 1;
    std::uint32_t units_per_pack = 0;
    ThingId pack;        ///< our id of a pack with serial, none for a count
    bool typed = false;  ///< lot and expiry were typed by a person
};

struct MadeDose {
    ThingId dose;
    std::uint32_t units = 0;
};

enum class BeyondUseRule : std::uint8_t { maker_expiry = 1, days_after_opening = 2, share_of_time_left = 3, product_rule = 4 };

/// A pack was cut into doses: units_before = sum of doses + units_remaining + units_wasted.
struct PackFractioned {
    ThingId pack;  ///< the mother of the doses
    Gtin gtin;
    std::string serial;
    std::string lot;
    Date expires_on{};
    bool opened = false;  ///< it was a closed pack until now
    Date opened_on{};
    std::uint32_t units_before = 0;
    std::vector<MadeDose> doses;
    std::uint32_t units_remaining = 0;
    std::uint32_t units_wasted = 0;
    Date beyond_use_on{};
    BeyondUseRule rule = BeyondUseRule::maker_expiry;
};

/// A second person saw these doses and their labels.
struct DosesVerified {
    ThingId pack;
    std::vector<ThingId> doses;
};

struct DoseDispensed {
    ThingId dose;
    Recipient recipient{};
};

struct PacksDispensed {
    Gtin gtin;
    std::string serial;
    std::string lot;
    Date expires_on{};
    std::uint32_t packs = 1;
    std::uint32_t units_per_pack = 0;
    ThingId pack;
    Recipient recipient{};
};

/// The entry with that number did not happen.
struct Reversed {
    Seq seq = 0;
};

struct ReaderAdopted {
    std::string reader;
};

/// Of a reception: what is received came with this paper.
struct DeliveryNoteNamed {
    std::string supplier;  ///< CUIT (11 digits) or GLN (13), empty = not said
    std::string note;      ///< Remito::text()
};

/// From here on nothing of this lot is received, cut, verified, released or dispensed.
struct LotRecalled {
    Gtin gtin;
    std::string lot;        ///< empty: every lot of the product
    std::string reference;  ///< of the alert that says so
};

struct RecallLifted {
    Gtin gtin;
    std::string lot;
    std::string reference;
};

/// A dose came back from outside, into quarantine.
struct DoseReturned {
    ThingId dose;
    Seq dispensed = 0;  ///< the entry by which it had left
};

/// Packs came back: one with serial, or a count without.
struct PacksReturned {
    Gtin gtin;
    std::string serial;
    std::string lot;
    Date expires_on{};
    std::uint32_t packs = 1;
    std::uint32_t units_per_pack = 0;
    ThingId pack;
    Seq dispensed = 0;  ///< of a pack with serial; counted packs are not told apart
};

/// From quarantine back to the shelf: who signs answers for it.
struct DoseReleased {
    ThingId dose;
    Seq returned = 0;  ///< the entry by which it had come back
};

struct PacksReleased {
    Gtin gtin;
    std::string serial;
    std::string lot;
    Date expires_on{};
    std::uint32_t packs = 1;
    std::uint32_t units_per_pack = 0;
    ThingId pack;
    Seq returned = 0;  ///< of a pack with serial
};

/// Why somebody opens the table of persons. A closed list: a free text could name the person.
enum class AccessPurpose : std::uint8_t {
    recall = 1,
    adverse_event = 2,
    dispensing_error = 3,
    persons_own_request = 4,
    authority_request = 5,
};

/// Somebody opened the table of persons: who, when and why, and nothing of the person.
struct RecipientAccessed {
    Recipient recipient{};
    AccessPurpose purpose = AccessPurpose::recall;
    bool erased = false;  ///< true: the row was deleted; false: it was read
};

using Fact = std::variant<ProductLearned, OperatorChanged, WorkOpened, WorkClosed, PacksReceived, PackFractioned, DosesVerified,
                          DoseDispensed, PacksDispensed, Reversed, ReaderAdopted, DeliveryNoteNamed, LotRecalled, RecallLifted,
                          DoseReturned, PacksReturned, DoseReleased, PacksReleased, RecipientAccessed>;

/// The doses and the packs with a name of their own that a fact moves; packs that are only counted have none.
std::vector<ThingId> things_of(const Fact& fact);

/// A fact with who, for which work and for which day it was decided.
struct SignedFact {
    Fact fact;
    WorkId work = 0;
    std::string operator_badge;
    std::string witness_badge;
    Date decided_on{};
};

}  // namespace dosario
