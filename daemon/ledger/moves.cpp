// SPDX-License-Identifier: Apache-2.0
#include "ledger/moves.hpp"

#include "ledger/columns.hpp"
#include "ledger/entries.hpp"
#include "wire/fact_codec.hpp"

#include <algorithm>

namespace dosario {
namespace {

LotMove move_of(const PacksReceived& fact) {
    LotMove move{fact.gtin, fact.lot};
    move.received_packs = fact.packs;
    move.received_units = std::uint64_t{fact.packs} * fact.units_per_pack;
    return move;
}

LotMove move_of(const PacksDispensed& fact) {
    LotMove move{fact.gtin, fact.lot};
    move.dispensed_packs = fact.packs;
    move.dispensed_units = std::uint64_t{fact.packs} * fact.units_per_pack;
    return move;
}

LotMove move_of(const PacksReturned& fact) {
    LotMove move{fact.gtin, fact.lot};
    move.returned_packs = fact.packs;
    move.returned_units = std::uint64_t{fact.packs} * fact.units_per_pack;
    return move;
}

std::optional<LotMove> move_of(const PackFractioned& fact) {
    if (fact.units_wasted == 0) return std::nullopt;
    LotMove move{fact.gtin, fact.lot};
    move.wasted_units = fact.units_wasted;
    return move;
}

struct KnownDose {
    Gtin gtin;
    std::string lot;
    std::uint32_t units = 0;
};

/// The entry that made a dose says its lot and size, also when it was undone later.
Result<std::optional<KnownDose>> known_dose(Database& db, ThingId dose) {
    auto query = db.query("SELECT min(seq) FROM subject_event WHERE subject = ?");
    query.bind(sql(dose));
    if (!query.row()) return query.error();
    const auto made = read_fact(db, static_cast<Seq>(query.number(0)));
    if (!made) return made.error();
    const auto* fractioned = std::get_if<PackFractioned>(&made->fact);
    if (fractioned == nullptr) return std::optional<KnownDose>{};
    KnownDose known{fractioned->gtin, fractioned->lot};
    for (const MadeDose& one : fractioned->doses) {
        if (one.dose == dose) known.units = one.units;
    }
    return std::optional{std::move(known)};
}

Result<std::optional<LotMove>> move_of_dose(Database& db, ThingId dose, bool returned) {
    const auto known = known_dose(db, dose);
    if (!known) return known.error();
    if (!*known) return std::optional<LotMove>{};
    LotMove move{(*known)->gtin, (*known)->lot};
    (returned ? move.returned_doses : move.dispensed_doses) = 1;
    (returned ? move.returned_units : move.dispensed_units) = (*known)->units;
    return std::optional{move};
}

Result<std::optional<LotMove>> move_of(Database& db, const Fact& fact) {
    using Move = std::optional<LotMove>;
    if (const auto* received = std::get_if<PacksReceived>(&fact)) return Move{move_of(*received)};
    if (const auto* packs = std::get_if<PacksDispensed>(&fact)) return Move{move_of(*packs)};
    if (const auto* fractioned = std::get_if<PackFractioned>(&fact)) return move_of(*fractioned);
    if (const auto* back = std::get_if<PacksReturned>(&fact)) return Move{move_of(*back)};
    if (const auto* dose = std::get_if<DoseDispensed>(&fact)) return move_of_dose(db, dose->dose, false);
    if (const auto* dose = std::get_if<DoseReturned>(&fact)) return move_of_dose(db, dose->dose, true);
    const auto* reversed = std::get_if<Reversed>(&fact);
    if (reversed == nullptr) return Move{};
    const auto target = read_fact(db, reversed->seq);
    if (!target) return target.error();
    if (std::holds_alternative<Reversed>(target->fact)) return Move{};
    auto move = move_of(db, target->fact);
    if (move && *move) (*move)->undone = true;
    return move;
}

}  // namespace

Result<MovesPage> moves_after(Database& db, Seq after, std::size_t limit, const MovesWanted& wanted) {
    const auto entries = read_entries(db, after, limit);
    if (!entries) return entries.error();
    MovesPage page{{}, after, entries->size() == limit};
    for (const Entry& entry : *entries) {
        page.read_to = entry.header.seq;
        const auto signed_fact = decode_fact(entry.body);
        if (!signed_fact) return signed_fact.error();
        if (signed_fact->decided_on < wanted.from || signed_fact->decided_on > wanted.to) continue;
        auto move = move_of(db, signed_fact->fact);
        if (!move) return move.error();
        if (*move && (!wanted.gtin || (*move)->gtin == *wanted.gtin)) page.moves.push_back(std::move(**move));
    }
    return page;
}

}  // namespace dosario
