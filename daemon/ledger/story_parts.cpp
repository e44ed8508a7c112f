// SPDX-License-Identifier: Apache-2.0
#include "ledger/story_parts.hpp"

#include "ledger/stock_change.hpp"
#include "wire/fact_codec.hpp"

#include <algorithm>

namespace dosario {
namespace {

/// Of a lot's entries so many are looked through for receptions.
constexpr std::int64_t kMostLookedAt = 4096;

bool stands(Ledger& ledger, Seq seq) {
    auto query = ledger.database().query("SELECT 1 FROM taken_back WHERE seq = ?");
    query.bind(sql(seq));
    return !query.row();
}

Result<void> add_reception(Ledger& ledger, Seq seq, const SignedFact& fact, const PacksReceived& received, Story& story) {
    Received row{seq, fact.decided_on, fact.operator_badge, received.packs, received.serial, "", ""};
    auto paper = ledger.database().query("SELECT note, supplier FROM work WHERE work = ?");
    paper.bind(sql(fact.work));
    if (paper.row()) {
        row.note = paper.text(0);
        row.supplier = paper.text(1);
    }
    if (paper.failed()) return paper.error();
    story.receptions.push_back(std::move(row));
    return {};
}

}  // namespace

Result<void> add_entries(Ledger& ledger, std::uint64_t subject, Story& story) {
    auto query = ledger.database().query("SELECT seq FROM subject_event WHERE subject = ? ORDER BY seq LIMIT ?");
    query.bind(sql(subject)).bind(static_cast<std::int64_t>(Story::kMostEntries + 1));
    std::size_t found = 0;
    while (query.row()) {
        story.entries.push_back(natural(query, 0));
        ++found;
    }
    if (query.failed()) return query.error();
    story.more = story.more || found > Story::kMostEntries;
    return {};
}

void put_in_order(Story& story) {
    std::sort(story.entries.begin(), story.entries.end());
    story.entries.erase(std::unique(story.entries.begin(), story.entries.end()), story.entries.end());
    if (story.entries.size() <= Story::kMostEntries) return;
    story.entries.resize(Story::kMostEntries);
    story.more = true;
}

std::uint64_t lot_subject(Ledger& ledger, Gtin gtin, std::string_view lot) {
    auto query = ledger.database().query("SELECT subject FROM lot WHERE gtin = ? AND lot = ?");
    query.bind(sql(gtin)).bind(lot);
    return query.row() ? natural(query, 0) : 0;
}

Result<void> add_reception_of_serial(Ledger& ledger, ThingId pack, Story& story) {
    // Every reception makes a new id, so that a pack's first entry is how it came in.
    Seq seq = 0;
    {
        auto query = ledger.database().query("SELECT seq FROM subject_event WHERE subject = ? ORDER BY seq LIMIT 1");
        query.bind(sql(pack));
        if (query.row()) seq = natural(query, 0);
        if (query.failed()) return query.error();
    }
    if (seq == 0 || !stands(ledger, seq)) return {};
    const auto fact = ledger.fact(seq);
    if (!fact) return fact.error();
    const auto* received = std::get_if<PacksReceived>(&fact->fact);
    return received == nullptr ? Result<void>{} : add_reception(ledger, seq, *fact, *received, story);
}

Result<void> add_receptions_of_lot(Ledger& ledger, Seq opened, bool with_serial, Story& story) {
    auto query = ledger.database().query(
        "SELECT s.seq, CASE e.kind WHEN ?4 THEN NOT EXISTS (SELECT 1 FROM taken_back t WHERE t.seq = s.seq) ELSE 0 END, e.body"
        " FROM subject_event s CROSS JOIN event e ON e.seq = s.seq WHERE s.subject = ?1 AND s.seq < ?2 ORDER BY s.seq LIMIT ?3");
    query.bind(sql(lot_subject(ledger, story.gtin, story.lot))).bind(sql(opened)).bind(kMostLookedAt + 1);
    query.bind(std::int64_t{kind_of(Fact{PacksReceived{}})});
    for (std::int64_t looked_at = 0; query.row(); ++looked_at) {
        if (looked_at == kMostLookedAt) {
            story.more_receptions = true;
            break;
        }
        if (query.number(1) == 0) continue;
        const Seq seq = natural(query, 0);
        const auto fact = decode_fact(query.blob_view(2));
        if (!fact) return fact.error();
        const auto* received = std::get_if<PacksReceived>(&fact->fact);
        if (received == nullptr || (!with_serial && !received->serial.empty())) continue;
        if (story.of != Story::Of::lot) story.box_among += received->packs;
        if (story.receptions.size() == Story::kMostReceptions) {
            story.more_receptions = true;
            continue;
        }
        if (auto added = add_reception(ledger, seq, *fact, *received, story); !added) return added;
    }
    if (query.failed()) return query.error();
    return {};
}

Result<Step> step_by(Ledger& ledger, Seq seq) {
    if (seq == 0) return Step{};
    const auto fact = ledger.fact(seq);
    if (!fact) return fact.error();
    Step step{seq, fact->decided_on, fact->operator_badge, std::nullopt};
    if (std::holds_alternative<DosesVerified>(fact->fact) && !fact->witness_badge.empty()) step.badge = fact->witness_badge;
    if (const auto* dose = std::get_if<DoseDispensed>(&fact->fact)) step.recipient = dose->recipient;
    if (const auto* packs = std::get_if<PacksDispensed>(&fact->fact)) step.recipient = packs->recipient;
    return step;
}

Result<Step> opening_of(Ledger& ledger, ThingId pack) {
    auto query = ledger.database().query(
        "SELECT s.seq FROM subject_event s CROSS JOIN event e ON e.seq = s.seq WHERE s.subject = ?1 AND e.kind = ?2"
        " AND NOT EXISTS (SELECT 1 FROM taken_back t WHERE t.seq = s.seq) ORDER BY s.seq LIMIT 1");
    query.bind(sql(pack)).bind(std::int64_t{kind_of(Fact{PackFractioned{}})});
    const Seq seq = query.row() ? natural(query, 0) : 0;
    if (query.failed()) return query.error();
    return step_by(ledger, seq);
}

Result<void> add_sisters(Ledger& ledger, ThingId pack, ThingId itself, Story& story) {
    auto query = ledger.database().query(
        "SELECT dose, state, units, beyond_use_on FROM dose WHERE pack = ?1 AND dose <> ?2 ORDER BY dose LIMIT ?3");
    query.bind(sql(pack)).bind(sql(itself)).bind(static_cast<std::int64_t>(Story::kMostDoses + 1));
    while (query.row()) {
        if (story.sisters.size() == Story::kMostDoses) {
            story.more_sisters = true;
            continue;
        }
        story.sisters.push_back({{natural(query, 0)},
                                 static_cast<int>(query.number(1)),
                                 static_cast<std::uint32_t>(query.number(2)),
                                 Date{std::chrono::days{query.number(3)}}});
    }
    if (query.failed()) return query.error();
    return {};
}

Result<void> count_other_doses(Ledger& ledger, std::size_t of_this_box, Story& story) {
    auto query =
        ledger.database().query("SELECT coalesce(sum(doses_made + doses_ready), 0) FROM stock WHERE gtin = ? AND lot = ?");
    query.bind(sql(story.gtin)).bind(story.lot);
    const std::uint64_t all = query.row() ? natural(query, 0) : 0;
    if (query.failed()) return query.error();
    story.doses_of_other_boxes = all - std::min<std::uint64_t>(all, of_this_box);
    return {};
}

}  // namespace dosario
