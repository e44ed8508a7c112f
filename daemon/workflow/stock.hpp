// SPDX-License-Identifier: Apache-2.0
// The narrow door through which workflows see what is known: products, lots, packs, doses, open work. Read only; the answers hold
// for the moment of the decision, inside the transaction that will write its facts.
#pragma once

#include "workflow/fact.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace dosario {

struct Product {
    Gtin gtin;
    std::string name;
    std::string unit;
    std::uint32_t units_per_pack = 0;
    std::uint32_t beyond_use_days = 0;
    std::uint32_t units_per_dose = 0;
};

/// Where goods of a lot are. What was received is in exactly one of them; closed: the ledger's tables know no other.
enum class Place : std::uint8_t { shelf = 1, quarantine = 2, dispensed = 3, wasted = 4 };

struct LotAtPlace {
    std::string lot;
    Date expires_on{};
    std::uint64_t counted_packs = 0;   ///< closed packs without serial
    std::uint64_t serial_packs = 0;    ///< closed packs with serial
    std::uint32_t units_per_pack = 0;  ///< as received last
};

enum class PackState : std::uint8_t { closed = 1, opened = 2, out = 3, returned = 4 };

struct Pack {
    ThingId id;
    Gtin gtin;
    std::string serial;
    std::string lot;
    Date expires_on{};
    PackState state = PackState::closed;
    std::uint32_t units_total = 0;
    std::uint32_t units_left = 0;
    Date opened_on{};      ///< when state is opened
    Seq out_seq = 0;       ///< the entry by which it left, when state is out or returned
    Seq returned_seq = 0;  ///< the entry by which it came back, when state is returned
};

enum class DoseState : std::uint8_t { made = 1, ready = 2, out = 3, returned = 4 };

struct Dose {
    ThingId id;
    ThingId mother;
    Gtin gtin;
    std::string lot;
    Date expires_on{};
    Date beyond_use_on{};
    std::uint32_t units = 0;
    DoseState state = DoseState::made;
    std::string made_by;   ///< badge of who fractioned
    Seq out_seq = 0;       ///< as of a Pack
    Seq returned_seq = 0;  ///< as of a Pack
};

struct OpenWork {
    WorkId id = 0;
    WorkKind kind = WorkKind::reception;
    Recipient recipient{};
    std::uint32_t bookings = 0;  ///< facts of this work beside opening it and naming its delivery note
    std::string supplier;        ///< of a reception, as its delivery note says
    std::string note;            ///< of a reception: number of its delivery note, empty = none was named
};

class Stock {
public:
    virtual ~Stock() = default;
    /// The number that the next appended fact will get.
    virtual Seq next_seq() const = 0;
    virtual std::optional<Product> product(Gtin gtin) const = 0;
    /// A lot that was ever at that place, also when none of it is left there; on the shelf every lot was that was received.
    virtual std::optional<LotAtPlace> lot(Gtin gtin, std::string_view lot, Place place) const = 0;
    /// Lots with closed packs at that place, earliest expiry first, at most 16.
    virtual std::vector<LotAtPlace> lots_at(Gtin gtin, Place place) const = 0;
    /// The reference of the recall that this lot is under, by itself or with its whole product.
    virtual std::optional<std::string> recalled(Gtin gtin, std::string_view lot) const = 0;
    /// The earliest expiry among lots with closed packs on the shelf that are still good on `today`.
    virtual std::optional<Date> earliest_lot_on_shelf(Gtin gtin, Date today) const = 0;
    virtual std::optional<Pack> pack_by_serial(Gtin gtin, std::string_view serial) const = 0;
    /// Packs of any product with that serial number, at most two: to learn of which product a wholesaler's label is.
    virtual std::vector<Pack> packs_by_serial(std::string_view serial) const = 0;
    virtual std::optional<Pack> pack(ThingId id) const = 0;
    /// Opened packs of that lot with units left, oldest first, at most 16.
    virtual std::vector<Pack> opened_packs(Gtin gtin, std::string_view lot) const = 0;
    virtual std::optional<Dose> dose(ThingId id) const = 0;
    /// Doses cut from that pack that nobody verified yet, at most 4096.
    virtual std::vector<ThingId> unverified_doses(ThingId mother) const = 0;
    /// The earliest beyond-use date among ready doses of that product that are still good on `today`.
    virtual std::optional<Date> earliest_ready_dose(Gtin gtin, Date today) const = 0;
    /// The last open work, if any.
    virtual std::optional<OpenWork> open_work() const = 0;
    /// Lot and expiry that a person typed for that product in that work.
    virtual std::optional<LotAtPlace> typed_lot(WorkId work, Gtin gtin) const = 0;
    /// Units per dose of the last fractioning of that product, 0 = never.
    virtual std::uint32_t last_recipe(Gtin gtin) const = 0;
    /// Badge of who works at this desk, empty = nobody said.
    virtual std::string operator_badge() const = 0;
    /// The last fact that an undo may take back, nothing when there is none.
    virtual std::optional<Seq> last_undoable() const = 0;
    /// The fact with that number, nothing when there is none.
    virtual std::optional<SignedFact> fact(Seq seq) const = 0;
    /// The fact with that number if an undo may take it back; nothing for others and for those already taken back.
    virtual std::optional<SignedFact> undoable(Seq seq) const = 0;
    /// A later fact that stands moved this dose or pack too.
    virtual bool moved_since(ThingId thing, Seq seq) const = 0;
};

}  // namespace dosario
